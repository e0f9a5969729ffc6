// JSON's grammar of numbers.
#pragma once

#include <cstddef>
#include <string_view>

namespace clearwell::decode::json {

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// Length of the longest JSON number that `text` starts with: -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?,
// or 0.
inline size_t number_prefix(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto digits = [&] {
    const char* start = at;
    while (at < end && is_digit(*at)) ++at;
    return at != start;
  };
  if (at < end && *at == '-') ++at;
  if (at < end && *at == '0') {
    ++at;
  } else if (!digits()) {
    return 0;
  }
  const char* whole = at;
  if (at < end && *at == '.') {
    ++at;
    if (!digits()) return static_cast<size_t>(whole - text.data());
    whole = at;
  }
  if (at < end && (*at | 0x20) == 'e') {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) ++at;
    if (digits()) whole = at;
  }
  return static_cast<size_t>(whole - text.data());
}

}  // namespace clearwell::decode::json
