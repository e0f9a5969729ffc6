#include "base/time.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <date/date.h>
#include <fmt/format.h>

namespace clearwell {
namespace {

Instant must_be_time(const std::string& text) {
  const std::optional<Instant> instant = from_iso8601(text);
  if (instant) return *instant;
  std::fprintf(stderr, "clearwell: CLEARWELL_CLOCK is '%s', but must look like %s\n", text.c_str(),
               "2024-01-01T00:00:00Z");
  std::exit(2);
}

// What CLEARWELL_CLOCK says.
struct Clock {
  std::optional<Instant> frozen;
  std::string file;
};

Clock clock_of_environment() {
  const char* text = std::getenv("CLEARWELL_CLOCK");
  if (text == nullptr || *text == '\0') return {};
  if (*text == '@') return {std::nullopt, text + 1};
  return {must_be_time(text), ""};
}

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

Instant now() {
  static const Clock clock = clock_of_environment();
  if (clock.frozen) return *clock.frozen;
  if (!clock.file.empty()) return must_be_time(first_line(clock.file));
  return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

std::string to_iso8601(Instant instant) {
  const date::sys_days day = date::floor<date::days>(instant);
  const date::year_month_day calendar(day);
  const date::hh_mm_ss<Micros> clock(instant - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(calendar.year()),
                  static_cast<unsigned>(calendar.month()), static_cast<unsigned>(calendar.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  const int64_t fraction = clock.subseconds().count();
  if (fraction % 1000 != 0) {
    text += fmt::format(".{:06}", fraction);
  } else if (fraction != 0) {
    text += fmt::format(".{:03}", fraction / 1000);
  }
  return text + "Z";
}

std::optional<Instant> from_iso8601(const std::string& text) {
  std::istringstream in(text);
  Instant instant;
  in >> date::parse("%FT%TZ", instant);
  if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return instant;
}

}  // namespace clearwell
