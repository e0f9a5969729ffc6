#include "batch/record.h"

#include <cstring>

#include <gtest/gtest.h>

#include "batch/columns.h"
#include "batch/reason.h"

namespace clearwell::batch {
namespace {

TEST(Order, BytesSortAsOrdersDo) {
  const Order orders[] = {{INT64_MIN, 0, ""}, {-1, 5, ""},        {0, -7, "z"},
                          {0, 0, ""},         {0, 0, "a"},        {0, 0, "b"},
                          {0, 1, ""},         {1, INT64_MIN, ""}, {INT64_MAX, 0, ""}};
  for (size_t i = 0; i + 1 < std::size(orders); ++i) {
    EXPECT_LT(encode_order(orders[i]), encode_order(orders[i + 1])) << i;
  }
  const std::string bytes = encode_order({-3, 9, "path"});
  const Order back = decode_order(bytes);
  EXPECT_EQ(back.major, -3);
  EXPECT_EQ(back.minor, 9);
  EXPECT_EQ(back.tie, "path");
}

TEST(Arena, KeepsWhatIsPutIn) {
  Arena arena;
  std::vector<std::string_view> pieces;
  for (size_t i = 0; i < 5000; ++i) {
    pieces.push_back(arena.add(std::string(i % 700, static_cast<char>('a' + i % 26))));
    if (i % 1000 == 0) pieces.push_back(arena.add(std::string(2'000'000, '#')));
  }
  size_t at = 0;
  for (size_t i = 0; i < 5000; ++i) {
    ASSERT_EQ(pieces[at++], std::string(i % 700, static_cast<char>('a' + i % 26)));
    if (i % 1000 == 0) {
      ASSERT_EQ(pieces[at++], std::string(2'000'000, '#'));
    }
  }
  EXPECT_GT(arena.bytes(), 10'000'000u);
  Arena other = std::move(arena);
  arena = Arena();
  EXPECT_EQ(arena.add("again"), "again");
  EXPECT_EQ(pieces[1].size(), 2'000'000u);
}

TEST(Reasons, KeepsTheFirst32) {
  Reasons reasons(2);
  for (int i = 0; i < 40; ++i) reasons.add(1, {"field.type", "a", "b", "c"});
  EXPECT_FALSE(reasons.has(0));
  ASSERT_EQ(reasons.of(1).size(), 33u);
  EXPECT_EQ(reasons.of(1).back().code, "more");
  EXPECT_EQ(reasons.of(1).back().message, "…and 8 more reasons");
  reasons.reset(1);
  EXPECT_FALSE(reasons.has(0));
}

TEST(Reasons, AreJson) {
  EXPECT_EQ(to_json({}), "[]");
  EXPECT_EQ(to_json({{"a", "b", "c\"\\\n\x01", "é"}, {"d", "", "", ""}}),
            R"([{"code":"a","path":"b","value":"c\"\\\u000a\u0001","message":"é"},)"
            R"({"code":"d","path":"","value":"","message":""}])");
}

TEST(Reasons, ShowAnyBytes) {
  EXPECT_EQ(printable("abc"), "abc");
  EXPECT_EQ(printable("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(printable(std::string_view("a\0z", 3)), "a\xEF\xBF\xBDz");
  EXPECT_EQ(printable(std::string(300, 'x')).size(), 200u);
  EXPECT_EQ(printable(std::string(199, 'x') + "é"), std::string(199, 'x'));
}

TEST(Columns, FollowTheContract) {
  using config::Field;
  using config::FieldType;
  Field article;
  article.name = "article";
  article.reference.emplace();
  article.reference->table = "articles";
  article.reference->take = {{"price", "unit_price", {}}, {"currency", "currency", {}}};
  Field item;
  item.type = FieldType::Object;
  item.children = {article};
  item.children.push_back({});
  item.children[1].name = "n";
  item.children[1].type = FieldType::Integer;
  Field cart;
  cart.name = "cart";
  cart.type = FieldType::List;
  cart.children = {item};
  config::Kind kind;
  kind.fields = {article, cart};
  kind.unknown_fields = config::UnknownFields::Keep;
  const duckdb::Schema schema =
      contract_schema(kind, {{"articles", "price", duckdb::decimal(12, 2)}});
  std::string shown;
  for (const auto& column : schema) shown += column.name + " " + duckdb::to_sql(column.type) + "\n";
  EXPECT_EQ(shown,
            "article VARCHAR\nunit_price DECIMAL(12,2)\ncurrency VARCHAR\n"
            "cart STRUCT(\"article\" VARCHAR, \"unit_price\" DECIMAL(12,2), "
            "\"currency\" VARCHAR, \"n\" BIGINT)[]\n_extra JSON\n");
  EXPECT_EQ(field_positions(kind.fields), (std::vector<size_t>{0, 3}));
}

}  // namespace
}  // namespace clearwell::batch
