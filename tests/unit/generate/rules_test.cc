#include "generate/rules.h"

#include <gtest/gtest.h>

#include "tests/unit/config/field_maker.h"

namespace clearwell::generate {
namespace {

using config::Field;
using config::FieldType;
using testing::field;

std::vector<std::string> codes(const Field& one, const std::string& text) {
  const std::vector<Field> fields = {one};
  auto rules = compile_rules(fields);
  EXPECT_TRUE(rules.ok());
  Random random(1);
  return broken_rules(rules->front(), scalar(rules->front(), text, random));
}

using Codes = std::vector<std::string>;

TEST(GenerateRules, TextsByLengthPatternAndValues) {
  Field text = field("t", FieldType::Text);
  text.min_length = 2;
  text.max_length = 3;
  text.pattern = "[aé]+";
  EXPECT_EQ(codes(text, "éé"), Codes{});
  EXPECT_EQ(codes(text, "a"), Codes{"field.min_length"});
  EXPECT_EQ(codes(text, "aaaa"), Codes{"field.max_length"});
  EXPECT_EQ(codes(text, "bb"), Codes{"field.pattern"});
  EXPECT_EQ(codes(text, "bbbb"), (Codes{"field.max_length", "field.pattern"}));
  text.trim = true;
  EXPECT_EQ(codes(text, "  aa "), Codes{});
  EXPECT_EQ(codes(text, std::string("a\0a", 3)), Codes{"field.format"});
}

TEST(GenerateRules, NumbersAndTimesByTheirLimits) {
  Field number = field("n", FieldType::Decimal);
  number.precision = 6;
  number.scale = 2;
  number.min = "-1";
  number.max = "100.50";
  EXPECT_EQ(codes(number, "100.50"), Codes{});
  EXPECT_EQ(codes(number, "100.51"), Codes{"field.max"});
  EXPECT_EQ(codes(number, "-1.01"), Codes{"field.min"});
  EXPECT_EQ(codes(number, "1.001"), Codes{"field.format"});
  EXPECT_EQ(codes(number, "10000"), Codes{"field.range"});
  Field day = field("d", FieldType::Date);
  day.max = "2023-12-31";
  EXPECT_EQ(codes(day, "2024-01-01"), Codes{"field.max"});
  EXPECT_EQ(codes(day, "2023-02-30"), Codes{"field.format"});
}

TEST(GenerateRules, AbsenceAndNull) {
  std::vector<Field> fields = {field("t", FieldType::Text)};
  auto rules = compile_rules(fields);
  Value value;
  EXPECT_EQ(broken_rules(rules->front(), value), Codes{"field.missing"});
  value.kind = Value::Kind::Null;
  EXPECT_EQ(broken_rules(rules->front(), value), Codes{"field.null"});
  fields[0].default_value = "x";
  fields[0].nullable = true;
  rules = compile_rules(fields);
  EXPECT_EQ(broken_rules(rules->front(), value), Codes{});
  EXPECT_EQ(broken_rules(rules->front(), Value{}), Codes{});
}

TEST(GenerateRules, PathsOfListsAndUnknownFields) {
  config::Kind kind;
  kind.unknown_fields = config::UnknownFields::Refuse;
  Field list = field("items", FieldType::List);
  Field item = field("item", FieldType::Object);
  item.children = {field("n", FieldType::Integer)};
  list.children = {item};
  kind.fields = {list};
  auto rules = compile_rules(kind.fields);
  ASSERT_TRUE(rules.ok());
  Value record, items, good, bad, number;
  number.kind = Value::Kind::Scalar;
  Random random(1);
  const Rules& n = rules->front().children.front().children.front();
  good.kind = bad.kind = Value::Kind::Object;
  good.children = {scalar(n, "1", random)};
  bad.children = {unreadable("\"x\"", "field.type")};
  bad.extras = {{"odd", "1"}};
  items.kind = Value::Kind::List;
  items.children = {good, bad};
  record.kind = Value::Kind::Object;
  record.children = {items};
  EXPECT_EQ(broken_fields(kind, *rules, record),
            (Codes{"field.type@items[1].n", "field.unknown@items[1].odd"}));
  EXPECT_EQ(render(kind.fields, record, random).find("items") != std::string::npos, true);
}

}  // namespace
}  // namespace clearwell::generate
