#include "config/units.h"

#include <gtest/gtest.h>

namespace clearwell::config {

using std::chrono::microseconds;

TEST(Units, Integers) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-5"), -5);
  EXPECT_EQ(parse_integer("1_000_000"), 1'000'000);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", "-", "9223372036854775808", "1.0", "1e3", " 1", "1 ", "+1", "0x10",
                           "_1", "1_", "1__0", "-_1"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(Units, Booleans) {
  for (const char* text : {"true", "True", "TRUE"}) EXPECT_EQ(parse_boolean(text), true);
  for (const char* text : {"false", "False", "FALSE"}) EXPECT_EQ(parse_boolean(text), false);
  for (const char* text : {"", "yes", "no", "on", "1", "tRUE"}) {
    EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
  }
}

TEST(Units, Durations) {
  EXPECT_EQ(parse_duration("0"), microseconds(0));
  EXPECT_EQ(parse_duration("7us"), microseconds(7));
  EXPECT_EQ(parse_duration("250ms"), microseconds(250'000));
  EXPECT_EQ(parse_duration("30s"), microseconds(30'000'000));
  EXPECT_EQ(parse_duration("30 s"), microseconds(30'000'000));
  EXPECT_EQ(parse_duration("5m"), microseconds(300'000'000));
  EXPECT_EQ(parse_duration("24h"), parse_duration("1d"));
  for (const char* text :
       {"", "30", "s", "-1s", "1.5h", "30 sec", "1w", "30  s", "1h30m", "999999999999d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Units, Sizes) {
  EXPECT_EQ(parse_size("512"), 512);
  EXPECT_EQ(parse_size("512B"), 512);
  EXPECT_EQ(parse_size("64KB"), 65'536);
  EXPECT_EQ(parse_size("64 kb"), 65'536);
  EXPECT_EQ(parse_size("10MB"), 10 << 20);
  EXPECT_EQ(parse_size("10MiB"), 10 << 20);
  EXPECT_EQ(parse_size("2GB"), int64_t{2} << 30);
  EXPECT_EQ(parse_size("1TB"), int64_t{1} << 40);
  for (const char* text : {"", "KB", "-1", "1.5GB", "10 mega", "10M", "99999999TB"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Units, Percents) {
  EXPECT_EQ(parse_percent("50%"), 0.5);
  EXPECT_EQ(parse_percent("0.5%"), 0.005);
  EXPECT_EQ(parse_percent("0.5"), 0.5);
  EXPECT_EQ(parse_percent("0"), 0.0);
  EXPECT_EQ(parse_percent("100%"), 1.0);
  for (const char* text : {"", "%", "101%", "2", "-1%", "nan", "inf", "half", "5 %"}) {
    EXPECT_EQ(parse_percent(text), std::nullopt) << text;
  }
}

TEST(Units, TextsUseTheLargestWholeUnit) {
  EXPECT_EQ(duration_text(microseconds(5'000'000)), "5s");
  EXPECT_EQ(duration_text(microseconds(1)), "1us");
  EXPECT_EQ(duration_text(microseconds(0)), "0");
  EXPECT_EQ(duration_text(std::chrono::hours(48)), "2d");
  EXPECT_EQ(size_text(64 << 20), "64MB");
  EXPECT_EQ(size_text(1025), "1025B");
}

}  // namespace clearwell::config
