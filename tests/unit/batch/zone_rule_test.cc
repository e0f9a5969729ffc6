#include "batch/zone_rule.h"

#include <date/tz.h>
#include <gtest/gtest.h>

#include "batch/times.h"

namespace clearwell::batch {
namespace {

int64_t seconds(int year, int month, int day, int hour = 0) {
  return to_days(year, month, day) * int64_t{86400} + hour * 3600;
}

TEST(ZoneRule, ReadsRules) {
  const auto stockholm = ZoneRule::parse("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(stockholm.has_value());
  EXPECT_EQ(stockholm->offset_at(seconds(2050, 1, 1)), 3600);
  EXPECT_EQ(stockholm->offset_at(seconds(2050, 7, 1)), 7200);
  EXPECT_EQ(stockholm->offset_at(seconds(2050, 3, 27, 1) - 1), 3600);
  EXPECT_EQ(stockholm->offset_at(seconds(2050, 3, 27, 1)), 7200);
  const auto fixed = ZoneRule::parse("<+0545>-5:45");
  ASSERT_TRUE(fixed.has_value());
  EXPECT_EQ(fixed->offset_at(0), 20700);
  const auto julian = ZoneRule::parse("AAA3BBB,J60/0,300/-1:30");
  ASSERT_TRUE(julian.has_value());
  EXPECT_EQ(julian->offset_at(seconds(2048, 3, 1, 3)), -7200);  // J60 is 1 March in every year
  EXPECT_EQ(julian->offset_at(seconds(2048, 3, 1, 3) - 1), -10800);
}

TEST(ZoneRule, RefusesOtherTexts) {
  for (const char* text : {"", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0x",
                           "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,366,M10.5.0"}) {
    EXPECT_FALSE(ZoneRule::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(ZoneRule::load("Europe/Atlantis").has_value());
}

// While the system's files list changes, the rule must say the same as they do. Zones that have
// announced other changes until then are left out by themselves: their rule starts later.
TEST(ZoneRule, AgreesWithTheListedChanges) {
  for (const char* name : {"Europe/Stockholm", "America/New_York", "Australia/Sydney",
                           "Europe/Dublin", "Asia/Kathmandu", "America/Santiago", "Asia/Jerusalem",
                           "Australia/Lord_Howe", "America/Havana", "Asia/Beirut", "UTC"}) {
    const auto rule = ZoneRule::load(name);
    ASSERT_TRUE(rule.has_value()) << name;
    const date::time_zone* zone = date::locate_zone(name);
    for (int64_t at = seconds(2034, 1, 1); at < seconds(2037, 1, 1); at += 1801) {
      const date::sys_seconds instant{std::chrono::seconds(at)};
      const auto info = zone->get_info(instant);
      ASSERT_EQ(rule->offset_at(at), info.offset.count())
          << name << ' ' << instant_text(at * 1000000);
      const date::local_seconds clock{std::chrono::seconds(at)};
      const auto local = zone->get_info(clock);
      const auto found = rule->to_instant(at);
      ASSERT_EQ(found.has_value(), local.result != date::local_info::nonexistent) << name;
      if (found) {
        ASSERT_EQ(at - *found, local.first.offset.count()) << name;
      }
    }
  }
}

}  // namespace
}  // namespace clearwell::batch
