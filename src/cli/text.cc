#include "cli/text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace clearwell::cli {
namespace {

struct Range {
  char32_t first, last;
};

// Unicode 15: combining marks and invisible characters that appear in practice.
constexpr Range zero_width[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f}, {0x0900, 0x0902},
    {0x093a, 0x093a}, {0x0941, 0x0948}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064},
    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};
// East Asian wide and full-width blocks, and emoji.
constexpr Range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26aa, 0x26ab},   {0x26bd, 0x26be},
    {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},
    {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x2b50, 0x2b50},
    {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
    {0xa000, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd}};

template <size_t N>
bool within(const Range (&ranges)[N], char32_t point) {
  const Range* found =
      std::lower_bound(std::begin(ranges), std::end(ranges), point,
                       [](const Range& range, char32_t value) { return range.last < value; });
  return found != std::end(ranges) && point >= found->first;
}

bool is_control(char32_t point) { return point < 0x20 || (point >= 0x7f && point < 0xa0); }

unsigned char byte_at(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

}  // namespace

CodePoint code_point_at(std::string_view text, size_t at) {
  const unsigned char head = byte_at(text, at);
  if (head < 0x80) return {head, 1, true};
  const size_t length = head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : 2;
  const CodePoint invalid{0xfffd, 1, false};
  if (head < 0xc2 || head > 0xf4 || text.size() - at < length) return invalid;
  char32_t value = head & (0xffU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    const unsigned char next = byte_at(text, at + i);
    if ((next & 0xc0U) != 0x80) return invalid;
    value = value << 6 | (next & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10ffff) return invalid;
  if (value >= 0xd800 && value <= 0xdfff) return invalid;
  return {value, length, true};
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    if (!point.valid) return false;
    at += point.bytes;
  }
  return true;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    at += point.bytes;
    if (within(zero_width, point.value)) continue;
    width += within(wide, point.value) ? 2 : 1;
  }
  return width;
}

std::string printable_text(std::string_view text, bool keep_lines) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    const std::string_view bytes = text.substr(at, point.bytes);
    at += point.bytes;
    if (!point.valid) {
      out += fmt::format("\\x{:02x}", byte_at(bytes, 0));
    } else if (!is_control(point.value) || (keep_lines && (bytes == "\n" || bytes == "\t"))) {
      out += bytes;
    } else if (bytes == "\n") {
      out += "\\n";
    } else if (bytes == "\t") {
      out += "\\t";
    } else if (bytes == "\r") {
      out += "\\r";
    } else {
      out += fmt::format("\\x{:02x}", static_cast<uint32_t>(point.value));
    }
  }
  return out;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    const std::string_view bytes = text.substr(at, point.bytes);
    at += point.bytes;
    switch (point.value) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (!point.valid) {
          out += "\xef\xbf\xbd";
        } else if (point.value < 0x20 || point.value == 0x7f) {
          out += fmt::format("\\u{:04x}", static_cast<uint32_t>(point.value));
        } else {
          out += bytes;
        }
    }
  }
  return out + "\"";
}

bool is_json_number(std::string_view text) {
  const auto digits = [&text] {
    const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

std::string csv_field(std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string base64(std::string_view bytes) {
  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < left ? byte_at(bytes, at + i) : 0U);
    for (size_t i = 0; i < 4; ++i) {
      out += i <= left ? alphabet[group >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return out;
}

std::string hex_dump(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 16) {
    const std::string_view row = bytes.substr(at, 16);
    std::string hex, shown;
    for (size_t i = 0; i < 16; ++i) {
      if (i == 8) hex += ' ';
      hex += i < row.size() ? fmt::format(" {:02x}", byte_at(row, i)) : "   ";
    }
    for (const char c : row) shown += c >= 0x20 && c < 0x7f ? c : '.';
    out += fmt::format("{:08x} {}  |{}|\n", at, hex, shown);
  }
  return out;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ',';
  members_ += json_text(name);
  members_ += ':';
  members_ += value;
  return *this;
}

std::string json_array(const std::vector<std::string>& values, bool lines) {
  if (values.empty()) return "[]";
  return lines ? "[\n" + join(values, ",\n") + "\n]" : "[" + join(values, ",") + "]";
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

}  // namespace clearwell::cli
