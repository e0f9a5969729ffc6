#include "base/cron.h"

#include <gtest/gtest.h>

namespace clearwell {
namespace {

std::string after(const std::string& line, const std::string& moment,
                  const std::string& zone = "UTC", int times = 1) {
  const auto cron = Cron::parse(line, zone);
  EXPECT_TRUE(cron.ok()) << cron.error().message;
  Instant at = *from_iso8601(moment);
  for (int i = 0; i < times; ++i) at = cron->next(at);
  return to_iso8601(at);
}

std::string refusal(const std::string& line, const std::string& zone = "UTC") {
  const auto cron = Cron::parse(line, zone);
  return cron.ok() ? "accepted" : cron.error().message;
}

TEST(Cron, NextIsAfterTheMomentItself) {
  EXPECT_EQ(after("*/15 * * * *", "2024-01-01T00:00:00Z"), "2024-01-01T00:15:00Z");
  EXPECT_EQ(after("*/15 * * * *", "2024-01-01T00:14:59.999Z"), "2024-01-01T00:15:00Z");
  EXPECT_EQ(after("5/20 * * * *", "2024-01-01T00:00:00Z", "UTC", 3), "2024-01-01T00:45:00Z");
  EXPECT_EQ(after("0 9-17/4 * * *", "2024-01-01T09:00:00Z", "UTC", 3), "2024-01-02T09:00:00Z");
  EXPECT_EQ(after("@daily", "2024-02-28T12:00:00Z", "UTC", 2), "2024-03-01T00:00:00Z");
  EXPECT_EQ(after("30 6 1,15 * *", "2024-12-15T06:30:00Z"), "2025-01-01T06:30:00Z");
}

TEST(Cron, DaysOfTheMonthAndWeekdays) {
  EXPECT_EQ(after("0 0 * * MON-FRI", "2024-01-05T00:00:00Z"), "2024-01-08T00:00:00Z");
  EXPECT_EQ(after("0 0 * * 7", "2024-01-01T00:00:00Z"), "2024-01-07T00:00:00Z");
  EXPECT_EQ(after("0 0 * * sun", "2024-01-01T00:00:00Z"), "2024-01-07T00:00:00Z");
  // Both restricted: either will do. One of them *: the other decides.
  EXPECT_EQ(after("0 0 13 * 5", "2024-09-06T00:00:00Z", "UTC", 1), "2024-09-13T00:00:00Z");
  EXPECT_EQ(after("0 0 10 * 5", "2024-09-06T00:00:00Z", "UTC", 1), "2024-09-10T00:00:00Z");
  EXPECT_EQ(after("0 0 10 SEP *", "2024-09-10T00:00:00Z"), "2025-09-10T00:00:00Z");
  EXPECT_EQ(after("0 0 29 2 *", "2096-03-01T00:00:00Z"), "2104-02-29T00:00:00Z");
}

TEST(Cron, ZonesOtherThanUtc) {
  EXPECT_EQ(after("0 6 * * *", "2019-08-15T00:00:00Z", "America/Sao_Paulo"),
            "2019-08-15T09:00:00Z");
  EXPECT_EQ(after("0 0 1 * *", "2024-01-31T09:59:00Z", "Pacific/Kiritimati"),
            "2024-01-31T10:00:00Z");
  EXPECT_EQ(after("0 0 1 * *", "2024-01-31T12:00:00Z", "Pacific/Pago_Pago"),
            "2024-02-01T11:00:00Z");
}

// 2024-03-31 02:00 becomes 03:00 in Stockholm.
TEST(Cron, AnHourLeftOut) {
  EXPECT_EQ(after("30 2 * * *", "2024-03-30T12:00:00Z", "Europe/Stockholm"),
            "2024-03-31T01:00:00Z");
  EXPECT_EQ(after("30 2 * * *", "2024-03-31T01:00:00Z", "Europe/Stockholm"),
            "2024-04-01T00:30:00Z");
  // Several of that hour: once.
  EXPECT_EQ(after("*/10 2 * * *", "2024-03-31T01:00:00Z", "Europe/Stockholm"),
            "2024-04-01T00:00:00Z");
  EXPECT_EQ(after("30 * * * *", "2024-03-31T00:30:00Z", "Europe/Stockholm"),
            "2024-03-31T01:30:00Z");
}

// 2024-10-27 03:00 becomes 02:00 in Stockholm.
TEST(Cron, AnHourThatComesTwice) {
  EXPECT_EQ(after("30 2 * * *", "2024-10-26T12:00:00Z", "Europe/Stockholm"),
            "2024-10-27T00:30:00Z");
  EXPECT_EQ(after("30 2 * * *", "2024-10-27T00:30:00Z", "Europe/Stockholm"),
            "2024-10-28T01:30:00Z");
  EXPECT_EQ(after("30 * * * *", "2024-10-27T00:30:00Z", "Europe/Stockholm"),
            "2024-10-27T01:30:00Z");
}

TEST(Cron, WhatIsNoCronLine) {
  EXPECT_EQ(refusal("* * * *"),
            "a cron line has five fields, minute hour day month weekday, but '* * * *' has 4; for "
            "example '*/15 * * * *'");
  EXPECT_EQ(refusal("60 * * * *"),
            "the minute of a cron line is '60', but it can be *, 0-59, a range such as 0-1, a step "
            "such as */5, or a list of these with commas");
  EXPECT_NE(refusal("* * * FOO *").find("the month of a cron line is 'FOO'"), std::string::npos);
  for (const char* minute : {"", "5-1", "*/0", "1,", ",1", "-1", "1-", "/5", "1.5", "**", "1--2"}) {
    EXPECT_NE(refusal(std::string(minute) + " * * * *"), "accepted") << minute;
  }
  EXPECT_EQ(refusal("0 0 30 2 *"),
            "the cron line '0 0 30 2 *' is never due: no month has that day");
  EXPECT_EQ(refusal("0 0 * * *", "Mars/Olympus"),
            "the time zone 'Mars/Olympus' is not known; write UTC or a name such as "
            "Europe/Stockholm");
}

}  // namespace
}  // namespace clearwell
