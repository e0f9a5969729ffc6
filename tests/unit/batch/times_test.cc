#include "batch/times.h"

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

using enum ValueFault;

// The instant as text, or the fault.
std::string instant(std::string_view text, const std::string& zone = "UTC") {
  Civil civil;
  int64_t out = 0;
  ValueFault fault = parse_iso8601(text, civil);
  const auto found = Zone::find(zone);
  if (fault == None) fault = read_instant(civil, found.value(), out);
  switch (fault) {
    case None:
      return instant_text(out);
    case NotTimestamp:
      return "shape";
    case NoSuchDay:
      return "day";
    case NoSuchTime:
      return "time";
    case LeapSecond:
      return "leap";
    case NoSuchLocal:
      return "gap";
    case YearRange:
      return "year";
    default:
      return "?";
  }
}

ValueFault date_fault(std::string_view text) {
  int32_t days = 0;
  return parse_date(text, days);
}

TEST(Times, DaysGoBothWays) {
  EXPECT_EQ(to_days(1970, 1, 1), 0);
  EXPECT_EQ(to_days(1, 1, 1), -719162);
  EXPECT_EQ(to_days(9999, 12, 31), 2932896);
  for (int32_t day = -719162; day <= 2932896; day += 7) {
    const Civil civil = from_days(day);
    ASSERT_EQ(check_day(civil), None);
    ASSERT_EQ(to_days(civil.year, civil.month, civil.day), day);
  }
}

TEST(Times, DatesAreCalendarDays) {
  int32_t days = 0;
  EXPECT_EQ(parse_date("2019-08-15", days), None);
  EXPECT_EQ(date_text(days), "2019-08-15");
  EXPECT_EQ(date_fault("2020-02-29"), None);
  EXPECT_EQ(date_fault("2000-02-29"), None);
  EXPECT_EQ(date_fault("2019-02-29"), NoSuchDay);
  EXPECT_EQ(date_fault("1900-02-29"), NoSuchDay);
  EXPECT_EQ(date_fault("2019-13-01"), NoSuchDay);
  EXPECT_EQ(date_fault("2019-00-01"), NoSuchDay);
  EXPECT_EQ(date_fault("2019-04-31"), NoSuchDay);
  EXPECT_EQ(date_fault("0000-01-01"), YearRange);
  for (const char* text :
       {"", "2019-8-15", "15.08.2019", "2019-08-15 ", "2019/08/15", "+019-01-01", "2019-08-1x"}) {
    EXPECT_EQ(date_fault(text), NotDate) << text;
  }
}

