#include "batch/text.h"

#include <algorithm>

namespace clearwell::batch {
namespace {

uint8_t byte_at(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }
bool continues(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// A code point of a sequence of `length` bytes. REQUIRES: utf8_sequence returned that length.
uint32_t code_point(std::string_view text, size_t at, size_t length) {
  const uint32_t lead = byte_at(text, at);
  if (length == 1) return lead;
  uint32_t value = lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) value = value << 6 | (byte_at(text, at + i) & 0x3Fu);
  return value;
}

bool is_space(uint32_t point) {
  if (point <= 0x20) return point == 0x20 || (point >= 0x09 && point <= 0x0D);
  if (point < 0x1680) return point == 0x85 || point == 0xA0;
  return point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
         point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000 ||
         point == 0xFEFF;
}

size_t leading_space(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = utf8_sequence(text, at);
    if (length == 0 || !is_space(code_point(text, at, length))) break;
    at += length;
  }
  return at;
}

// Two-byte letters: those from..to (of one case) have their other case at a fixed distance, or are
// pairs of neighbours (even and odd).
struct CaseRange {
  uint32_t upper_from, upper_to;
  uint32_t distance;  // 0: neighbours, the upper-case letter at upper_from, upper_from + 2, …
};
constexpr CaseRange case_ranges[] = {
    {0xC0, 0xD6, 32},   {0xD8, 0xDE, 32},   {0x100, 0x12E, 0},  {0x132, 0x136, 0},
    {0x139, 0x147, 0},  {0x14A, 0x176, 0},  {0x179, 0x17D, 0},  {0x391, 0x3A1, 32},
    {0x3A3, 0x3AB, 32}, {0x400, 0x40F, 80}, {0x410, 0x42F, 32},
};

uint32_t other_case(uint32_t point, bool lower) {
  for (const CaseRange& range : case_ranges) {
    const uint32_t distance = range.distance == 0 ? 1 : range.distance;
    const uint32_t from = lower ? range.upper_from : range.upper_from + distance;
    const uint32_t to = lower ? range.upper_to : range.upper_to + distance;
    if (point < from || point > to) continue;
    if (range.distance == 0 && ((point - from) & 1) != 0) continue;
    return lower ? point + distance : point - distance;
  }
  return point;
}

void change_case(std::string& text, bool lower) {
  const char first = lower ? 'A' : 'a';
  for (size_t at = 0; at < text.size(); ++at) {
    const uint8_t byte = byte_at(text, at);
    if (byte < 0x80) {
      if (byte >= first && byte <= first + 25) text[at] = static_cast<char>(byte ^ 0x20);
    } else if (byte >= 0xC3 && byte <= 0xD1 && at + 1 < text.size()) {
      const uint32_t point = other_case(code_point(text, at, 2), lower);
      text[at] = static_cast<char>(0xC0 | point >> 6);
      text[++at] = static_cast<char>(0x80 | (point & 0x3F));
    }
  }
}

}  // namespace

size_t utf8_sequence(std::string_view text, size_t at) {
  const uint8_t lead = byte_at(text, at);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!continues(byte_at(text, at + i))) return 0;
  }
  const uint8_t second = byte_at(text, at + 1);
  if (lead == 0xE0 && second < 0xA0) return 0;  // overlong
  if (lead == 0xED && second > 0x9F) return 0;  // surrogates
  if (lead == 0xF0 && second < 0x90) return 0;  // overlong
  if (lead == 0xF4 && second > 0x8F) return 0;  // above U+10FFFF
  return length;
}

size_t utf8_valid_prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = utf8_sequence(text, at);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

int64_t code_points(std::string_view text) {
  int64_t count = 0;
  for (const char c : text) count += !continues(static_cast<uint8_t>(c));
  return count;
}

std::string_view trim(std::string_view text) {
  text.remove_prefix(leading_space(text));
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && continues(byte_at(text, start))) --start;
    const size_t length = utf8_sequence(text, start);
    if (start + length != text.size() || !is_space(code_point(text, start, length))) break;
    text.remove_suffix(length);
  }
  return text;
}

void to_lower(std::string& text) { change_case(text, true); }
void to_upper(std::string& text) { change_case(text, false); }

}  // namespace clearwell::batch
