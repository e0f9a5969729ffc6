#include "generate/clock_text.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "batch/times.h"

namespace clearwell::generate {
namespace {

using batch::Civil;
using config::Field;
using config::FieldType;

constexpr int64_t second = 1'000'000, day = 86'400 * second;
constexpr int64_t first_micros = -62'135'596'800'000'000, last_micros = 253'402'300'799'999'999;

int64_t floor_to(int64_t value, int64_t unit) {
  const int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

Civil civil_of(int64_t micros) {
  const int64_t midnight = floor_to(micros, day);
  Civil out = batch::from_days(static_cast<int32_t>(midnight / day));
  const int64_t rest = micros - midnight;
  out.hour = static_cast<int>(rest / (3600 * second));
  out.minute = static_cast<int>(rest / (60 * second) % 60);
  out.second = static_cast<int>(rest / second % 60);
  out.micros = static_cast<int>(rest % second);
  return out;
}

// Seconds east of UTC; none that would leave the calendar.
int draw_offset(int64_t micros, Random& random) {
  static const std::vector<int> offsets = {0, 0, 3600, 7200, -18000, 19800, -34200};
  const int offset = random.pick(offsets);
  const int64_t local = micros + offset * second;
  return local < first_micros || local > last_micros ? 0 : offset;
}

std::string offset_text(int offset, const char* between) {
  return fmt::format("{}{:02}{}{:02}", offset < 0 ? '-' : '+', std::abs(offset) / 3600, between,
                     std::abs(offset) / 60 % 60);
}

const char* month_name(int month) {
  static constexpr std::array names = {"January",   "February", "March",    "April",
                                       "May",       "June",     "July",     "August",
                                       "September", "October",  "November", "December"};
  return names[static_cast<size_t>(month - 1)];
}

bool has_letter(const std::string& format, std::string_view letters) {
  for (size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (letters.find(format[++i]) != std::string_view::npos) return true;
  }
  return false;
}

struct Moment {
  Civil civil;
  int64_t micros;  // since 1970 UTC
  int offset;
};

std::string letter_text(char letter, const Moment& moment) {
  const Civil& at = moment.civil;
  switch (letter) {
    case 'Y':
      return fmt::format("{:04}", at.year);
    case 'y':
      return fmt::format("{:02}", at.year % 100);
    case 'm':
      return fmt::format("{:02}", at.month);
    case 'd':
    case 'e':
      return fmt::format("{:02}", at.day);
    case 'j':
      return fmt::format(
          "{:03}", batch::to_days(at.year, at.month, at.day) - batch::to_days(at.year, 1, 1) + 1);
    case 'b':
    case 'h':
      return std::string(month_name(at.month)).substr(0, 3);
    case 'B':
      return month_name(at.month);
    case 'a':
    case 'A': {
      static constexpr std::array days = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
      const int32_t number = batch::to_days(at.year, at.month, at.day);
      return days[static_cast<size_t>((number % 7 + 7) % 7)];
    }
    case 'H':
      return fmt::format("{:02}", at.hour);
    case 'I':
      return fmt::format("{:02}", at.hour % 12 == 0 ? 12 : at.hour % 12);
    case 'p':
      return at.hour < 12 ? "AM" : "PM";
    case 'M':
      return fmt::format("{:02}", at.minute);
    case 'S':
      return fmt::format("{:02}", at.second);
    case 'f':
      return fmt::format("{:06}", at.micros);
    case 'z':
      return offset_text(moment.offset, "");
    case 'Z':
      return "UTC";
    case 's':
      return std::to_string(floor_to(moment.micros, second) / second);
    case 'T':
      return fmt::format("{:02}:{:02}:{:02}", at.hour, at.minute, at.second);
    case 'F':
      return fmt::format("{:04}-{:02}-{:02}", at.year, at.month, at.day);
    default:
      return std::string(1, letter);
  }
}

}  // namespace

std::string iso_time(const Field& field, int64_t micros, Random& random) {
  if (field.type == FieldType::Date) {
    const Civil at = civil_of(micros);
    return fmt::format("{:04}-{:02}-{:02}", at.year, at.month, at.day);
  }
  const bool local = field.type == FieldType::LocalTimestamp;
  const bool bare = local || random.chance(0.3);
  const int offset = bare ? 0 : draw_offset(micros, random);
  const Civil at = civil_of(micros + offset * second);
  std::string out = fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", at.year, at.month, at.day,
                                random.chance(0.8) ? 'T' : ' ', at.hour, at.minute, at.second);
  if (at.micros != 0) {
    out += at.micros % 1000 == 0 ? fmt::format(".{:03}", at.micros / 1000)
                                 : fmt::format(".{:06}", at.micros);
  }
  if (bare) return out;
  return out + (offset == 0 && random.chance(0.8) ? "Z" : offset_text(offset, ":"));
}

std::string formatted_time(const std::string& format, const Field& field, int64_t micros,
                           Random& random) {
  const bool zoned = field.type == FieldType::Timestamp && has_letter(format, "z");
  const int offset = zoned ? draw_offset(micros, random) : 0;
  const Moment moment{civil_of(micros + offset * second), micros, offset};
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
    } else {
      out += letter_text(format[++i], moment);
    }
  }
  return out;
}

}  // namespace clearwell::generate
