#include "batch/time_format.h"

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

using enum ValueFault;

// The instant as text, or "no".
std::string read(const std::string& format, std::string_view text) {
  const auto compiled = TimeFormat::compile(format);
  if (!compiled.ok()) return compiled.error().message;
  Civil civil;
  int64_t out = 0;
  const ValueFault fault = compiled->parse(text, civil);
  if (fault == NotInFormat) return "no";
  if (fault != None || read_instant(civil, Zone(), out) != None) return "no such time";
  return instant_text(out);
}

TEST(TimeFormat, ReadsWhatPeopleWrite) {
  EXPECT_EQ(read("%Y-%m-%d %H:%M:%S %z", "2019-08-15 12:00:00 +0200"), "2019-08-15T10:00:00Z");
  EXPECT_EQ(read("%Y-%m-%d %H:%M:%S %Z", "2019-08-15 12:00:00 UTC"), "2019-08-15T12:00:00Z");
  EXPECT_EQ(read("%d.%m.%Y", "5.8.2019"), "2019-08-05T00:00:00Z");
  EXPECT_EQ(read("%Y%m%d%H%M%S", "20190815123456"), "2019-08-15T12:34:56Z");
  EXPECT_EQ(read("%FT%T.%f", "2019-08-15T12:00:00.123456789"), "2019-08-15T12:00:00.123456Z");
  EXPECT_EQ(read("%a, %d %b %Y %T %Z", "Thu, 15 Aug 2019 12:00:00 GMT"), "2019-08-15T12:00:00Z");
  EXPECT_EQ(read("%B %e, %Y", "august  5, 2019"), "2019-08-05T00:00:00Z");
  EXPECT_EQ(read("%b %d %Y", "MAY 05 2019"), "2019-05-05T00:00:00Z");
  EXPECT_EQ(read("%m/%d/%y", "08/15/69"), "1969-08-15T00:00:00Z");
  EXPECT_EQ(read("%m/%d/%y", "08/15/68"), "2068-08-15T00:00:00Z");
  EXPECT_EQ(read("%Y-%j", "2020-366"), "2020-12-31T00:00:00Z");
  EXPECT_EQ(read("100%% %F", "100% 2019-08-15"), "2019-08-15T00:00:00Z");
  EXPECT_EQ(read("%F %T%z", "2019-08-15 12:00:00Z"), "2019-08-15T12:00:00Z");
  EXPECT_EQ(read("%F %T %z!", "2019-08-15 12:00:00 +02!"), "2019-08-15T10:00:00Z");
}

TEST(TimeFormat, KnowsMorningAndEvening) {
  EXPECT_EQ(read("%F %I:%M %p", "2019-08-15 12:05 AM"), "2019-08-15T00:05:00Z");
  EXPECT_EQ(read("%F %I:%M %p", "2019-08-15 12:05 pm"), "2019-08-15T12:05:00Z");
  EXPECT_EQ(read("%F %I:%M %p", "2019-08-15 01:05 PM"), "2019-08-15T13:05:00Z");
  EXPECT_EQ(read("%F %I:%M %p", "2019-08-15 13:05 PM"), "no such time");
  EXPECT_EQ(read("%F %I:%M %p", "2019-08-15 00:05 AM"), "no such time");
}

TEST(TimeFormat, CountsSecondsSince1970) {
  EXPECT_EQ(read("%s", "1565870400"), "2019-08-15T12:00:00Z");
  EXPECT_EQ(read("%s", "-1"), "1969-12-31T23:59:59Z");
  EXPECT_EQ(read("%s.%f", "1565870400.25"), "2019-08-15T12:00:00.25Z");
  EXPECT_EQ(read("%s", "253402300799"), "9999-12-31T23:59:59Z");
  EXPECT_EQ(read("%s", "253402300800"), "no");
  EXPECT_EQ(read("%s", "1565870400x"), "no");
  EXPECT_EQ(read("%s", ""), "no");
}

TEST(TimeFormat, RefusesOtherTexts) {
  for (const char* text : {"", "2019-08-15", "2019-08-15 12:00:00 ", " 2019-08-15 12:00:00",
                           "2019-08-15T12:00:00", "19-08-15 12:00:00", "2019-08-15 12:00:00Z"}) {
    EXPECT_EQ(read("%Y-%m-%d %H:%M:%S", text), "no") << text;
  }
  EXPECT_EQ(read("%Y-%m-%d", "2019-02-30"), "no such time");
  EXPECT_EQ(read("%Y-%j", "2019-366"), "no such time");
  EXPECT_EQ(read("%Y-%j", "2019-000"), "no");
  EXPECT_EQ(read("%b %d %Y", "Foo 05 2019"), "no");
  EXPECT_EQ(read("%F %Z", "2019-08-15 CET"), "no");
  EXPECT_EQ(read("%F %z", "2019-08-15 +2"), "no");
}

TEST(TimeFormat, NamesItsFaults) {
  EXPECT_EQ(read("%Y-%Q", ""), "format \"%Y-%Q\": %Q is not known");
  EXPECT_EQ(read("%Y-%", ""), "format \"%Y-%\" ends with a lone %");
  EXPECT_EQ(read("%F %Y", ""), "format \"%F %Y\" gives %Y twice");
  EXPECT_EQ(read("%m-%d", ""), "format \"%m-%d\" has no year (%Y)");
  EXPECT_EQ(read("%Y-%m", ""), "format \"%Y-%m\" has no month and day (%m and %d, or %j)");
  EXPECT_EQ(read("%F %I", ""), "format \"%F %I\" needs %I and %p together");
  EXPECT_EQ(read("%F %H %p", ""), "format \"%F %H %p\" needs %I and %p together");
  EXPECT_EQ(read("%s %H", ""), "format \"%s %H\" mixes %s with other parts");
  EXPECT_EQ(read("%Y-%j-%d", ""), "format \"%Y-%j-%d\" mixes %j with a month or a day");
}

}  // namespace
}  // namespace clearwell::batch
