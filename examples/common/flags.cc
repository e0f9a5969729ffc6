#include "flags.h"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace simulators {
namespace {

// Days since 1970 of a civil date: years counted from March.
int64_t days_since_1970(int64_t year, int64_t month, int64_t day) {
  if (month <= 2) --year;
  const int64_t era = year / 400, of_era = year % 400;
  const int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

}  // namespace

std::string to_share(std::string text) {
  const bool percent = !text.empty() && text.back() == '%';
  if (percent) text.pop_back();
  double value = -1;
  if (!CLI::detail::lexical_cast(text, value)) value = -1;
  if (percent) value /= 100;
  if (value >= 0 && value <= 1) return fmt::format("{:.17g}", value);
  throw CLI::ValidationError("must be a share such as 15% or 0.15");
}

int64_t to_micros(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  char separator = 'T', rest = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d%c%2d:%2d:%2d%c", &year, &month, &day,
                               &separator, &hour, &minute, &second, &rest);
  const bool complete = read == 3 || (read == 7 && separator == 'T');
  const bool in_range = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (!complete || !in_range) {
    throw CLI::ValidationError("--start-time",
                               "must be a time such as 2024-05-01T00:00:00, or now");
  }
  const int64_t seconds = int64_t{hour} * 3600 + minute * 60 + second;
  return (days_since_1970(year, month, day) * 86400 + seconds) * 1'000'000;
}

}  // namespace simulators
