// Where records of CSV end, which values they have, and how values are written.
#include "batch/csv.h"

#include <random>

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

// Records of a text, each with its number of lines: "2:a\nb".
std::vector<std::string> records(const std::string& text, const CsvFormat& format = {},
                                 size_t limit = 1000, size_t piece = 1000) {
  std::vector<std::string> out;
  CsvScan scan(format, limit);
  size_t start = 0;
  while (start < text.size()) {
    scan.begin();
    bool ended = false;
    for (size_t at = start; at < text.size() && !ended; at += piece) {
      ended = scan.feed(std::string_view(text).substr(at, piece));
    }
    ended = ended || scan.finish();
    const size_t length = ended ? static_cast<size_t>(scan.length()) : text.size() - start;
    out.push_back(std::to_string(scan.lines()) + ":" + text.substr(start, length));
    start += length + (ended ? 1 : 0);
  }
  return out;
}
using Records = std::vector<std::string>;

std::string values(const std::string& record, const CsvFormat& format = {}) {
  std::vector<CsvValue> found;
  size_t at = 0;
  const CsvFault fault = split_csv(format, record, found, at);
  if (fault != CsvFault::None) {
    return (fault == CsvFault::UnclosedQuote ? "unclosed at " : "after quote at ") +
           std::to_string(at);
  }
  std::string out, buffer;
  for (const CsvValue& value : found) {
    out += value.quoted ? "<" : "[";
    out += csv_text(value, format.quote, buffer);
    out += value.quoted ? ">" : "]";
    EXPECT_EQ(value.begin == 0 || record[value.begin - 1] == format.delimiter, true);
    EXPECT_EQ(value.end == record.size() || record[value.end] == format.delimiter, true);
  }
  return out;
}

TEST(Csv, RecordsEndAtNewlinesOutsideQuotes) {
  EXPECT_EQ(records("a,b\nc,\"d\ne\"\r\nf"), (Records{"1:a,b", "2:c,\"d\ne\"\r", "1:f"}));
  EXPECT_EQ(records("\"\"\n\"\n\n\"\n\n"), (Records{"1:\"\"", "3:\"\n\n\"", "1:"}));
  EXPECT_EQ(records("5\" pipe,x\ny"), (Records{"1:5\" pipe,x", "1:y"}));
}

TEST(Csv, ABrokenQuoteSpoilsOneLine) {
  const std::string open = "1,\"a\n2,b\n3,c\n";
  EXPECT_EQ(records(open), (Records{"1:1,\"a", "1:2,b", "1:3,c"}));
  EXPECT_EQ(records(open + "4,\"d\"\n"), (Records{"1:1,\"a", "1:2,b", "1:3,c", "1:4,\"d\""}));
  // Not even the quote after it opens anything.
  EXPECT_EQ(records("1,\"a\"x,\"b\n2,c\"\n"), (Records{"1:1,\"a\"x,\"b", "1:2,c\""}));
  EXPECT_EQ(records("\"a\"\rb\nc\n"), (Records{"1:\"a\"\rb", "1:c"}));
}

TEST(Csv, SeveralLinesHaveALimit) {
  EXPECT_EQ(records("\"a\nb\"\nc\n", {}, 5), (Records{"2:\"a\nb\"", "1:c"}));
  EXPECT_EQ(records("\"a\nb\"\nc\n", {}, 4), (Records{"1:\"a", "1:b\"", "1:c"}));
  // One line is as long as it is.
  EXPECT_EQ(records("\"abcdefgh\"\nc\n", {}, 4), (Records{"1:\"abcdefgh\"", "1:c"}));
}

TEST(Csv, WithoutQuotes) {
  const CsvFormat format{.delimiter = '\t', .quote = '\0'};
  EXPECT_EQ(records("\"a\nb\"\n", format), (Records{"1:\"a", "1:b\""}));
  EXPECT_EQ(values("\"a\tb\"\t", format), "[\"a][b\"][]");
}

TEST(Csv, Values) {
  EXPECT_EQ(values(""), "[]");
  EXPECT_EQ(values("a,,b c,"), "[a][][b c][]");
  EXPECT_EQ(values("\"a,b\",\"\",\"say \"\"hi\"\"\",\"\"\"\""), "<a,b><><say \"hi\"><\">");
  EXPECT_EQ(values("5\" pipe, \"x\""), "[5\" pipe][ \"x\"]");
  EXPECT_EQ(values("a,\"b"), "unclosed at 2");
  EXPECT_EQ(values("a,\"b\"\""), "unclosed at 2");
  EXPECT_EQ(values("a,\"b\" ,c"), "after quote at 5");
  EXPECT_EQ(values("a|'b|c'", {.delimiter = '|', .quote = '\''}), "[a]<b|c>");
}

TEST(Csv, WrittenValuesReadBack) {
  const CsvFormat format;
  for (const std::string text :
       {"", "a", "a,b", "\"", "say \"hi\"", "\"a\"", "a\nb", "a\r", ",,"}) {
    const std::string written = csv_written(format, text);
    std::vector<CsvValue> found;
    size_t at = 0;
    ASSERT_EQ(split_csv(format, written, found, at), CsvFault::None) << text;
    ASSERT_EQ(found.size(), 1u) << text;
    std::string buffer;
    EXPECT_EQ(csv_text(found[0], format.quote, buffer), text);
  }
  EXPECT_EQ(csv_written(format, "5\" pipe"), "5\" pipe");
  EXPECT_EQ(header_text({.delimiter = '|', .columns = {"a", "b|c"}}), "a|\"b|c\"");
}

// The definition: a record is the first run of whole lines that splits into values, if it has no
// more bytes than the limit; where there is none, it is its first line.
Records by_definition(const std::string& text, size_t limit) {
  Records out;
  for (size_t start = 0; start < text.size();) {
    const size_t first = std::min(text.find('\n', start), text.size());
    size_t end = first;
    for (;;) {
      std::string_view some = std::string_view(text).substr(start, end - start);
      if (end != first && some.size() > limit) break;
      if (some.ends_with('\r')) some.remove_suffix(1);
      std::vector<CsvValue> found;
      size_t at = 0;
      const CsvFault fault = split_csv({}, some, found, at);
      if (fault != CsvFault::UnclosedQuote) {
        if (fault == CsvFault::AfterQuote) end = text.size() + 1;
        break;
      }
      if (end == text.size()) {
        ++end;
        break;
      }
      end = std::min(text.find('\n', end + 1), text.size());
    }
    const bool whole = end <= text.size() && (end == first || end - start <= limit);
    if (!whole) end = first;
    const std::string record = text.substr(start, end - start);
    out.push_back(std::to_string(1 + std::count(record.begin(), record.end(), '\n')) + ":" +
                  record);
    start = end + 1;
  }
  return out;
}

TEST(Csv, AgreesWithItsDefinitionWhateverThePieces) {
  std::mt19937 random(11);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (size_t i = random() % 24; i > 0; --i) text += "a,\"\"\"\n\n\r"[random() % 8];
    const size_t limit = 1 + random() % 30, piece = 1 + random() % 9;
    ASSERT_EQ(records(text, {}, limit, piece), by_definition(text, limit))
        << "limit " << limit << ", text " << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace clearwell::batch
