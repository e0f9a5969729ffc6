// Contracts as they are read when nothing is wrong with them.
#include "config/fields.h"

#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

namespace {

Kind contract(const std::string& lines) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract(lines), "");
  return project.kind_of_contract(lines);
}

Field field(const std::string& definition) {
  return contract("  f: " + definition + "\n").fields.at(0);
}

}  // namespace

TEST(Fields, Types) {
  EXPECT_EQ(field("text").type, FieldType::Text);
  EXPECT_EQ(field("integer").type, FieldType::Integer);
  EXPECT_EQ(field("double").type, FieldType::Double);
  EXPECT_EQ(field("boolean").type, FieldType::Boolean);
  EXPECT_EQ(field("date").type, FieldType::Date);
  EXPECT_EQ(field("uuid").type, FieldType::Uuid);
  EXPECT_EQ(field("json").type, FieldType::Json);
  const Field price = field("{ type: \"decimal(12, 2)\" }");
  EXPECT_EQ(price.type, FieldType::Decimal);
  EXPECT_EQ(price.precision, 12);
  EXPECT_EQ(price.scale, 2);
  EXPECT_EQ(field("decimal(38)").scale, 0);
}

TEST(Fields, Timestamps) {
  EXPECT_EQ(field("timestamp").type, FieldType::Timestamp);
  EXPECT_EQ(field("timestamp").zone, "UTC");
  EXPECT_EQ(field("{ type: timestamp, zone: Europe/Berlin }").zone, "Europe/Berlin");
  EXPECT_EQ(field("{ type: timestamp, zone: none }").type, FieldType::LocalTimestamp);
  EXPECT_EQ(field("{ type: timestamp, parse: \"%Y %H\" }").parse,
            (std::vector<std::string>{"%Y %H"}));
  EXPECT_EQ(field("{ type: date, parse: [\"%d.%m.%Y\", \"%Y\"] }").parse,
            (std::vector<std::string>{"%d.%m.%Y", "%Y"}));
}

TEST(Fields, Presence) {
  const Field plain = field("text");
  EXPECT_TRUE(plain.required && !plain.nullable && !plain.key);
  const Field optional = field("{ type: text, required: false }");
  EXPECT_TRUE(!optional.required && optional.nullable);
  const Field nullable = field("{ type: text, nullable: true }");
  EXPECT_TRUE(nullable.required && nullable.nullable);
  const Field key = field("{ type: text, key: true }");
  EXPECT_TRUE(key.key && key.required && !key.nullable);
  EXPECT_EQ(field("{ type: integer, default: 0 }").default_value, "0");
  EXPECT_EQ(field("{ type: text, default: \"\" }").default_value, "");
  EXPECT_EQ(plain.default_value, std::nullopt);
  EXPECT_EQ(field("{ type: list, items: text, default: \"[]\" }").default_value, "[]");
}

TEST(Fields, Rules) {
  const Field text = field(
      "{ type: text, clean: [trim, upper, empty_is_null], values: [A, 1.50], min_length: 1, "
      "max_length: 3, pattern: \"[A-Z]$\" }");
  EXPECT_TRUE(text.trim && text.upper && text.empty_is_null && !text.lower);
  EXPECT_EQ(text.values, (std::vector<std::string>{"A", "1.50"}));
  EXPECT_EQ(text.min_length, 1);
  EXPECT_EQ(text.max_length, 3);
  EXPECT_EQ(text.pattern, "[A-Z]$");
  const Field number = field("{ type: integer, min: -4, max: 9007199254740993 }");
  EXPECT_EQ(number.min, "-4");
  EXPECT_EQ(number.max, "9007199254740993");
  EXPECT_TRUE(field("{ type: text, clean: lower }").lower);
}

