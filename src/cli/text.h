// Text for terminals, CSV and JSON: escaping, width on the screen, bytes that are no text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clearwell::cli {

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;    // how many bytes of the text it takes; 1 where it is invalid
  bool valid = false;  // false: not UTF-8 (overlong, surrogate, cut off, stray byte)
};
// REQUIRES: at < text.size()
CodePoint code_point_at(std::string_view text, size_t at);

bool is_utf8(std::string_view text);

// Columns that the text takes on a terminal: East Asian wide characters and emoji take two,
// combining marks and invisible ones none.
size_t display_width(std::string_view text);

// Fit for a terminal: control characters become \n, \t or \x1b, invalid bytes \xff. Newlines and
// tabs are kept where `keep_lines`.
std::string printable_text(std::string_view text, bool keep_lines);

// A JSON string with its quotes; invalid UTF-8 becomes U+FFFD.
std::string json_text(std::string_view text);
// Is it a number as JSON writes it? (DuckDB also prints "inf" and "nan".)
bool is_json_number(std::string_view text);

// RFC 4180: quoted where it holds a comma, a quote, a line break, or is empty (an unquoted empty
// field stands for NULL).
std::string csv_field(std::string_view text);

std::string base64(std::string_view bytes);

// Lines of "00000010  7b 22 61 …  |{"a…|", sixteen bytes each.
std::string hex_dump(std::string_view bytes);

// JSON object written member by member, in that order.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) {
    return raw(name, json_text(value));
  }
  JsonObject& number(std::string_view name, int64_t value) {
    return raw(name, std::to_string(value));
  }
  JsonObject& boolean(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
  }
  // `value` is JSON already.
  JsonObject& raw(std::string_view name, std::string_view value);
  std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

// "[a, b]" of values that are JSON already, one a line where `lines`.
std::string json_array(const std::vector<std::string>& values, bool lines = false);

std::string join(const std::vector<std::string>& parts, std::string_view between);

}  // namespace clearwell::cli
