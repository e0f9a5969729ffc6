#include "batch/columns.h"

#include <gtest/gtest.h>

#include "tests/unit/config/field_maker.h"

namespace clearwell::testing {
namespace {

using config::Field;
using config::FieldType;
using duckdb::ColumnPath;

Field text(const char* name) { return field(name, FieldType::Text); }

// owner (takes a column), place { street, city { zip } }, tags [ { id } ], id
std::vector<Field> contract() {
  Field owner = text("owner");
  owner.reference = config::Reference{"users", "id", {{"name", "owner_name", {}}}, {}, {}};
  Field city = field("city", FieldType::Object);
  city.children = {text("zip")};
  city.children[0].key = true;
  Field place = field("place", FieldType::Object);
  place.children = {text("street"), city};
  Field item = field("item", FieldType::Object);
  item.children = {text("id")};
  Field tags = field("tags", FieldType::List);
  tags.children = {item};
  Field id = text("id");
  id.key = true;
  return {owner, place, tags, id};
}

TEST(Columns, KeysAreFoundInsideObjects) {
  // owner_name, which the reference brings, is a column of its own.
  EXPECT_EQ(batch::key_columns(contract()), (std::vector<ColumnPath>{{2, 1, 0}, {4}}));
}

TEST(Columns, AreFoundByTheirPaths) {
  const std::vector<Field> fields = contract();
  EXPECT_EQ(batch::find_column(fields, "id"), ColumnPath{4});
  EXPECT_EQ(batch::find_column(fields, "place.city.zip"), (ColumnPath{2, 1, 0}));
  EXPECT_EQ(batch::find_column(fields, "place.city"), (ColumnPath{2, 1}));
  for (const char* none : {"zip", "place.zip", "tags.id", "tags.item", "id.id", "owner_name", ""}) {
    EXPECT_EQ(batch::find_column(fields, none), std::nullopt) << none;
  }
}

// Depth first: owner 0, place 1, street 2, city 3, zip 4, tags 5, id 6.
TEST(Columns, FieldsHaveNumbers) {
  const std::vector<Field> fields = contract();
  const auto number = [&](const char* path) {
    const auto found = batch::field_number(fields, path);
    return found ? static_cast<int>(*found) : -1;
  };
  EXPECT_EQ(number("owner"), 0);
  EXPECT_EQ(number("owner_name"), 0);
  EXPECT_EQ(number("Place"), 1);
  EXPECT_EQ(number("place.city.zip"), 4);
  EXPECT_EQ(number("place.city.nothing"), 3);
  EXPECT_EQ(number("tags.id"), 5);
  EXPECT_EQ(number("id"), 6);
  EXPECT_EQ(number("zip"), -1);
  EXPECT_EQ(batch::field_count(fields[1]), 4u);
}

TEST(Columns, MembersOfObjectsBecomeColumns) {
  config::Kind kind;
  kind.fields = contract();
  duckdb::Rows rows{batch::contract_schema(kind, {}), {}};
  duckdb::Chunk chunk(rows.schema);
  const ColumnPath zip = {2, 1, 0};
  for (size_t row = 0; row < 3; ++row) chunk.column(zip).set_text_copy(row, std::string(20, 'z'));
  chunk.column(zip).set_text_copy(1, "a zip code of some length");
  chunk.column(4).set_text_copy(1, "b");
  chunk.column(2).set_null(2);
  chunk.set_rows(3);
  rows.chunks.push_back(std::move(chunk));

  const duckdb::Rows out =
      rows.select({false, true, true}, std::vector<ColumnPath>{zip, ColumnPath{4}});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out.schema[0].name, "zip");
  EXPECT_EQ(out.schema[1].name, "id");
  EXPECT_EQ(out.chunks[0].column(0).text(0), "a zip code of some length");
  EXPECT_EQ(out.chunks[0].column(1).text(0), "b");
  EXPECT_FALSE(out.chunks[0].column(0).is_valid(1));  // the object was NULL
}

}  // namespace
}  // namespace clearwell::testing
