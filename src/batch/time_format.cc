#include "batch/time_format.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "batch/numbers.h"

namespace clearwell::batch {
namespace {

constexpr std::string_view months[] = {"january",   "february", "march",    "april",
                                       "may",       "june",     "july",     "august",
                                       "september", "october",  "november", "december"};
constexpr std::string_view weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                         "friday", "saturday", "sunday"};
constexpr char known_letters[] = "YymdejbBhaAHIMSpfzZsTF%";

// What is left of the text, and the parts that only make sense together at the end.
struct Reader {
  std::string_view rest;
  Civil& out;
  int day_of_year = 0;
  int half_day = 0;  // %p: hours to add; -1 if there is none
};

// Takes `at_least` to `at_most` digits off the front.
bool take_number(std::string_view& rest, size_t at_least, size_t at_most, int& out) {
  size_t digits = 0;
  int number = 0;
  while (digits < at_most && digits < rest.size()) {
    const auto digit = static_cast<unsigned char>(rest[digits] - '0');
    if (digit > 9) break;
    number = number * 10 + digit;
    ++digits;
  }
  if (digits < at_least) return false;
  out = number;
  rest.remove_prefix(digits);
  return true;
}

bool starts_with_any_case(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

// Takes one of `names`, whole or its first three letters; its number from 1, or 0.
template <size_t Count>
int take_name(std::string_view& rest, const std::string_view (&names)[Count]) {
  for (size_t i = 0; i < Count; ++i) {
    for (const std::string_view name : {names[i], names[i].substr(0, 3)}) {
      if (!starts_with_any_case(rest, name)) continue;
      rest.remove_prefix(name.size());
      return static_cast<int>(i) + 1;
    }
  }
  return 0;
}

bool take_zone_name(Reader& reader) {
  for (const std::string_view name : {"UTC", "GMT", "Z"}) {
    if (!reader.rest.starts_with(name)) continue;
    reader.rest.remove_prefix(name.size());
    reader.out.zoned = true;
    return true;
  }
  return false;
}

// The longest offset that the text starts with.
bool take_offset(Reader& reader) {
  for (const size_t length : {6, 5, 3, 1}) {
    if (reader.rest.size() < length) continue;
    if (!read_offset(reader.rest.substr(0, length), reader.out)) continue;
    reader.rest.remove_prefix(length);
    return true;
  }
  return false;
}

bool take_half_day(Reader& reader) {
  const bool pm = starts_with_any_case(reader.rest, "pm");
  if (!pm && !starts_with_any_case(reader.rest, "am")) return false;
  reader.half_day = pm ? 12 : 0;
  reader.rest.remove_prefix(2);
  return true;
}

bool take_epoch(Reader& reader) {
  const size_t end = std::min(reader.rest.find_first_not_of("-0123456789"), reader.rest.size());
  int64_t seconds = 0;
  if (parse_integer(reader.rest.substr(0, end), seconds) != ValueFault::None) return false;
  reader.rest.remove_prefix(end);
  // Years 1 to 9999, so that the days below fit their type.
  if (seconds < -62135596800 || seconds > 253402300799) return false;
  const int64_t days = (seconds >= 0 ? seconds : seconds - 86399) / 86400;
  const auto of_day = static_cast<int>(seconds - days * 86400);
  reader.out = from_days(static_cast<int32_t>(days));
  reader.out.hour = of_day / 3600;
  reader.out.minute = of_day / 60 % 60;
  reader.out.second = of_day % 60;
  reader.out.zoned = true;
  return true;
}

bool take_day(std::string_view& rest, int& day) {
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  return take_number(rest, 1, 2, day);
}

bool take_short_year(Reader& reader) {
  if (!take_number(reader.rest, 2, 2, reader.out.year)) return false;
  reader.out.year += reader.out.year >= 69 ? 1900 : 2000;
  return true;
}

bool take(char letter, Reader& reader) {
  std::string_view& rest = reader.rest;
  Civil& out = reader.out;
  switch (letter) {
    case 'Y':
      return take_number(rest, 4, 4, out.year);
    case 'y':
      return take_short_year(reader);
    case 'm':
      return take_number(rest, 1, 2, out.month);
    case 'd':
      return take_number(rest, 1, 2, out.day);
    case 'e':
      return take_day(rest, out.day);
    case 'j':
      return take_number(rest, 1, 3, reader.day_of_year) && reader.day_of_year > 0;
    case 'b':
      return (out.month = take_name(rest, months)) != 0;
    case 'a':
      return take_name(rest, weekdays) != 0;
    case 'H':
    case 'I':
      return take_number(rest, 1, 2, out.hour);
    case 'M':
      return take_number(rest, 1, 2, out.minute);
    case 'S':
      return take_number(rest, 1, 2, out.second);
    case 'p':
      return take_half_day(reader);
    case 'f':
      return read_fraction(rest, out.micros);
    case 'z':
      return take_offset(reader);
    case 'Z':
      return take_zone_name(reader);
    case 's':
      return take_epoch(reader);
    default:
      return false;
  }
}

}  // namespace

bool TimeFormat::has(const char* letters) const {
  return std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.letter != 0 && std::strchr(letters, step.letter) != nullptr;
  });
}

