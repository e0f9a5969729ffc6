#include "batch/select.h"

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

Select select_of(const std::string& sql) {
  auto database = duckdb::Database::open({});
  auto connection = database->connect();
  auto select = read_select(*connection, sql);
  EXPECT_TRUE(select.ok()) << select.error().message;
  return std::move(select).value();
}

using Names = std::vector<std::string>;

TEST(Dependencies, TablesOfJoinsSubqueriesAndExpressions) {
  EXPECT_EQ(select_of("SELECT *, (SELECT max(x) FROM d) FROM a JOIN s.b USING (id) "
                      "WHERE EXISTS (SELECT 1 FROM c, a) UNION ALL FROM e")
                .reads,
            (Names{"a", "c", "d", "e", "s.b"}));
  EXPECT_EQ(select_of("SELECT * FROM range(3)").reads, Names{});
  EXPECT_EQ(select_of("SELECT * FROM (PIVOT a ON x IN (1, 2) USING sum(y))").reads, Names{"a"});
}

TEST(Dependencies, WithClausesAreNoTables) {
  EXPECT_EQ(select_of("WITH x AS (SELECT * FROM a), y AS (SELECT * FROM x) "
                      "SELECT * FROM X JOIN y USING (id)")
                .reads,
            Names{"a"});
  EXPECT_EQ(
      select_of("SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) JOIN x USING (i)").reads,
      Names{"x"});
  EXPECT_EQ(select_of("WITH x AS (SELECT 1) SELECT * FROM s.x").reads, Names{"s.x"});
}

TEST(Dependencies, AClauseMayReadTheTableWhoseNameItTakes) {
  EXPECT_EQ(select_of("WITH users AS (SELECT * FROM users) SELECT * FROM users").reads,
            Names{"users"});
  EXPECT_EQ(select_of("WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r, a "
                      "WHERE i < 9) SELECT * FROM r")
                .reads,
            Names{"a"});
}

TEST(Dependencies, OnlyOneSelectIsAModel) {
  EXPECT_EQ(select_of("SELECT 1;").verdict, Select::Verdict::One);
  EXPECT_EQ(select_of("-- nothing").verdict, Select::Verdict::Several);
  EXPECT_EQ(select_of("SELECT 1; SELECT 2").verdict, Select::Verdict::Several);
  EXPECT_EQ(select_of("DELETE FROM a").verdict, Select::Verdict::OtherKind);
  const Select wrong = select_of("SELECT * FRM x");
  EXPECT_EQ(wrong.verdict, Select::Verdict::SyntaxError);
  EXPECT_EQ(wrong.message, "syntax error at or near \"x\"");
  EXPECT_EQ(wrong.error_offset, 13U);
}

TEST(Dependencies, TheEndOfAStatement) {
  EXPECT_EQ(without_end("SELECT 1"), "SELECT 1");
  EXPECT_EQ(without_end("SELECT 1;\n-- done; really\n ; /* ; */ "), "SELECT 1");
  EXPECT_EQ(without_end("SELECT ';' -- it's\n, \"a;\", $$;$$ ;"),
            "SELECT ';' -- it's\n, \"a;\", $$;$$");
  EXPECT_EQ(without_end("SELECT 'it''s;' ;"), "SELECT 'it''s;'");
}

}  // namespace
}  // namespace clearwell::batch
