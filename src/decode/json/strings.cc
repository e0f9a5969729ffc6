#include "decode/json/strings.h"

#include <cstdint>

namespace clearwell::decode::json {
namespace {

bool read_unit(std::string_view raw, uint32_t& unit) {
  if (raw.size() < 6 || raw[0] != '\\' || raw[1] != 'u') return false;
  unit = 0;
  for (size_t i = 2; i < 6; ++i) {
    const auto c = static_cast<unsigned char>(raw[i]);
    const unsigned letter = (c | 0x20u) - 'a';
    if (c >= '0' && c <= '9') {
      unit = unit << 4 | (c - '0');
    } else if (letter < 6) {
      unit = unit << 4 | (letter + 10);
    } else {
      return false;
    }
  }
  return true;
}

void append_utf8(uint32_t point, std::string& out) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xE0 | point >> 12);
    } else {
      put(0xF0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3F));
    }
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

size_t read_unicode_escape(std::string_view raw, uint32_t& point) {
  uint32_t low = 0;
  if (!read_unit(raw, point)) return 0;
  if (point < 0xD800 || point > 0xDFFF) return 6;
  if (point > 0xDBFF || !read_unit(raw.substr(6), low) || low < 0xDC00 || low > 0xDFFF) return 0;
  point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  return 12;
}

}  // namespace

size_t read_escape(std::string_view raw, uint32_t& point) {
  if (raw.size() < 2 || raw[0] != '\\') return 0;
  switch (raw[1]) {
    case '"':
      point = '"';
      return 2;
    case '\\':
      point = '\\';
      return 2;
    case '/':
      point = '/';
      return 2;
    case 'b':
      point = '\b';
      return 2;
    case 'f':
      point = '\f';
      return 2;
    case 'n':
      point = '\n';
      return 2;
    case 'r':
      point = '\r';
      return 2;
    case 't':
      point = '\t';
      return 2;
    case 'u':
      return read_unicode_escape(raw, point);
    default:
      return 0;
  }
}

bool unescape(std::string_view raw, std::string& out) {
  while (!raw.empty()) {
    const size_t plain = raw.find('\\');
    out += raw.substr(0, plain);
    if (plain == std::string_view::npos) return true;
    raw.remove_prefix(plain);
    uint32_t point = 0;
    const size_t length = read_escape(raw, point);
    if (length == 0) return false;
    append_utf8(point, out);
    raw.remove_prefix(length);
  }
  return true;
}

bool check_escapes(std::string_view raw, bool& nul) {
  size_t at = raw.find('\\');
  while (at != std::string_view::npos) {
    uint32_t point = 0;
    const size_t length = read_escape(raw.substr(at), point);
    if (length == 0) return false;
    nul |= point == 0;
    at = raw.find('\\', at + length);
  }
  return true;
}

}  // namespace clearwell::decode::json
