// Cron lines: when something is due, by the clocks of a time zone.
//
//   minute 0-59, hour 0-23, day of the month 1-31, month 1-12 or JAN-DEC, weekday 0-7 or SUN-SAT
//   (0 and 7 are Sunday); or one of @hourly @daily @midnight @weekly @monthly @yearly @annually
//
// A field is *, a value, a range a-b, any of these with /step, or a list of such with commas. Where
// day of the month and weekday are both restricted, either of them makes a day due (as crontab(5)
// has it).
//
// When clocks are put forward, what was due in the hour left out is due at the moment of the
// change, once; when they are put back, what is due at certain hours is due at the first of both.
// What is due in every hour (hour field *, or */n) just follows the clock: never in the hour left
// out, twice in the hour that comes twice.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace date {
class time_zone;  // NOLINT(readability-identifier-naming): the library's
}

namespace clearwell {

class Cron {
 public:
  // `zone`: an IANA name or UTC. A Config error says which field is wrong and what it may be, that
  // the zone is not known, or that no day is ever due.
  static Result<Cron> parse(const std::string& line, const std::string& zone);

  // The first due moment after `after`: whole minutes, except where clocks change within one.
  Instant next(Instant after) const;

  const std::string& line() const { return line_; }
  const std::string& zone() const { return zone_name_; }

 private:
  Cron() = default;
  Result<void> read_fields(const std::string& line);
  std::optional<Instant> search(Instant after) const;
  bool due_on(int64_t day) const;  // days since 1970, on the zone's clocks
  void due_at(int64_t day, std::vector<Instant>& out) const;  // of that day, unsorted

  std::string line_, zone_name_;
  const date::time_zone* zone_ = nullptr;
  std::bitset<64> minutes_, hours_, days_, months_, weekdays_;
  bool any_day_ = false, any_weekday_ = false;  // the field begins with *
  bool every_hour_ = false;
};

}  // namespace clearwell
