#include "generate/faults.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "tests/unit/config/field_maker.h"

namespace clearwell::generate {
namespace {

using config::Field;
using config::FieldType;
using testing::field;

// One field of each type with all rules that go with it.
config::Kind everything() {
  config::Kind kind;
  kind.name = "all";
  kind.unknown_fields = config::UnknownFields::Refuse;
  Field text = field("text", FieldType::Text);
  text.min_length = 2;
  text.max_length = 9;
  text.pattern = "[a-z]+";
  Field choice = field("choice", FieldType::Text);
  choice.values = {"a", "b"};
  Field number = field("number", FieldType::Integer);
  number.min = "1";
  number.max = "5";
  Field price = field("price", FieldType::Decimal);
  price.precision = 5;
  price.scale = 2;
  price.max = "9.99";
  Field zoned = field("at", FieldType::Timestamp);
  zoned.zone = "Europe/Stockholm";
  Field german = field("day", FieldType::Date);
  german.parse = {"%d.%m.%Y"};
  Field list = field("list", FieldType::List);
  list.min_items = 1;
  list.max_items = 3;
  Field item = field("item", FieldType::Object);
  item.children = {number, field("u", FieldType::Uuid)};
  list.children = {item};
  Field object = field("object", FieldType::Object);
  object.required = false;
  object.nullable = true;
  object.children = {field("flag", FieldType::Boolean), field("real", FieldType::Double),
                     field("any", FieldType::Json)};
  kind.fields = {text, choice, number, price, zoned, german, list, object};
  return kind;
}

// A broken field causes the reason of its fault, at the place that is told.
TEST(Faults, EachBreaksItsRule) {
  const config::Kind kind = everything();
  config::Pipeline pipeline;
  auto maker = Maker::make(kind, 0.3);
  ASSERT_TRUE(maker.ok()) << maker.error().message;
  Random random(5);
  std::set<std::string> names;
  for (const Fault& fault : list_faults(pipeline, kind)) {
    if (fault.kind > Fault::Kind::Reference) continue;
    SCOPED_TRACE(fault.name());
    EXPECT_TRUE(names.insert(fault.name()).second);
    int broken = 0;
    for (int i = 0; i < 40; ++i) {
      auto record = maker->record(random);
      ASSERT_TRUE(record.ok()) << record.error().message;
      EXPECT_TRUE(broken_fields(kind, maker->rules(), *record).empty());
      auto place = break_field(*maker, fault, *record, random);
      ASSERT_TRUE(place.ok()) << place.error().message;
      if (!*place) continue;
      ++broken;
      const auto reasons = broken_fields(kind, maker->rules(), *record);
      EXPECT_EQ(std::count(reasons.begin(), reasons.end(), fault.code + "@" + **place), 1);
    }
    EXPECT_GT(broken, 3);
  }
  for (const char* name : {"field.format@at", "field.min@list[].number", "field.null@object.any",
                           "field.unknown@object.unexpected", "field.max_items@list"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Faults, DamageNeedsSomethingToDamage) {
  Random random(1);
  EXPECT_EQ(damage("json.duplicate_key", "{\"a\":1}", "a", random), "{\"a\":1,\"a\":null}");
  EXPECT_FALSE(damage("json.duplicate_key", "{\"a\":1}", "", random));
  EXPECT_FALSE(damage("json.utf8", "{}", "", random));
  for (int i = 0; i < 50; ++i) {
    auto cut = damage("json.incomplete", "{\"a\":1}", "", random);
    ASSERT_TRUE(cut);
    EXPECT_FALSE(cut->empty());
    EXPECT_LT(cut->size(), 7);
  }
}

}  // namespace
}  // namespace clearwell::generate
