#include "base/cron.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>
#include <stdexcept>

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

namespace clearwell {
namespace {

using Bits = std::bitset<64>;

// The 29th of February comes at the latest after eight years (1896, 1904).
constexpr int64_t longest_search_days = 9 * 366;

struct Field {
  const char* name;
  int least, most;
  std::vector<std::string> names = {};  // of the values from `least` on
};

const std::vector<Field>& fields() {
  static const std::vector<Field> all = {
      {"minute", 0, 59},
      {"hour", 0, 23},
      {"day of the month", 1, 31},
      {"month",
       1,
       12,
       {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
      {"weekday", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
  };
  return all;
}

const std::map<std::string, std::string>& nicknames() {
  static const std::map<std::string, std::string> all = {
      {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
      {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
      {"@annually", "0 0 1 1 *"}};
  return all;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::optional<int> number(const std::string& text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

std::optional<int> value_of(const Field& field, const std::string& text) {
  const std::string word = lower(text);
  const auto named = std::find(field.names.begin(), field.names.end(), word);
  if (named != field.names.end()) {
    return field.least + static_cast<int>(named - field.names.begin());
  }
  const auto value = number(text);
  if (!value || *value < field.least || *value > field.most) return std::nullopt;
  return value;
}

// "*", "5", "1-5", each perhaps with "/2". False if it is none.
bool add_range(const Field& field, const std::string& text, Bits& bits) {
  const size_t slash = text.find('/');
  const std::string range = text.substr(0, slash);
  const auto step = slash == std::string::npos ? 1 : number(text.substr(slash + 1));
  if (!step || *step < 1) return false;
  const size_t dash = range.find('-');
  std::optional<int> first, last;
  if (range == "*") {
    first = field.least;
    last = field.most;
  } else {
    first = value_of(field, range.substr(0, dash));
    last = dash == std::string::npos ? first : value_of(field, range.substr(dash + 1));
    // "5/15" is "from 5 on, every 15".
    if (dash == std::string::npos && slash != std::string::npos) last = field.most;
  }
  if (!first || !last || *first > *last) return false;
  for (int value = *first; value <= *last; value += *step) bits.set(static_cast<size_t>(value));
  return true;
}

bool add_list(const Field& field, const std::string& text, Bits& bits) {
  std::stringstream parts(text);
  std::string part;
  bool good = !text.empty() && text.back() != ',';
  while (good && std::getline(parts, part, ',')) good = add_range(field, part, bits);
  return good;
}

Error bad_field(const Field& field, const std::string& text) {
  return config_error(fmt::format(
      "the {} of a cron line is '{}', but it can be *, {}-{}{}, a range such as {}-{}, a step such "
      "as */5, or a list of these with commas",
      field.name, text, field.least, field.most, field.names.empty() ? "" : " or a short name",
      field.least, field.least + 1));
}

}  // namespace

Result<Cron> Cron::parse(const std::string& line, const std::string& zone) {
  Cron cron;
  cron.line_ = line;
  cron.zone_name_ = zone;
  const auto nickname = nicknames().find(lower(line));
  CW_TRY(cron.read_fields(nickname == nicknames().end() ? line : nickname->second));
  try {
    cron.zone_ = date::locate_zone(zone == "Z" ? "UTC" : zone);
  } catch (const std::runtime_error&) {
    return config_error("the time zone '" + zone +
                        "' is not known; write UTC or a name such as Europe/Stockholm");
  }
  if (!cron.search(Instant{})) {
    return config_error("the cron line '" + line + "' is never due: no month has that day");
  }
  return cron;
}

Result<void> Cron::read_fields(const std::string& line) {
  std::stringstream words(line);
  std::vector<std::string> texts;
  for (std::string word; words >> word;) texts.push_back(word);
  if (texts.size() != fields().size()) {
    return config_error(fmt::format(
        "a cron line has five fields, minute hour day month weekday, but '{}' has {}; for example "
        "'*/15 * * * *'",
        line, texts.size()));
  }
  Bits* const bits[] = {&minutes_, &hours_, &days_, &months_, &weekdays_};
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!add_list(fields()[i], texts[i], *bits[i])) return bad_field(fields()[i], texts[i]);
  }
  every_hour_ = texts[1].starts_with('*');
  any_day_ = texts[2].starts_with('*');
  any_weekday_ = texts[4].starts_with('*');
  if (weekdays_.test(7)) weekdays_.set(0);
  return {};
}

bool Cron::due_on(int64_t day) const {
  const date::local_days local{date::days(day)};
  const date::year_month_day calendar{local};
  if (!months_.test(static_cast<unsigned>(calendar.month()))) return false;
  const bool by_day = days_.test(static_cast<unsigned>(calendar.day()));
  const bool by_weekday = weekdays_.test(date::weekday(local).c_encoding());
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

void Cron::due_at(int64_t day, std::vector<Instant>& out) const {
  const auto add = [&out](auto moment) {
    out.push_back(std::chrono::time_point_cast<Micros>(moment));
  };
  for (int minute = 0; minute < 24 * 60; ++minute) {
    if (!hours_.test(static_cast<size_t>(minute / 60))) continue;
    if (!minutes_.test(static_cast<size_t>(minute % 60))) continue;
    const date::local_seconds local{date::local_days{date::days(day)} +
                                    std::chrono::minutes(minute)};
    const date::local_info info = zone_->get_info(local);
    const date::sys_seconds shown{local.time_since_epoch()};
    if (info.result == date::local_info::nonexistent) {
      if (!every_hour_) add(info.first.end);
      continue;
    }
    add(shown - info.first.offset);
    if (info.result == date::local_info::ambiguous && every_hour_) add(shown - info.second.offset);
  }
}

// Days are those of the zone; one of UTC overlaps two of them, at most three.
std::optional<Instant> Cron::search(Instant after) const {
  const auto from = date::floor<date::days>(after).time_since_epoch().count() - 1;
  std::vector<Instant> moments;
  for (int64_t day = from; day < from + longest_search_days; ++day) {
    if (due_on(day)) due_at(day, moments);
    std::sort(moments.begin(), moments.end());
    const auto found = std::upper_bound(moments.begin(), moments.end(), after);
    // The day after may begin before this one ends, where clocks are put back at midnight.
    if (found != moments.end() && *found < Instant(date::days(day))) return *found;
    if (found == moments.end()) moments.clear();
  }
  return std::nullopt;
}

Instant Cron::next(Instant after) const {
  const auto found = search(after);
  CW_ASSERT(found.has_value());  // parse() has seen that days are due, and they come again
  return *found;
}

}  // namespace clearwell
