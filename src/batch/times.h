// Dates, times and zones as texts.
//
// A date is YYYY-MM-DD. A date and time is ISO 8601 in its extended form:
//   YYYY-MM-DD [T|t| ] hh:mm [:ss [.|, fraction]] [Z|z| +hh:mm | +hhmm | +hh]
// The fraction has 1 to 9 digits; those after the sixth are cut off (never rounded, so that order
// is kept and no second is entered early), since both warehouses hold microseconds. Hours go to 23,
// a second 60 is LeapSecond, offsets go to 18:00. Years are 0001..9999.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "batch/value_fault.h"
#include "batch/zone_rule.h"

namespace date {
class time_zone;  // NOLINT(readability-identifier-naming): the library's
}

namespace clearwell::batch {

// A date and time of day as written, not yet checked against the calendar.
struct Civil {
  int year = 1970, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0, micros = 0;
  bool zoned = false;
  int offset = 0;  // seconds east of UTC, if zoned
};

// Days since 1970-01-01. REQUIRES: a valid day.
int32_t to_days(int year, int month, int day);
// The calendar day of such a number.
Civil from_days(int32_t days);
// NoSuchDay or YearRange.
ValueFault check_day(const Civil& civil);

// NotDate, NoSuchDay or YearRange. `out` is days since 1970-01-01.
ValueFault parse_date(std::string_view text, int32_t& out);
// The shape only (NotTimestamp); read_clock checks the rest.
ValueFault parse_iso8601(std::string_view text, Civil& out);
// Microseconds since 1970-01-01 on the clock that `civil` shows, whatever its zone. NoSuchDay,
// NoSuchTime, LeapSecond or YearRange.
ValueFault read_clock(const Civil& civil, int64_t& out);

// Pieces that declared formats (time_format.h) are made of as well. read_offset: "Z", "z", "+hh",
// "+hhmm" or "+hh:mm" as the whole text. read_fraction: takes 1 to 9 digits off the front of
// `text`.
bool read_offset(std::string_view text, Civil& out);
bool read_fraction(std::string_view& text, int& micros);

std::string date_text(int32_t days);       // "2019-08-15"
std::string local_text(int64_t micros);    // "2019-08-15T12:00:00.25"
std::string instant_text(int64_t micros);  // the same with "Z"

// Turns clock times into instants. Not thread-safe: it remembers the last zone rule it used.
class Zone {
 public:
  Zone() = default;  // UTC
  // An IANA name ("Europe/Stockholm"), "UTC" or "Z"; a Config error if the system does not know it.
  static Result<Zone> find(const std::string& name);

  // A time that the clocks show twice (put back) is the earlier instant of the two; one that they
  // never show (put forward) is NoSuchLocal.
  ValueFault to_instant(int64_t local, int64_t& out) const;

 private:
  ValueFault to_instant_by_rule(int64_t local, int64_t& out) const;

  const date::time_zone* zone_ = nullptr;  // none: UTC
  std::optional<ZoneRule> rule_;           // after the last change that the system's file lists
  // Clock times from..until have the offset `offset_` and are shown once.
  mutable int64_t from_ = 0, until_ = 0, offset_ = 0;
};

// read_clock and the zone together: an instant within the years 0001..9999 of UTC.
ValueFault read_instant(const Civil& civil, const Zone& zone, int64_t& out);

}  // namespace clearwell::batch
