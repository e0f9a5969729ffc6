#include <gtest/gtest.h>

#include "tests/unit/decode/decode_fixture.h"

namespace clearwell::testing {
namespace {

// All faults of one field, "code message" a line.
std::string faults(Field declared) {
  declared.name = "a";
  config::Faults found;
  decode::check_contract(kind_of({object_field("o", {list_field("l", declared)})}), found);
  std::string out;
  for (const config::Fault& fault : found.list()) {
    out += (out.empty() ? "" : "\n") + fault.code + " " + fault.message;
  }
  return out;
}

TEST(CheckContract, ReadsDefaultsLikeValues) {
  Field number = field("a", FieldType::Integer);
  number.default_value = "five";
  EXPECT_EQ(faults(number),
            "bad_default o.l[]: default is \"five\", but must be an integer, written with digits "
            "only");
  number.default_value = "5";
  number.min = "6";
  EXPECT_EQ(faults(number), "bad_default o.l[]: default is below min");
  Field json = field("a", FieldType::Json);
  json.default_value = "{";
  EXPECT_EQ(faults(json), "bad_default o.l[]: default is not valid JSON");
  Field list = list_field("a", number);
  list.default_value = "[1]";
  list.children[0].min.reset();
  EXPECT_EQ(faults(list),
            "bad_default o.l[]: the only default of a list is [], and an object has none");
}

TEST(CheckContract, ReadsLimitsLikeValues) {
  Field decimal = decimal_field("a", 12, 2);
  decimal.min = "1.005";
  decimal.max = "5";
  decimal.values = {"1", "x"};
  EXPECT_EQ(faults(decimal),
            "bad_limit o.l[]: min is \"1.005\", but must not have more decimals than 2\n"
            "bad_limit o.l[]: values is \"x\", but must be a number");
  Field date = field("a", FieldType::Date);
  date.min = "2019-08-16";
  date.max = "2019-08-15";
  EXPECT_EQ(faults(date), "bad_limit o.l[]: min is 2019-08-16, above max 2019-08-15");
}

TEST(CheckContract, TriesFormatsZonesAndPatterns) {
  Field when = field("a", FieldType::Timestamp);
  when.zone = "Europe/Atlantis";
  EXPECT_EQ(faults(when),
            "unknown_zone o.l[]: there is no time zone \"Europe/Atlantis\"; IANA names look like "
            "Europe/Stockholm");
  when.zone = "UTC";
  when.parse = {"%Y"};
  EXPECT_EQ(faults(when),
            "bad_format o.l[]: format \"%Y\" has no month and day (%m and %d, or %j)");
  Field text = field("a", FieldType::Text);
  text.pattern = "(";
  EXPECT_EQ(faults(text), "bad_pattern o.l[]: pattern cannot be read: missing ): (");
  EXPECT_EQ(faults(field("a", FieldType::Uuid)), "");
}

}  // namespace
}  // namespace clearwell::testing
