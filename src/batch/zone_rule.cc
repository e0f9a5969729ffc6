#include "batch/zone_rule.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "batch/times.h"

namespace clearwell::batch {
namespace {

constexpr int64_t day_seconds = 86400;

bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

bool take_number(std::string_view& rest, int& out) {
  size_t digits = 0;
  out = 0;
  for (; digits < rest.size() && digits < 3; ++digits) {
    const auto digit = static_cast<unsigned char>(rest[digits] - '0');
    if (digit > 9) break;
    out = out * 10 + digit;
  }
  rest.remove_prefix(digits);
  return digits > 0;
}

// [+-]hh[:mm[:ss]]
bool take_time(std::string_view& rest, int64_t& out) {
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int hours = 0, minutes = 0, seconds = 0;
  if (!take_number(rest, hours)) return false;
  if (take(rest, ':') && !take_number(rest, minutes)) return false;
  if (take(rest, ':') && !take_number(rest, seconds)) return false;
  out = hours * int64_t{3600} + minutes * int64_t{60} + seconds;
  if (negative) out = -out;
  return true;
}

// An abbreviation: letters, or anything in <>.
bool take_name(std::string_view& rest) {
  const bool quoted = rest.starts_with('<');
  const size_t end = quoted ? rest.find('>') : rest.find_first_of("+-0123456789,");
  if (end == std::string_view::npos) {
    if (quoted) return false;
    rest = {};
    return true;
  }
  rest.remove_prefix(end + quoted);
  return end > 0;
}

}  // namespace

bool ZoneRule::read_change(std::string_view& rest, Change& change) {
  if (!take(rest, ',')) return false;
  if (take(rest, 'M')) {
    if (!take_number(rest, change.month) || !take(rest, '.') || !take_number(rest, change.week) ||
        !take(rest, '.') || !take_number(rest, change.day)) {
      return false;
    }
    if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5) return false;
    if (change.day > 6) return false;
  } else {
    change.kind = take(rest, 'J') ? 'J' : '0';
    if (!take_number(rest, change.day) || change.day > 365) return false;
  }
  return !take(rest, '/') || take_time(rest, change.time);
}

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) {
  ZoneRule rule;
  if (!take_name(text) || !take_time(text, rule.standard_)) return std::nullopt;
  rule.standard_ = -rule.standard_;  // POSIX counts west
  if (text.empty()) return rule;
  rule.has_summer_ = true;
  rule.summer_ = rule.standard_ + 3600;
  if (!take_name(text)) return std::nullopt;
  if (!text.empty() && text[0] != ',') {
    if (!take_time(text, rule.summer_)) return std::nullopt;
    rule.summer_ = -rule.summer_;
  }
  const bool read = read_change(text, rule.start_) && read_change(text, rule.end_) && text.empty();
  return read ? std::optional(rule) : std::nullopt;
}

std::optional<ZoneRule> ZoneRule::load(const std::string& zone) {
  std::ifstream file("/usr/share/zoneinfo/" + zone, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!bytes.starts_with("TZif") || bytes.back() != '\n') return std::nullopt;
  const size_t start = bytes.rfind('\n', bytes.size() - 2);
  if (start == std::string::npos) return std::nullopt;
  return parse(std::string_view(bytes).substr(start + 1, bytes.size() - start - 2));
}

// Seconds since 1970 on the clock that `change` is given by.
int64_t ZoneRule::moment(const Change& change, int year) {
  int64_t day = 0;
  if (change.kind == 'M') {
    const int first = to_days(year, change.month, 1);
    const int next =
        change.month == 12 ? to_days(year + 1, 1, 1) : to_days(year, change.month + 1, 1);
    const int weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    day = first + (change.day - weekday + 7) % 7 + int64_t{7} * (change.week - 1);
    while (day >= next) day -= 7;
  } else {
    const bool leap = to_days(year + 1, 1, 1) - to_days(year, 1, 1) == 366;
    const bool skip = change.kind == 'J' && leap && change.day >= 60;
    day = to_days(year, 1, 1) + change.day - (change.kind == 'J') + skip;
  }
  return day * day_seconds + change.time;
}

int64_t ZoneRule::offset_at(int64_t instant) const {
  if (!has_summer_) return standard_;
  const int64_t local = instant + standard_;
  const int64_t day = local >= 0 ? local / day_seconds : (local - day_seconds + 1) / day_seconds;
  const int year = from_days(static_cast<int32_t>(day)).year;
  const int64_t start = moment(start_, year) - standard_;
  const int64_t end = moment(end_, year) - summer_;
  const bool summer =
      start < end ? instant >= start && instant < end : instant >= start || instant < end;
  return summer ? summer_ : standard_;
}

std::optional<int64_t> ZoneRule::to_instant(int64_t local) const {
  // The larger offset gives the earlier instant.
  for (const int64_t offset : {std::max(standard_, summer_), std::min(standard_, summer_)}) {
    const int64_t instant = local - (has_summer_ ? offset : standard_);
    if (offset_at(instant) == local - instant) return instant;
  }
  return std::nullopt;
}

}  // namespace clearwell::batch
