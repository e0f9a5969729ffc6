#include "batch/csv.h"

#include <cstring>

namespace clearwell::batch {

CsvFormat csv_format(const config::Settings& settings, const std::vector<std::string>& fields) {
  CsvFormat format;
  const std::string& delimiter = settings.text("delimiter");
  const std::string& quote = settings.text("quote");
  // What is not one byte is a fault that check tells; nothing is read then.
  format.delimiter = delimiter == "tab" ? '\t' : delimiter.size() == 1 ? delimiter[0] : ',';
  format.quote = quote.size() == 1 ? quote[0] : '\0';
  format.columns = settings.has("columns") ? settings.texts("columns") : fields;
  format.header = settings.boolean("header");
  if (settings.has("nulls")) format.nulls = settings.texts("nulls");
  return format;
}

std::vector<std::string> field_names(const config::Kind& kind) {
  std::vector<std::string> names;
  for (const config::Field& field : kind.fields) names.push_back(field.name);
  return names;
}

std::string header_text(const CsvFormat& format) {
  std::string out;
  for (const std::string& column : format.columns) {
    if (&column != &format.columns.front()) out += format.delimiter;
    out += csv_written(format, column);
  }
  return out;
}

// ---- where records end ----------------------------------------------------

void CsvScan::begin() {
  state_ = State::ValueStart;
  fed_ = 0;
  first_newline_ = -1;
  lines_ = 1;
}

bool CsvScan::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const int64_t at = fed_++;
    if (c == '\n') {
      if (newline(at)) return true;
    } else if (state_ == State::QuoteSeen || state_ == State::ReturnSeen) {
      if (after_quote(c)) return true;
    } else if (state_ == State::ValueStart || state_ == State::Plain) {
      const bool opens = state_ == State::ValueStart && c == quote_ && quote_ != '\0';
      state_ = opens ? State::Quoted : c == delimiter_ ? State::ValueStart : State::Plain;
    } else if (state_ == State::Quoted && c == quote_) {
      state_ = State::QuoteSeen;
    }
  }
  return first_newline_ >= 0 && fed_ > limit_ && first_line();
}

bool CsvScan::newline(int64_t at) {
  if (state_ != State::Quoted) return end(at);
  ++lines_;
  if (first_newline_ < 0) first_newline_ = at;
  return false;
}

bool CsvScan::after_quote(char c) {
  if (state_ == State::QuoteSeen) {
    if (c == quote_) return state_ = State::Quoted, false;
    if (c == delimiter_) return state_ = State::ValueStart, false;
    if (c == '\r') return state_ = State::ReturnSeen, false;
  }
  state_ = State::Malformed;
  return first_newline_ >= 0 && first_line();
}

bool CsvScan::end(int64_t length) {
  if (first_newline_ >= 0 && length > limit_) return first_line();
  length_ = length;
  return true;
}

bool CsvScan::first_line() {
  length_ = first_newline_;
  lines_ = 1;
  return true;
}

bool CsvScan::finish() { return first_newline_ >= 0 && state_ == State::Quoted && first_line(); }

// ---- values ---------------------------------------------------------------

std::string_view csv_text(const CsvValue& value, char quote, std::string& buffer) {
  if (!value.doubled) return value.text;
  buffer.clear();
  for (size_t i = 0; i < value.text.size(); ++i) {
    buffer += value.text[i];
    if (value.text[i] == quote) ++i;
  }
  return buffer;
}

std::string csv_written(const CsvFormat& format, std::string_view text) {
  const char special[] = {format.delimiter, '\n', '\r'};
  const bool plain = text.find_first_of({special, sizeof special}) == std::string_view::npos &&
                     !text.starts_with(format.quote);
  if (plain || format.quote == '\0') return std::string(text);
  std::string out(1, format.quote);
  for (const char c : text) {
    if (c == format.quote) out += c;
    out += c;
  }
  return out += format.quote;
}

namespace {

// Reads a quoted value that begins at `at`; `at` is then behind its closing quote. False when there
// is none.
bool read_quoted(char quote, std::string_view record, size_t& at, CsvValue& value) {
  value.quoted = true;
  size_t next = at + 1;
  for (;;) {
    next = record.find(quote, next);
    if (next == std::string_view::npos) return false;
    if (next + 1 == record.size() || record[next + 1] != quote) break;
    value.doubled = true;
    next += 2;
  }
  value.text = record.substr(at + 1, next - at - 1);
  at = next + 1;
  return true;
}

}  // namespace

CsvFault split_csv(const CsvFormat& format, std::string_view record, std::vector<CsvValue>& values,
                   size_t& at) {
  values.clear();
  at = 0;
  for (;;) {
    CsvValue& value = values.emplace_back();
    value.begin = at;
    if (format.quote != '\0' && at < record.size() && record[at] == format.quote) {
      if (!read_quoted(format.quote, record, at, value)) return CsvFault::UnclosedQuote;
      if (at < record.size() && record[at] != format.delimiter) return CsvFault::AfterQuote;
    } else {
      const size_t found = record.find(format.delimiter, at);
      at = found == std::string_view::npos ? record.size() : found;
      value.text = record.substr(value.begin, at - value.begin);
    }
    value.end = at;
    if (at == record.size()) return CsvFault::None;
    ++at;
  }
}

}  // namespace clearwell::batch