TEST(Times, ReadsIso8601) {
  EXPECT_EQ(instant("2019-08-15T12:00:00"), "2019-08-15T12:00:00Z");
  EXPECT_EQ(instant("2019-08-15 12:00:00Z"), "2019-08-15T12:00:00Z");
  EXPECT_EQ(instant("2019-08-15t12:00:00z"), "2019-08-15T12:00:00Z");
  EXPECT_EQ(instant("2019-08-15T12:00"), "2019-08-15T12:00:00Z");
  EXPECT_EQ(instant("2019-08-15T12:00+02"), "2019-08-15T10:00:00Z");
  EXPECT_EQ(instant("2019-08-15T12:00:00+02:00"), "2019-08-15T10:00:00Z");
  EXPECT_EQ(instant("2019-08-15T12:00:00-0330"), "2019-08-15T15:30:00Z");
  EXPECT_EQ(instant("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(instant("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(instant("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z");
}

TEST(Times, CutsFractionsBelowMicroseconds) {
  EXPECT_EQ(instant("2019-08-15T12:00:00.5"), "2019-08-15T12:00:00.5Z");
  EXPECT_EQ(instant("2019-08-15T12:00:00,250"), "2019-08-15T12:00:00.25Z");
  EXPECT_EQ(instant("2019-08-15T12:00:00.123456789Z"), "2019-08-15T12:00:00.123456Z");
  EXPECT_EQ(instant("2019-08-15T12:00:59.999999999Z"), "2019-08-15T12:00:59.999999Z");
  EXPECT_EQ(instant("2019-08-15T12:00:00.1234567890Z"), "shape");
  EXPECT_EQ(instant("2019-08-15T12:00:00."), "shape");
}

TEST(Times, RefusesOtherShapes) {
  for (const char* text :
       {"", "2019-08-15", "2019-08-15T12", "2019-08-15T1:00:00", "2019-08-15T12:00:0",
        "20190815T120000Z", "2019-08-15T12:00:00 UTC", "2019-08-15T12:00:00+2",
        "2019-08-15T12:00:00+02:0", "2019-08-15T12:00:00+02:60", "2019-08-15T12:00:00Zx",
        "2019-08-15T12:00:00 Z", "2019-08-15_12:00:00", "2019-08-15T12:00:00[UTC]", "1565870400"}) {
    EXPECT_EQ(instant(text), "shape") << text;
  }
}

TEST(Times, RefusesWhatNoClockShows) {
  EXPECT_EQ(instant("2019-02-30T12:00:00"), "day");
  EXPECT_EQ(instant("2019-08-15T24:00:00"), "time");
  EXPECT_EQ(instant("2019-08-15T12:60:00"), "time");
  EXPECT_EQ(instant("2019-08-15T12:00:61"), "time");
  EXPECT_EQ(instant("2019-08-15T12:00:00+18:01"), "time");
  EXPECT_EQ(instant("2016-12-31T23:59:60Z"), "leap");
  EXPECT_EQ(instant("0000-01-01T00:00:00Z"), "year");
  EXPECT_EQ(instant("9999-12-31T23:59:59-05:00"), "year");
  EXPECT_EQ(instant("0001-01-01T00:00:00+05:00"), "year");
}

TEST(Times, NaiveTimesAreInTheirZone) {
  EXPECT_EQ(instant("2019-08-15T12:00:00", "Europe/Stockholm"), "2019-08-15T10:00:00Z");
  EXPECT_EQ(instant("2019-01-15T12:00:00", "Europe/Stockholm"), "2019-01-15T11:00:00Z");
  EXPECT_EQ(instant("2019-01-15T12:00:00-05:00", "Europe/Stockholm"), "2019-01-15T17:00:00Z");
  EXPECT_EQ(instant("2019-01-15T12:00:00", "Asia/Kathmandu"), "2019-01-15T06:15:00Z");
  EXPECT_EQ(instant("0001-01-01T00:00:00", "America/New_York"), "0001-01-01T04:56:02Z");
  EXPECT_EQ(instant("9999-07-01T00:00:00", "Europe/Stockholm"), "9999-06-30T22:00:00Z");
}

TEST(Times, ClocksPutForwardSkipTimes) {
  EXPECT_EQ(instant("2019-03-31T01:59:59.999999", "Europe/Stockholm"),
            "2019-03-31T00:59:59.999999Z");
  EXPECT_EQ(instant("2019-03-31T02:00:00", "Europe/Stockholm"), "gap");
  EXPECT_EQ(instant("2019-03-31T02:59:59", "Europe/Stockholm"), "gap");
  EXPECT_EQ(instant("2019-03-31T03:00:00", "Europe/Stockholm"), "2019-03-31T01:00:00Z");
  EXPECT_EQ(instant("2011-12-30T12:00:00", "Pacific/Apia"), "gap");  // a whole day
}

TEST(Times, ClocksPutBackMeanTheEarlierInstant) {
  EXPECT_EQ(instant("2019-10-27T02:30:00", "Europe/Stockholm"), "2019-10-27T00:30:00Z");
  EXPECT_EQ(instant("2019-10-27T03:00:00", "Europe/Stockholm"), "2019-10-27T02:00:00Z");
}

TEST(Times, ZonesGoOnAfterTheirListedChanges) {
  EXPECT_EQ(instant("2037-07-01T12:00:00", "Europe/Stockholm"), "2037-07-01T10:00:00Z");
  EXPECT_EQ(instant("2037-12-01T12:00:00", "Europe/Stockholm"), "2037-12-01T11:00:00Z");
  EXPECT_EQ(instant("2038-07-01T12:00:00.5", "Europe/Stockholm"), "2038-07-01T10:00:00.5Z");
  EXPECT_EQ(instant("2050-03-27T02:30:00", "Europe/Stockholm"), "gap");
  EXPECT_EQ(instant("2050-10-30T02:30:00", "Europe/Stockholm"), "2050-10-30T00:30:00Z");
  EXPECT_EQ(instant("2050-01-01T12:00:00", "Australia/Sydney"), "2050-01-01T01:00:00Z");
  EXPECT_EQ(instant("2050-07-01T12:00:00", "Europe/Dublin"), "2050-07-01T11:00:00Z");
  EXPECT_EQ(instant("2050-01-01T12:00:00", "Europe/Dublin"), "2050-01-01T12:00:00Z");
  EXPECT_EQ(instant("2050-07-01T12:00:00", "Asia/Tokyo"), "2050-07-01T03:00:00Z");
}

// The remembered rule must give what a fresh zone gives, in any order.
TEST(Times, ZonesRememberNothingWrong) {
  const auto zone = Zone::find("Europe/Stockholm");
  int64_t at = to_days(1970, 1, 1) * int64_t{86'400'000'000};
  for (int i = 0; i < 40'000; ++i) {
    at += 37 * int64_t{3'600'000'000} * (i % 3 == 0 ? -1 : 1);
    const auto fresh = Zone::find("Europe/Stockholm");
    int64_t expected = 0, found = 0;
    const ValueFault fault = fresh->to_instant(at, expected);
    ASSERT_EQ(zone->to_instant(at, found), fault);
    if (fault == None) {
      ASSERT_EQ(found, expected) << local_text(at);
    }
  }
}

TEST(Times, UnknownZonesAreNamed) {
  const auto zone = Zone::find("Europe/Atlantis");
  ASSERT_FALSE(zone.ok());
  EXPECT_EQ(zone.error().message,
            "there is no time zone \"Europe/Atlantis\"; IANA names look like Europe/Stockholm");
  EXPECT_TRUE(Zone::find("UTC").ok());
}

}  // namespace
}  // namespace clearwell::batch
