#include "validate/rules.h"

#include <gtest/gtest.h>

#include "tests/unit/decode/decode_fixture.h"

namespace clearwell::testing {
namespace {

// Reasons of each record for its values alone, records divided by "|".
std::string judge(const config::Kind& kind, const std::vector<std::string>& payloads) {
  Decoded batch(kind, payloads);
  validate::Rules(kind).apply(batch.columns(), batch.reasons());
  std::string out;
  for (size_t i = 0; i < payloads.size(); ++i) out += (i > 0 ? "|" : "") + batch.why(i);
  return out;
}

// One field with a value.
std::string judge(const Field& declared, const std::string& json) {
  return judge(kind_of({declared}), {"{\"" + declared.name + "\":" + json + "}"});
}

TEST(Rules, LimitsOfEveryType) {
  const auto within = [](Field declared, const char* min, const char* max) {
    declared.min = min;
    declared.max = max;
    return declared;
  };
  const Field integer = within(field("a", FieldType::Integer), "1", "5");
  EXPECT_EQ(judge(integer, "-4"), "field.min: a is -4, but must be at least 1");
  EXPECT_EQ(judge(integer, "6"), "field.max: a is 6, but must be at most 5");
  EXPECT_EQ(judge(integer, "1") + judge(integer, "5"), "");
  for (const int precision : {4, 9, 18, 38}) {
    const Field decimal = within(decimal_field("a", precision, 2), "0.1", "9.99");
    EXPECT_EQ(judge(decimal, "0.09"), "field.min: a is 0.09, but must be at least 0.1");
    EXPECT_EQ(judge(decimal, "10"), "field.max: a is 10.00, but must be at most 9.99");
    EXPECT_EQ(judge(decimal, "0.1") + judge(decimal, "9.99"), "");
  }
  const Field real = within(field("a", FieldType::Double), "0.1", "1e3");
  EXPECT_EQ(judge(real, "0.0999"), "field.min: a is 0.0999, but must be at least 0.1");
  const Field date = within(field("a", FieldType::Date), "2019-01-01", "2019-12-31");
  EXPECT_EQ(judge(date, "\"2020-01-01\""),
            "field.max: a is 2020-01-01, but must be at most 2019-12-31");
  const Field when =
      within(field("a", FieldType::Timestamp), "2019-01-01T00:00:00Z", "2019-01-02T00:00:00Z");
  EXPECT_EQ(judge(when, "\"2019-01-01T00:30:00+01:00\""),
            "field.min: a is 2018-12-31T23:30:00Z, but must be at least 2019-01-01T00:00:00Z");
}

TEST(Rules, LengthsCountCharacters) {
  Field text = field("a", FieldType::Text);
  text.min_length = 2;
  text.max_length = 4;
  EXPECT_EQ(judge(text, "\"😀é\"") + judge(text, "\"😀😀😀😀\""), "");
  EXPECT_EQ(judge(text, "\"😀\""), "field.min_length: a has 1 character, but must have at least 2");
  EXPECT_EQ(judge(text, "\"abcde\""),
            "field.max_length: a has 5 characters, but must have at most 4");
}

TEST(Rules, AllowedValues) {
  Field text = field("a", FieldType::Text);
  text.values = {"USD", "SEK", "EUR"};
  EXPECT_EQ(judge(text, "\"SEK\""), "");
  EXPECT_EQ(judge(text, "\"sek\""), "field.value: a is \"sek\", but must be one of: USD, SEK, EUR");
  Field decimal = decimal_field("a", 12, 2);
  decimal.values = {"5", "1.5"};
  EXPECT_EQ(judge(decimal, "1.50"), "");
  EXPECT_EQ(judge(decimal, "2"), "field.value: a is 2.00, but must be one of: 5, 1.5");
}

TEST(Rules, PatternsMatchTheWholeText) {
  Field text = field("a", FieldType::Text);
  text.pattern = "[a-zé]+";
  EXPECT_EQ(judge(text, "\"abcé\""), "");
  EXPECT_EQ(judge(text, "\"abc1\""), "field.pattern: a is \"abc1\", but must match [a-zé]+");
  EXPECT_EQ(judge(text, "\"\""), "field.pattern: a is \"\", but must match [a-zé]+");
}

TEST(Rules, NullsAreSkipped) {
  Field number = field("a", FieldType::Integer);
  number.min = "5";
  number.required = false;
  Field text = field("b", FieldType::Text);
  text.pattern = "x";
  text.values = {"x"};
  text.min_length = 1;
  text.required = false;
  EXPECT_EQ(judge(kind_of({number, text}), {"{\"a\":null,\"b\":null}", "{}"}), "|");
}

TEST(Rules, FindTheRecordAndThePath) {
  Field number = field("n", FieldType::Integer);
  number.min = "0";
  Field inner = list_field("in", number);
  inner.max_items = 2;
  Field outer = list_field("out", object_field("item", {number, inner}));
  outer.min_items = 1;
  config::Kind kind = kind_of({object_field("o", {outer})});
  kind.fields[0].required = false;
  const std::string item = R"({"n":1,"in":[]})";
  EXPECT_EQ(judge(kind, {R"({"o":{"out":[]}})", "{}", R"({"o":{"out":[)" + item + "]}}",
                         R"({"o":{"out":[)" + item + R"(,{"n":-1,"in":[1,-2]},)" + item + "]}}",
                         "{\"o\":{\"out\":[", R"({"o":{"out":[{"n":0,"in":[-5,6,7]}]}})"}),
            "field.min_items: o.out has 0 items, but must have at least 1|||"
            "field.min: o.out[1].n is -1, but must be at least 0\n"
            "field.min: o.out[1].in[1] is -2, but must be at least 0|"
            "json.incomplete: the record ends at byte 13, where a value was due|"
            "field.max_items: o.out[0].in has 3 items, but must have at most 2\n"
            "field.min: o.out[0].in[0] is -5, but must be at least 0");
}

TEST(Rules, EveryChunkIsJudged) {
  Field number = field("n", FieldType::Integer);
  number.max = "4999";
  const config::Kind kind = kind_of({number});
  std::vector<std::string> payloads;
  for (int i = 0; i < 6000; ++i) payloads.push_back("{\"n\":" + std::to_string(i) + "}");
  Decoded batch(kind, payloads);
  validate::Rules(kind).apply(batch.columns(), batch.reasons());
  for (size_t i = 0; i < 6000; ++i) {
    ASSERT_EQ(batch.code(i), i > 4999 ? "field.max" : "") << i;
  }
}

}  // namespace
}  // namespace clearwell::testing
