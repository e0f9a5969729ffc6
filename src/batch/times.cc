#include "batch/times.h"

#include <algorithm>
#include <cstdio>
#include <exception>

#include <date/tz.h>

namespace clearwell::batch {
namespace {

constexpr int64_t second_micros = 1'000'000;
constexpr int64_t day_micros = 86400 * second_micros;
// 0001-01-01 and 10000-01-01.
constexpr int64_t first_instant = -719162 * day_micros;
constexpr int64_t end_instant = 2932897 * day_micros;
constexpr int max_offset = 18 * 3600;

// Value of two digits, or negative if they are none.
int two_digits(const char* at) {
  const int tens = at[0] - '0', ones = at[1] - '0';
  return (tens | ones) < 0 || tens > 9 || ones > 9 ? -1 : tens * 10 + ones;
}

bool read_day(std::string_view text, Civil& out) {
  const char* at = text.data();
  const int century = two_digits(at), year = two_digits(at + 2);
  out.month = two_digits(at + 5);
  out.day = two_digits(at + 8);
  out.year = century * 100 + year;
  return at[4] == '-' && at[7] == '-' && (century | year | out.month | out.day) >= 0;
}

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// "2019-08-15T12:00:00" and ".250000" if there is a fraction.
std::string clock_text(int64_t micros) {
  int64_t days = micros / day_micros, rest = micros % day_micros;
  if (rest < 0) {
    rest += day_micros;
    --days;
  }
  const auto seconds = static_cast<int>(rest / second_micros);
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "T%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60,
                seconds % 60);
  std::string out = date_text(static_cast<int32_t>(days)) + buffer;
  if (rest % second_micros != 0) {
    std::snprintf(buffer, sizeof buffer, ".%06d", static_cast<int>(rest % second_micros));
    out += buffer;
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out;
}

}  // namespace

int32_t to_days(int year, int month, int day) {
  // Years from 1 March, in eras of 400 (http://howardhinnant.github.io/date_algorithms.html).
  year -= month <= 2;
  const int era = (year >= 0 ? year : year - 399) / 400;
  const int of_era = year - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
  return era * 146097 + day_of_era - 719468;
}

Civil from_days(int32_t days) {
  days += 719468;
  const int era = (days >= 0 ? days : days - 146096) / 146097;
  const int day_of_era = days - era * 146097;
  const int of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
  const int shifted = (5 * of_year + 2) / 153;
  Civil out;
  out.day = of_year - (153 * shifted + 2) / 5 + 1;
  out.month = shifted + (shifted < 10 ? 3 : -9);
  out.year = of_era + era * 400 + (out.month <= 2);
  return out;
}

ValueFault check_day(const Civil& civil) {
  static constexpr int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (civil.month < 1 || civil.month > 12 || civil.day < 1) return ValueFault::NoSuchDay;
  const bool leap = civil.year % 4 == 0 && (civil.year % 100 != 0 || civil.year % 400 == 0);
  const int length = lengths[civil.month - 1] + (civil.month == 2 && leap);
  if (civil.day > length) return ValueFault::NoSuchDay;
  return civil.year < 1 || civil.year > 9999 ? ValueFault::YearRange : ValueFault::None;
}

ValueFault parse_date(std::string_view text, int32_t& out) {
  Civil civil;
  if (text.size() != 10 || !read_day(text, civil)) return ValueFault::NotDate;
  const ValueFault fault = check_day(civil);
  if (fault == ValueFault::None) out = to_days(civil.year, civil.month, civil.day);
  return fault;
}

bool read_fraction(std::string_view& text, int& micros) {
  size_t digits = 0;
  micros = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    if (digits < 6) micros = micros * 10 + (text[digits] - '0');
  }
  if (digits == 0 || digits > 9) return false;
  for (size_t i = digits; i < 6; ++i) micros *= 10;
  text.remove_prefix(digits);
  return true;
}

bool read_offset(std::string_view text, Civil& out) {
  if (text == "Z" || text == "z") {
    out.zoned = true;
    out.offset = 0;
    return true;
  }
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return false;
  const int hours = two_digits(text.data() + 1);
  int minutes = 0;
  if (text.size() == 5) {
    minutes = two_digits(text.data() + 3);
  } else if (text.size() == 6 && text[3] == ':') {
    minutes = two_digits(text.data() + 4);
  } else if (text.size() != 3) {
    return false;
  }
  if (hours < 0 || minutes < 0 || minutes > 59) return false;
  const int offset = hours * 3600 + minutes * 60;
  out.zoned = true;
  out.offset = text[0] == '-' ? -offset : offset;
  return true;
}

