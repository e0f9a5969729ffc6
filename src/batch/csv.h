// CSV: where records end, and which values they have. Shared by the source, which cuts files into
// records, and the decoder, which reads them.
//
// The grammar is that of RFC 4180 with a delimiter and a quote of the user's choice, made exact:
// - A value is quoted when the quote is its first byte; it may then hold delimiters, newlines, and
//   quotes written twice. What follows the closing quote is a delimiter or the record's end.
// - A quote elsewhere is a character like any other: 5" pipe.
// - A record ends at '\n', before which one '\r' is no part of it, or at the end of the file.
// - A record has several lines only if it is well-formed: one whose quote is not closed as above
//   within `limit` bytes is its first line alone, so that a forgotten quote spoils one line and not
//   those after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/project.h"

namespace clearwell::batch {

struct CsvFormat {
  char delimiter = ',';
  char quote = '"';  // '\0': values are never quoted
  // Names of the columns in the order of the file.
  std::vector<std::string> columns = {};
  bool header = true;                  // the first record of a file has these names
  std::vector<std::string> nulls{""};  // what means null when it is not quoted
};

// The name of the kind of source that has this format.
inline constexpr std::string_view csv_source = "csv";
// As the source's settings say; `fields` are the columns where they name none.
CsvFormat csv_format(const config::Settings& settings, const std::vector<std::string>& fields);
std::vector<std::string> field_names(const config::Kind& kind);
// "a|b|c", as such a header is written.
std::string header_text(const CsvFormat& format);

// Finds the end of one record, whose bytes come piece by piece.
class CsvScan {
 public:
  CsvScan(const CsvFormat& format, size_t limit)
      : delimiter_(format.delimiter), quote_(format.quote), limit_(static_cast<int64_t>(limit)) {}

  // The next bytes are the start of a record.
  void begin();
  // Goes on with further bytes; true when the record's end is known.
  bool feed(std::string_view bytes);
  // No more bytes will come. True when an unclosed quote leaves the record with its first line;
  // else it is all that was fed.
  bool finish();
  // Length of the record, without the newline that ends it. REQUIRES: feed() or finish() said true.
  int64_t length() const { return length_; }
  // How many lines the record has, so far.
  int64_t lines() const { return lines_; }

 private:
  enum class State : uint8_t {
    ValueStart,
    Plain,
    Quoted,
    QuoteSeen,   // in a quoted value: its end, or the first of two
    ReturnSeen,  // '\r' after a quoted value: a newline is due
    Malformed,   // goes on to the end of the line
  };
  bool end(int64_t length);
  bool first_line();
  bool newline(int64_t at);
  bool after_quote(char c);

  char delimiter_, quote_;
  int64_t limit_;
  State state_ = State::ValueStart;
  int64_t fed_ = 0;
  int64_t first_newline_ = -1;
  int64_t length_ = 0, lines_ = 1;
};

struct CsvValue {
  std::string_view text;  // between the quotes if it is quoted
  bool quoted = false;
  bool doubled = false;       // quotes in it are written twice: see csv_text
  size_t begin = 0, end = 0;  // where it stands in the record, with its quotes
};
// The value's text; in `buffer` if it had to be changed.
std::string_view csv_text(const CsvValue& value, char quote, std::string& buffer);
// A value as it is written: quoted where it must be.
std::string csv_written(const CsvFormat& format, std::string_view text);

enum class CsvFault : uint8_t {
  None,
  UnclosedQuote,  // the record ends in a quoted value
  AfterQuote,     // something else than a delimiter follows a closing quote
};
// Splits a record into its values; `at` is the offset of the fault: of the opening quote, or of
// what follows the closing one.
CsvFault split_csv(const CsvFormat& format, std::string_view record, std::vector<CsvValue>& values,
                   size_t& at);

}  // namespace clearwell::batch
