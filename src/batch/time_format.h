// Declared formats of dates and times (`parse: "%d.%m.%Y %H:%M"`), compiled once.
//
//   %Y  year, 4 digits            %y  year, 2 digits: 69–99 are 1969–1999, 00–68 are 2000–2068
//   %m %d %e  month, day, 1–2 digits (%e: perhaps after a blank)      %j  day of the year, 1–3
//   %b %B %h  month's English name, short or long, any case           %a %A  weekday, not compared
//   %H %I %M %S  1–2 digits       %p  AM or PM, with %I               %f  fraction, 1–9 digits
//   %z  Z, +hh, +hhmm or +hh:mm   %Z  UTC, GMT or Z                   %s  seconds since 1970 UTC
//   %T  %H:%M:%S                  %F  %Y-%m-%d                        %%  a percent sign
// All else, blanks too, stands for itself. Numbers take as many digits as they may. The whole text
// must be used up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "batch/times.h"

namespace clearwell::batch {

class TimeFormat {
 public:
  // A Config error says what is wrong: an unknown letter, one given twice, no date in it, %I
  // without %p.
  static Result<TimeFormat> compile(const std::string& format);

  // NotInFormat if the text has another shape, or a fault of %s. The calendar is not checked
  // (read_clock does that). Parts that the format lacks are those of 1970-01-01T00:00:00.
  ValueFault parse(std::string_view text, Civil& out) const;

  bool has_zone() const { return has("zZs"); }
  bool is_epoch() const { return has("s"); }
  bool has_time() const { return has("HIMSfs"); }

 private:
  bool has(const char* letters) const;
  static std::string fault_of(const TimeFormat& format);

  struct Step {
    char letter;  // 0: `literal` itself
    char literal;
  };
  std::vector<Step> steps_;
};

}  // namespace clearwell::batch
