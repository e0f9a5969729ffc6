#include <gtest/gtest.h>

#include "decode/csv/repair.h"
#include "tests/unit/decode/decode_fixture.h"

namespace clearwell::testing {
namespace {

decode::CsvFormats format_of(batch::CsvFormat format) { return {{"", std::move(format)}}; }

// Rows of one column `a` of a type: "a=value" or the reasons.
std::string read(const Field& declared, const std::string& row) {
  const Decoded batch(kind_of({declared}), {row}, {}, format_of({.columns = {declared.name}}));
  return batch.code().empty() ? batch.row(0) : batch.why();
}

TEST(CsvDecoder, ReadsEveryType) {
  EXPECT_EQ(read(field("a", FieldType::Text), "\"say \"\"hi\"\" to all of them\""),
            "a=say \"hi\" to all of them");
  EXPECT_EQ(read(field("a", FieldType::Text), " 007 "), "a= 007 ");
  EXPECT_EQ(read(field("a", FieldType::Integer), "-12"), "a=-12");
  EXPECT_EQ(read(decimal_field("a", 8, 2), "\"7.5\""), "a=7.50");
  EXPECT_EQ(read(field("a", FieldType::Double), "1e3"), "a=1000");
  EXPECT_EQ(read(field("a", FieldType::Boolean), "True"), "a=true");
  EXPECT_EQ(read(field("a", FieldType::Date), "2012-02-29"), "a=2012-02-29");
}

TEST(CsvDecoder, TellsWhatIsWrongWithAValue) {
  EXPECT_EQ(read(field("a", FieldType::Integer), "1.5"),
            "field.type: a is 1.5, but must be an integer, written with digits only");
  EXPECT_EQ(read(field("a", FieldType::Integer), "1e3"),
            "field.type: a is 1e3, but must be an integer, written with digits only");
  EXPECT_EQ(read(field("a", FieldType::Integer), "99999999999999999999"),
            "field.range: a is 99999999999999999999, but must fit into 64 bits "
            "(±9223372036854775807)");
  EXPECT_EQ(read(field("a", FieldType::Date), "2012-02-30"),
            "field.format: a is 2012-02-30, but there is no such day in the calendar");
  EXPECT_EQ(read(field("a", FieldType::Text), std::string("x\0y", 3)).substr(0, 12),
            "field.format");
  EXPECT_EQ(read(field("a", FieldType::Integer), "\"\""),
            "field.type: a is empty, but must be an integer, written with digits only");
}

TEST(CsvDecoder, NullsAreNotQuoted) {
  Field a = field("a", FieldType::Text);
  Field b = field("b", FieldType::Integer);
  b.required = false;
  Field c = field("c", FieldType::Integer);
  c.default_value = "7";
  const Decoded batch(kind_of({a, b, c}), {"x,,", "\"\",\\N,\\N", ",1,1", "\\N,1,1"}, {},
                      format_of({.columns = {"a", "b", "c"}, .nulls = {"", "\\N"}}));
  EXPECT_EQ(batch.row(0), "a=x, b=NULL, c=7");
  EXPECT_EQ(batch.row(1), "a=, b=NULL, c=7");
  EXPECT_EQ(batch.why(2), "field.null: a is empty, but must have a value");
  EXPECT_EQ(batch.why(3), "field.null: a is \\N, a null, but must have a value");
}

TEST(CsvDecoder, ColumnsAreFoundByName) {
  config::Kind kind = kind_of({field("a", FieldType::Text), field("b", FieldType::Integer)});
  kind.unknown_fields = config::UnknownFields::Keep;
  Field c = field("c", FieldType::Text);
  c.required = false;
  kind.fields.push_back(c);
  const Decoded batch(kind, {"1|\"x \"\"y\"\"\"|text", "2||text"}, {},
                      format_of({.delimiter = '|', .columns = {"b", "more", "a"}}));
  EXPECT_EQ(batch.row(0), "a=text, b=1, c=NULL, _extra={\"more\":\"x \\\"y\\\"\"}");
  EXPECT_EQ(batch.row(1), "a=text, b=2, c=NULL, _extra=NULL");
}

TEST(CsvDecoder, BrokenRowsAndTheirNeighbours) {
  const config::Kind kind = kind_of({field("a", FieldType::Text), field("b", FieldType::Text)});
  const Decoded batch(kind, {"1,2", "1", "1,2,3", "1,\"x", "1,\"x\"y", "a,b", "1,\xFF", "3,4"}, {},
                      format_of({.columns = {"a", "b"}}));
  EXPECT_EQ(batch.row(0), "a=1, b=2");
  EXPECT_EQ(batch.row(7), "a=3, b=4");
  EXPECT_EQ(batch.row(2), "a=NULL, b=NULL");
  EXPECT_EQ(batch.why(1), "csv.columns: the row has 1 value, but must have 2: a,b");
  EXPECT_EQ(batch.why(2), "csv.columns: the row has 3 values, but must have 2: a,b");
  EXPECT_EQ(batch.why(3), "csv.unclosed_quote: the quote is not closed that opens at byte 2: \"x");
  EXPECT_EQ(batch.why(4), "csv.quote: a delimiter must follow the closing quote, at byte 5: y");
  EXPECT_EQ(batch.why(5),
            "csv.header: the row repeats the header; is the file made of several ones?");
  EXPECT_EQ(batch.why(6), "csv.utf8: byte 2 (0xFF) is not UTF-8: 1,\xEF\xBF\xBD");
}

TEST(CsvDecoder, CleansAndJudgesAsJson) {
  Field a = field("a", FieldType::Text);
  a.trim = a.upper = true;
  a.empty_is_null = true;
  EXPECT_EQ(read(a, "\" x \""), "a=X");
  EXPECT_EQ(read(a, "\"  \""), "field.null: a is empty, but must have a value");
}

TEST(CsvRepair, ChangesOneValue) {
  const batch::CsvFormat format{.columns = {"a", "b", "c"}};
  EXPECT_EQ(decode::repair_csv("1,\"x,y\",3", format, "b", "z").value(), "1,z,3");
  EXPECT_EQ(decode::repair_csv("1,2,3", format, "c", "say \"hi\", all").value(),
            "1,2,\"say \"\"hi\"\", all\"");
  EXPECT_EQ(decode::repair_csv("1,2,3", format, "a", "").value(), ",2,3");
  EXPECT_EQ(decode::repair_csv("1,2,3", format, "d", "").error().message,
            "there is no column d in a,b,c");
  EXPECT_FALSE(decode::repair_csv("1,2", format, "a", "").ok());
}

}  // namespace
}  // namespace clearwell::testing