ValueFault parse_iso8601(std::string_view text, Civil& out) {
  constexpr auto wrong = ValueFault::NotTimestamp;
  if (text.size() < 16 || !read_day(text, out)) return wrong;
  const char* at = text.data();
  if ((at[10] != 'T' && at[10] != ' ' && at[10] != 't') || at[13] != ':') return wrong;
  out.hour = two_digits(at + 11);
  out.minute = two_digits(at + 14);
  if ((out.hour | out.minute) < 0) return wrong;
  text.remove_prefix(16);
  if (text.size() >= 3 && text[0] == ':') {
    out.second = two_digits(at + 17);
    if (out.second < 0) return wrong;
    text.remove_prefix(3);
    if (!text.empty() && (text[0] == '.' || text[0] == ',')) {
      text.remove_prefix(1);
      if (!read_fraction(text, out.micros)) return wrong;
    }
  }
  return text.empty() || read_offset(text, out) ? ValueFault::None : wrong;
}

ValueFault read_clock(const Civil& civil, int64_t& out) {
  const ValueFault fault = check_day(civil);
  if (fault != ValueFault::None) return fault;
  if (civil.second == 60 && civil.hour <= 23 && civil.minute <= 59) return ValueFault::LeapSecond;
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 59 || civil.offset > max_offset ||
      civil.offset < -max_offset) {
    return ValueFault::NoSuchTime;
  }
  const int seconds = civil.hour * 3600 + civil.minute * 60 + civil.second;
  out = to_days(civil.year, civil.month, civil.day) * day_micros + seconds * second_micros +
        civil.micros;
  return ValueFault::None;
}

ValueFault read_instant(const Civil& civil, const Zone& zone, int64_t& out) {
  ValueFault fault = read_clock(civil, out);
  if (fault != ValueFault::None) return fault;
  if (civil.zoned) {
    out -= civil.offset * second_micros;
  } else {
    fault = zone.to_instant(out, out);
    if (fault != ValueFault::None) return fault;
  }
  return out < first_instant || out >= end_instant ? ValueFault::YearRange : ValueFault::None;
}

std::string date_text(int32_t days) {
  const Civil civil = from_days(days);
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
  return buffer;
}

std::string local_text(int64_t micros) { return clock_text(micros); }
std::string instant_text(int64_t micros) { return clock_text(micros) + "Z"; }

Result<Zone> Zone::find(const std::string& name) {
  Zone zone;
  if (name == "UTC" || name == "Z" || name == "Etc/UTC" || name == "GMT") return zone;
  try {
    zone.zone_ = date::locate_zone(name);
    zone.rule_ = ZoneRule::load(name);
  } catch (const std::exception& error) {
    return config_error("there is no time zone \"" + name +
                        "\"; IANA names look like Europe/Stockholm");
  }
  return zone;
}

ValueFault Zone::to_instant_by_rule(int64_t local, int64_t& out) const {
  const int64_t micros = (local % second_micros + second_micros) % second_micros;
  const auto instant = rule_->to_instant((local - micros) / second_micros);
  if (!instant) return ValueFault::NoSuchLocal;
  out = *instant * second_micros + micros;
  return ValueFault::None;
}

ValueFault Zone::to_instant(int64_t local, int64_t& out) const {
  if (zone_ == nullptr || (local >= from_ && local < until_)) {
    out = local - offset_;
    return ValueFault::None;
  }
  const date::local_time<std::chrono::microseconds> clock{std::chrono::microseconds(local)};
  const date::local_info info = zone_->get_info(clock);
  if (info.result == date::local_info::nonexistent) return ValueFault::NoSuchLocal;
  const int64_t end_of_rule = info.first.end.time_since_epoch().count();
  if (rule_ && end_of_rule > end_instant / second_micros) return to_instant_by_rule(local, out);
  offset_ = info.first.offset.count() * second_micros;
  out = local - offset_;
  // A day's distance from both changes keeps out every time shown twice or never.
  const auto begin = std::max(info.first.begin.time_since_epoch().count() * second_micros,
                              first_instant - day_micros);
  const auto end =
      std::min(info.first.end.time_since_epoch().count() * second_micros, end_instant + day_micros);
  from_ = begin + day_micros + offset_;
  until_ = end - day_micros + offset_;
  return ValueFault::None;
}

}  // namespace clearwell::batch
