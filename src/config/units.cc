#include "config/units.h"

#include <charconv>
#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "config/phrases.h"

namespace clearwell::config {

namespace {

using Unit = std::pair<std::string_view, int64_t>;

// Large units first, as the texts are made.
constexpr Unit durations[] = {
    {"d", int64_t{86'400} * 1'000'000},
    {"h", int64_t{3'600} * 1'000'000},
    {"m", 60'000'000},
    {"s", 1'000'000},
    {"ms", 1'000},
    {"us", 1},
};
constexpr Unit sizes[] = {
    {"TB", int64_t{1} << 40},
    {"GB", int64_t{1} << 30},
    {"MB", int64_t{1} << 20},
    {"KB", int64_t{1} << 10},
    {"B", 1},
};

// Splits "30 s" into 30 and "s". None if there is no number, or it is negative.
std::optional<std::pair<int64_t, std::string>> split_unit(std::string_view text) {
  const size_t end = text.find_first_not_of("0123456789_");
  const std::optional<int64_t> number = parse_integer(text.substr(0, end));
  if (!number) return std::nullopt;
  std::string_view unit = end == std::string_view::npos ? "" : text.substr(end);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  return std::pair{*number, std::string(unit)};
}

std::optional<int64_t> times(int64_t number, int64_t factor) {
  int64_t product = 0;
  if (__builtin_mul_overflow(number, factor, &product)) return std::nullopt;
  return product;
}

std::string with_unit(int64_t number, std::span<const Unit> units) {
  for (const auto& [name, factor] : units) {
    if (number != 0 && number % factor == 0) {
      return std::to_string(number / factor) + std::string(name);
    }
  }
  return std::to_string(number);
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) {
  std::string digits;
  for (size_t i = 0; i < text.size(); i++) {
    const bool between = i > 0 && i + 1 < text.size() && text[i - 1] != '_' && text[i - 1] != '-';
    if (text[i] == '_' && !between) return std::nullopt;
    if (text[i] != '_') digits += text[i];
  }
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<std::chrono::microseconds> parse_duration(std::string_view text) {
  const auto parts = split_unit(text);
  if (!parts) return std::nullopt;
  if (parts->second.empty() && parts->first == 0) return std::chrono::microseconds(0);
  for (const auto& [name, factor] : durations) {
    if (parts->second != name) continue;
    const std::optional<int64_t> count = times(parts->first, factor);
    if (!count) return std::nullopt;
    return std::chrono::microseconds(*count);
  }
  return std::nullopt;
}

std::optional<int64_t> parse_size(std::string_view text) {
  const auto parts = split_unit(text);
  if (!parts) return std::nullopt;
  if (parts->second.empty()) return parts->first;
  std::string unit = lower_case(parts->second);
  if (unit.size() == 3 && unit.ends_with("ib")) unit.erase(1, 1);
  for (const auto& [name, factor] : sizes) {
    if (unit == lower_case(name)) return times(parts->first, factor);
  }
  return std::nullopt;
}

std::optional<double> parse_percent(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  if (percent) value /= 100;
  if (!std::isfinite(value) || value < 0 || value > 1) return std::nullopt;
  return value;
}

std::string duration_text(std::chrono::microseconds duration) {
  return with_unit(duration.count(), durations);
}

std::string size_text(int64_t bytes) { return with_unit(bytes, sizes); }

}  // namespace clearwell::config