Result<TimeFormat> TimeFormat::compile(const std::string& format) {
  TimeFormat out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out.steps_.push_back({0, format[i]});
      continue;
    }
    const char letter = ++i < format.size() ? format[i] : '\0';
    if (letter == '\0') return config_error("format \"" + format + "\" ends with a lone %");
    if (std::strchr(known_letters, letter) == nullptr) {
      return config_error("format \"" + format + "\": %" + letter + " is not known");
    }
    switch (letter) {
      case '%':
        out.steps_.push_back({0, '%'});
        break;
      case 'T':
        out.steps_.insert(out.steps_.end(), {{'H', 0}, {0, ':'}, {'M', 0}, {0, ':'}, {'S', 0}});
        break;
      case 'F':
        out.steps_.insert(out.steps_.end(), {{'Y', 0}, {0, '-'}, {'m', 0}, {0, '-'}, {'d', 0}});
        break;
      case 'B':
      case 'h':
        out.steps_.push_back({'b', 0});
        break;
      case 'A':
        out.steps_.push_back({'a', 0});
        break;
      default:
        out.steps_.push_back({letter, 0});
    }
  }
  const std::string fault = fault_of(out);
  if (!fault.empty()) return config_error("format \"" + format + "\" " + fault);
  return out;
}

std::string TimeFormat::fault_of(const TimeFormat& format) {
  static constexpr const char* same[] = {"Yy", "mb", "de", "j",  "HI", "M",
                                         "S",  "p",  "f",  "zZ", "s"};
  for (const char* letters : same) {
    const auto count = std::count_if(format.steps_.begin(), format.steps_.end(), [&](Step step) {
      return step.letter != 0 && std::strchr(letters, step.letter) != nullptr;
    });
    if (count > 1) return std::string("gives %") + letters[0] + " twice";
  }
  if (format.has("s")) return format.has("YymbdejHIMSpzZ") ? "mixes %s with other parts" : "";
  if (!format.has("Yy")) return "has no year (%Y)";
  if (format.has("j")) return format.has("mbde") ? "mixes %j with a month or a day" : "";
  if (!format.has("mb") || !format.has("de")) return "has no month and day (%m and %d, or %j)";
  if (format.has("I") != format.has("p")) return "needs %I and %p together";
  return "";
}

ValueFault TimeFormat::parse(std::string_view text, Civil& out) const {
  Reader reader{text, out, 0, -1};
  bool twelve_hours = false;
  for (const Step& step : steps_) {
    if (step.letter == 0) {
      if (reader.rest.empty() || reader.rest[0] != step.literal) return ValueFault::NotInFormat;
      reader.rest.remove_prefix(1);
    } else if (!take(step.letter, reader)) {
      return ValueFault::NotInFormat;
    }
    twelve_hours |= step.letter == 'I';
  }
  if (!reader.rest.empty()) return ValueFault::NotInFormat;
  if (twelve_hours) {
    if (out.hour < 1 || out.hour > 12) return ValueFault::NoSuchTime;
    out.hour = out.hour % 12 + std::max(reader.half_day, 0);
  }
  if (reader.day_of_year > 0) {
    const bool leap = out.year % 4 == 0 && (out.year % 100 != 0 || out.year % 400 == 0);
    if (reader.day_of_year > 365 + leap) return ValueFault::NoSuchDay;
    const Civil day = from_days(to_days(out.year, 1, 1) + reader.day_of_year - 1);
    out.month = day.month;
    out.day = day.day;
  }
  return ValueFault::None;
}

}  // namespace clearwell::batch
