// The rule by which a zone goes on after its listed changes: the last line of a file of the zone
// database, e.g. "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX TZ, extended as in RFC 8536 section 3.3).
// Debian's files list changes up to 2037, and the date library knows nothing beyond.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clearwell::batch {

class ZoneRule {
 public:
  // None if the text is no such rule.
  static std::optional<ZoneRule> parse(std::string_view text);
  // The rule of an IANA zone in the system's database, none if there is no file or no rule in it.
  static std::optional<ZoneRule> load(const std::string& zone);

  // Seconds east of UTC at an instant (seconds since 1970 UTC).
  int64_t offset_at(int64_t instant) const;
  // Seconds since 1970 on the zone's clocks → seconds since 1970 UTC: the earlier instant if the
  // clocks show that time twice, none if they never do.
  std::optional<int64_t> to_instant(int64_t local) const;

 private:
  // When clocks change, on the clock that is then valid.
  struct Change {
    char kind = 'M';  // M: day `day` (0 Sunday) of week `week` (5: the last) of `month`;
    int month = 0, week = 0, day = 0;  // J: day 1..365 without 29 February; 0: day 0..365
    int64_t time = 7200;               // seconds after midnight, also negative or beyond the day
  };
  static bool read_change(std::string_view& rest, Change& change);
  static int64_t moment(const Change& change, int year);

  int64_t standard_ = 0, summer_ = 0;  // seconds east
  bool has_summer_ = false;
  Change start_, end_;
};

}  // namespace clearwell::batch