TEST(Fields, References) {
  const Field plain = field("{ type: uuid, references: users.user_id }");
  ASSERT_TRUE(plain.reference);
  EXPECT_EQ(plain.reference->table, "users");
  EXPECT_EQ(plain.reference->column, "user_id");
  EXPECT_EQ(plain.reference->park, std::nullopt);
  EXPECT_EQ(plain.reference->mark.line, 3);
  EXPECT_EQ(plain.reference->mark.column, 32);

  const Reference rich = *field(
                              "{ type: text, references: crm.users.id, if_missing: { park: 30s }, "
                              "take: [state, { name: user_name }] }")
                              .reference;
  EXPECT_EQ(rich.table, "crm.users");
  EXPECT_EQ(rich.column, "id");
  EXPECT_EQ(rich.park, std::chrono::seconds(30));
  ASSERT_EQ(rich.take.size(), 2u);
  EXPECT_EQ(rich.take[0].column + " " + rich.take[0].name, "state state");
  EXPECT_EQ(rich.take[1].column + " " + rich.take[1].name, "name user_name");
  EXPECT_EQ(field("{ type: text, references: a.b, if_missing: quarantine }").reference->park,
            std::nullopt);
}

TEST(Fields, ListsOfObjects) {
  const Field cart = field(
      "{ type: list, min_items: 1, max_items: 9, "
      "items: { article_id: text, quantity: { type: integer, min: 1 } } }");
  EXPECT_EQ(cart.type, FieldType::List);
  EXPECT_EQ(cart.min_items, 1);
  EXPECT_EQ(cart.max_items, 9);
  ASSERT_EQ(cart.children.size(), 1u);
  const Field& item = cart.children[0];
  EXPECT_EQ(item.name, "item");
  EXPECT_EQ(item.type, FieldType::Object);
  ASSERT_EQ(item.children.size(), 2u);
  EXPECT_EQ(item.children[1].name, "quantity");
  EXPECT_EQ(item.children[1].min, "1");
}

TEST(Fields, ListsOfSingleValues) {
  EXPECT_EQ(field("{ type: list, items: integer }").children.at(0).type, FieldType::Integer);
  const Field words = field("{ type: list, items: { type: text, min_length: 2 } }");
  EXPECT_EQ(words.children.at(0).type, FieldType::Text);
  EXPECT_EQ(words.children.at(0).min_length, 2);
  const Field lists = field("{ type: list, items: { type: list, items: text } }");
  EXPECT_EQ(lists.children.at(0).children.at(0).type, FieldType::Text);
}

// A field called "type" inside the objects of a list, in both forms that are possible.
TEST(Fields, ListItemsWithAFieldCalledType) {
  const Field mapping = field("{ type: list, items: { type: { type: text }, note: text } }");
  EXPECT_EQ(mapping.children.at(0).type, FieldType::Object);
  EXPECT_EQ(mapping.children.at(0).children.at(0).name, "type");
  const Field spelt = field("{ type: list, items: { type: object, fields: { type: text } } }");
  EXPECT_EQ(spelt.children.at(0).children.at(0).name, "type");
}

TEST(Fields, ObjectsAndNestedNames) {
  const Field address = field("{ type: object, fields: { _street: text, type: text } }");
  EXPECT_EQ(address.children.at(0).name, "_street");  // only top-level names are reserved
  EXPECT_EQ(address.children.at(1).name, "type");
}

TEST(Fields, WalkVisitsEveryPath) {
  const Kind kind = contract(
      "  id: text\n"
      "  cart: { type: list, items: { article: text, tags: { type: list, items: text } } }\n"
      "  home: { type: object, fields: { city: text } }\n");
  std::vector<std::string> paths;
  for_each_field(kind.fields, "", [&](const Field&, const std::string& p) { paths.push_back(p); });
  EXPECT_EQ(paths, (std::vector<std::string>{"id", "cart", "cart[]", "cart[].article",
                                             "cart[].tags", "cart[].tags[]", "home", "home.city"}));
}

TEST(Fields, MarksOfFields) {
  const Kind kind = contract("  id: text\n  note: { type: text }\n");
  EXPECT_EQ(kind.fields[1].mark.file, "pipelines/p.yaml");
  EXPECT_EQ(kind.fields[1].mark.line, 4);
  EXPECT_EQ(kind.fields[1].mark.column, 3);
}

}  // namespace clearwell::config
