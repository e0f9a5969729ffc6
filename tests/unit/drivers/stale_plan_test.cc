// DuckDB keeps a prepared plan's table statistics from when it was prepared, and answers wrongly
// once the table has grown (duckdb#23704), unless a rule of its optimiser is off. We plan each
// statement anew; this makes sure that a prepared one would not lie either.
#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

// The shapes of the engine's own statements, and those that are known to go wrong.
const char* const probes[] = {
    "SELECT count(*) FROM t WHERE v > 150",
    "SELECT count(*) FROM t WHERE v IS NULL",
    "SELECT count(*) FROM t WHERE v IS NOT NULL",
    "SELECT count(*) FROM t WHERE NOT holds",
    "SELECT count(*) FROM t WHERE v BETWEEN 90 AND 110",
    "SELECT count(DISTINCT v) FROM t",
    "SELECT DISTINCT v % 3 FROM t ORDER BY 1",
    "SELECT max(id), min(v) FROM t",
    "SELECT count(*) FROM t JOIN s ON t.id = s.id",
    "SELECT count(*) FROM t SEMI JOIN (FROM s WHERE action = 9) s ON t.id = s.id",
    "SELECT count(*) FROM s WHERE EXISTS (SELECT 1 FROM t WHERE t.id = s.id)",
    "SELECT count(*) FROM s WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.id = s.id)",
    "SELECT count(*) FROM s WHERE id NOT IN (SELECT id FROM t WHERE id IS NOT NULL)",
    "SELECT sum(CASE WHEN t.id IS NULL THEN 0 ELSE 1 END) FROM s LEFT JOIN t USING (id)",
    "SELECT count(*) FROM s JOIN t ON t.id = TRY_CAST(s.key AS BIGINT)",
    "SELECT sum(len(l)) FROM t",
    "SELECT count(*) FROM (SELECT unnest(l) AS x FROM t) WHERE x > 1000",
};

std::string answers(duckdb::Connection& connection, bool prepared) {
  std::string out;
  for (size_t i = 0; i < std::size(probes); ++i) {
    const duckdb::Rows rows =
        rows_of(connection, prepared ? "EXECUTE p" + std::to_string(i) : std::string(probes[i]));
    std::string texts;
    for (const duckdb::Chunk& chunk : rows.chunks) {
      const duckdb::Column column = chunk.column(0);
      for (size_t row = 0; row < chunk.rows(); ++row) {
        // Counts are BIGINT, sums HUGEINT: the lower half is enough here.
        const bool wide = rows.schema[0].type.id == duckdb::TypeId::Other;
        const int64_t number = wide
                                   ? static_cast<int64_t>(column.data<duckdb::Hugeint>()[row].lower)
                                   : column.data<int64_t>()[row];
        texts += (column.is_valid(row) ? std::to_string(number) : "NULL") + " ";
      }
    }
    out += std::string(probes[i]) + ": " + texts + "\n";
  }
  return out;
}

TEST(StalePlans, AnswerAsFreshOnesDo) {
  duckdb::Connection connection = memory_connection();
  const auto run = [&](const std::string& sql) {
    const auto done = connection.execute(sql);
    ASSERT_TRUE(done.ok()) << sql << ": " << done.error().message;
  };
  run("CREATE TABLE t (id BIGINT, v BIGINT, holds BOOLEAN, l BIGINT[])");
  run("CREATE TABLE s (id BIGINT, key VARCHAR, action INTEGER)");
  for (size_t i = 0; i < std::size(probes); ++i) {
    run("PREPARE p" + std::to_string(i) + " AS " + probes[i]);
  }
  for (const char* growth :
       {"INSERT INTO t SELECT i, i % 100, true, [i] FROM range(10) r(i)",
        "INSERT INTO s SELECT i, i::VARCHAR, 9 FROM range(5, 15) r(i)",
        R"(INSERT INTO t SELECT i, CASE WHEN i % 7 <> 0 THEN i END, i % 5 <> 0, [i, i * 2]
           FROM range(10, 5000) r(i))",
        "INSERT INTO t VALUES (NULL, NULL, NULL, NULL)",
        "INSERT INTO s SELECT i * 3, 'x' || i, i % 10 FROM range(3000) r(i)"}) {
    run(growth);
    EXPECT_EQ(answers(connection, true), answers(connection, false)) << growth;
  }
}

TEST(StalePlans, NobodyTurnsTheRuleOnAgain) {
  duckdb::Connection connection = memory_connection();
  EXPECT_EQ(show_query(connection, "SELECT current_setting('disabled_optimizers')"),
            "statistics_propagation");
  EXPECT_EQ(show_query(connection, "SELECT current_setting('TimeZone')"), "UTC");
  EXPECT_FALSE(connection.execute("SET disabled_optimizers = ''").ok());
  EXPECT_FALSE(connection.execute("SET TimeZone = 'Europe/Stockholm'").ok());
}

}  // namespace
}  // namespace clearwell::testing
