#include "cli/table.h"

#include <gtest/gtest.h>

namespace clearwell::cli {
namespace {

Table sample() {
  return {
      {{"city"}, {"n", Table::Kind::Number}, {"tags", Table::Kind::Json}},
      {{"東京", "12", "[1,2]"}, {"a,\"b\"", "-3.50", std::nullopt}, {std::nullopt, "inf", "{}"}}};
}

TEST(Table, TextAlignsByWidthAndEndsWithoutBlanks) {
  EXPECT_EQ(render(sample(), Output::Table),
            "city       n  tags\n"
            "東京      12  [1,2]\n"
            "a,\"b\"  -3.50  NULL\n"
            "NULL     inf  {}\n");
}

TEST(Table, LineBreaksInACellStayInItsLine) {
  const Table table{{{"a"}, {"b"}}, {{"1\n2", "x"}}};
  EXPECT_EQ(render(table, Output::Table), "a     b\n1\\n2  x\n");
}

TEST(Table, CsvTellsNullFromEmpty) {
  EXPECT_EQ(render(sample(), Output::Csv),
            "city,n,tags\n"
            "東京,12,\"[1,2]\"\n"
            "\"a,\"\"b\"\"\",-3.50,\n"
            ",inf,{}\n");
  EXPECT_EQ(render({{{"a"}, {"b"}}, {{"", std::nullopt}}}, Output::Csv), "a,b\n\"\",\n");
}

TEST(Table, JsonKeepsNumbersAsTheyAre) {
  EXPECT_EQ(render(sample(), Output::Json),
            "[\n"
            "{\"city\":\"東京\",\"n\":12,\"tags\":[1,2]},\n"
            "{\"city\":\"a,\\\"b\\\"\",\"n\":-3.50,\"tags\":null},\n"
            "{\"city\":null,\"n\":\"inf\",\"tags\":{}}\n"
            "]\n");
}

TEST(Table, WithoutRows) {
  const Table none{{{"a"}, {"b"}}, {}};
  EXPECT_EQ(render(none, Output::Table), "a  b\n");
  EXPECT_EQ(render(none, Output::Csv), "a,b\n");
  EXPECT_EQ(render(none, Output::Json), "[]\n");
}

}  // namespace
}  // namespace clearwell::cli
