// Rows into tables: prepare, the load modes, conflicts, what the database refuses.
#include <fmt/format.h>

#include "tests/conformance/warehouse_conformance.h"

namespace clearwell::warehouses {
namespace {

class WarehouseLoads : public WarehouseConformance {};
INSTANTIATE_TEST_SUITE_P(All, WarehouseLoads, ::testing::ValuesIn(warehouse_benches()), bench_name);

// --- prepare

TEST_P(WarehouseLoads, PrepareCreatesTheTable) {
  EXPECT_FALSE(warehouse_->columns("shop.t").value().has_value());
  const Target made = target(
      "shop.t",
      "true AS b, 1::INTEGER AS i32, 1::BIGINT AS i64, 1::DOUBLE AS d, 1::DECIMAL(12,2) AS dec, "
      "DATE '2024-01-01' AS day, TIMESTAMP '2024-01-01' AS at, TIMESTAMPTZ '2024-01-01 "
      "00:00:00+00' "
      "AS atz, uuid() AS u, 'x' AS txt, '{}'::JSON AS js, ''::BLOB AS bin, [{'a': 1::BIGINT}] AS "
      "l, "
      "{'x y': 'z'} AS \"select\"",
      {2, 8});
  duckdb::Schema kept = made.columns;
  for (duckdb::ColumnSchema& column : kept) column.type = GetParam().kept_as(column.type);
  prepare(made);
  EXPECT_EQ(warehouse_->columns("shop.t").value(), kept);
  prepare(made);
  reopen();
  prepare(made);
  EXPECT_EQ(warehouse_->columns("shop.t").value(), kept);
  EXPECT_EQ(show("SELECT count(*) FROM shop.t"), "0");
}

TEST_P(WarehouseLoads, PrepareAddsNewColumns) {
  prepare(pairs());
  EXPECT_EQ(load(pairs(), "(0, 1, 'a')", 1), "N");
  const Target wider = target("t", "0::BIGINT AS id, '' AS v, 0::BIGINT AS n", {0});
  prepare(wider);
  EXPECT_EQ(load(wider, "(0, 2, 'b', 7)", 1), "N");
  EXPECT_EQ(show("SELECT id, v, n FROM t ORDER BY id"), "1|a|NULL\n2|b|7");
}

TEST_P(WarehouseLoads, PrepareTellsWhatDiffers) {
  prepare(pairs());
  auto done = warehouse_->prepare(target("t", "0::BIGINT AS id, 0::BIGINT AS V", {0}));
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Config);
  EXPECT_EQ(done.error().message, "table t: column V is " + sql_type(duckdb::TypeId::Text) +
                                      ", but the load makes " + sql_type(duckdb::TypeId::Integer) +
                                      " of it: cast it in the load's SELECT, or change the table");
  done = warehouse_->prepare(pairs(LoadMode::Upsert));
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Config);
  EXPECT_EQ(
      done.error().message,
      "table t has no column _version, which mode upsert keeps versions in: ALTER TABLE t ADD "
      "COLUMN _version " +
          sql_type(duckdb::TypeId::Blob));
}

TEST_P(WarehouseLoads, TablesOfOthersAreWrittenWithTheirColumns) {
  execute("CREATE TABLE t (extra BIGINT DEFAULT 5, v VARCHAR, id BIGINT)");
  prepare(pairs());
  EXPECT_EQ(load(pairs(), "(0, 1, 'a')", 1), "N");
  EXPECT_EQ(load(pairs(), "(0, 1, 'a'), (1, 1, 'b')", 2), "DC");
  EXPECT_EQ(show("SELECT * FROM t"), "5|a|1");
}

// --- append and replace

TEST_P(WarehouseLoads, AppendTakesEveryRow) {
  const Target log = target("log", "0::BIGINT AS id, '' AS v", {}, LoadMode::Append);
  prepare(log);
  EXPECT_EQ(load(log, "(0, 1, 'a'), (0, 1, 'a'), (2, NULL, NULL)", 3), "N-N");
  EXPECT_EQ(load(log, "(0, 1, 'a')", 1), "N");
  EXPECT_EQ(load(log, "", 2), "--");
  EXPECT_EQ(show("SELECT * FROM log ORDER BY id"), "1|a\n1|a\n1|a\nNULL|NULL");
  EXPECT_EQ(show("SELECT * FROM clearwell.table_rows"), "p|log|4");
}

TEST_P(WarehouseLoads, ReplaceStartsOver) {
  const Target table = target("t", "0::BIGINT AS id", {}, LoadMode::Replace);
  prepare(table);
  EXPECT_EQ(load(table, "(0, 1), (1, 2)", 2), "NN");
  auto transaction = begin();
  const Target* targets[] = {&table};
  ASSERT_TRUE(transaction->start_over("p", targets).ok());
  EXPECT_EQ(write(*transaction, table, "(0, 3)", 1), "N");
  EXPECT_EQ(show("SELECT * FROM t ORDER BY id"), "1\n2");  // until it is committed
  commit(*transaction);
  EXPECT_EQ(show("SELECT * FROM t"), "3");
  EXPECT_EQ(show("SELECT * FROM clearwell.table_rows"), "p|t|1");
}

// Columns by name; what is more there stays there.
TEST_P(WarehouseLoads, RowsOfAStageAreAppendedAndCounted) {
  const Target table = target("t", "0::BIGINT AS id, '' AS v", {}, LoadMode::Replace);
  prepare(table);
  execute("CREATE TABLE clearwell.stage (v VARCHAR, _row BIGINT, id BIGINT)");
  execute("INSERT INTO clearwell.stage VALUES ('a', 0, 1), ('a', 1, 1), (NULL, 2, 3)");
  for (int i = 0; i < 2; ++i) {
    auto transaction = begin();
    EXPECT_EQ(transaction->write_from(table, "clearwell.stage").value(), 3u);
    ASSERT_TRUE(i == 0 || transaction->commit().ok());  // the first one is given up
  }
  EXPECT_EQ(show("SELECT id, v FROM t ORDER BY id"), "1|a\n1|a\n3|NULL");
  EXPECT_EQ(show("SELECT rows FROM clearwell.table_rows"), "3");
}

TEST_P(WarehouseLoads, AReplaceThatIsGivenUpForgetsNothing) {
  const Target table = pairs();
  prepare(table);
  EXPECT_EQ(load(table, "(0, 1, 'a')", 1), "N");
  {
    auto transaction = begin();
    const Target* targets[] = {&table};
    ASSERT_TRUE(transaction->start_over("p", targets).ok());
  }
  EXPECT_EQ(load(table, "(0, 1, 'a'), (1, 1, 'b')", 2), "DC");
  EXPECT_EQ(show("SELECT * FROM t"), "1|a");
}

// --- insert

// proves: nothing-doubled | each | each | first-run
TEST_P(WarehouseLoads, InsertTakesTheFirstRowOfAKey) {
  prepare(pairs());
  EXPECT_EQ(load(pairs(), "(0, 1, 'a'), (1, 2, 'b')", 3), "NN-");
  EXPECT_EQ(load(pairs(), "(0, 2, 'b'), (1, 3, 'c'), (2, 1, 'other'), (3, 3, 'c')", 4), "DNCD");
  EXPECT_EQ(load(pairs(), "(0, 4, 'd'), (1, 4, 'd'), (2, 4, 'e')", 3), "NDC");
  EXPECT_EQ(show("SELECT * FROM t ORDER BY id"), "1|a\n2|b\n3|c\n4|d");
  EXPECT_EQ(show("SELECT * FROM clearwell.table_rows"), "p|t|4");
}

// proves: nothing-doubled | each | each | resume
TEST_P(WarehouseLoads, KeysOfEveryTypeAreFoundAgain) {
  int number = 0;
  for (const char* value :
       {"true", "1::INTEGER", "1::BIGINT", "0.5::DOUBLE", "1.50::DECIMAL(4,2)",
        "1.50::DECIMAL(38,2)", "DATE '2024-01-01'", "TIMESTAMP '2024-01-01 00:00:00.5'",
        "TIMESTAMPTZ '2024-01-01 00:00:00+02'", "'12345678-9abc-def0-1234-56789abcdef0'::UUID",
        "'a text of more than twelve bytes'", "'\\x00\\xFF'::BLOB", "'{\"a\":1}'::JSON"}) {
    const Target keyed =
        target("k" + std::to_string(++number), std::string(value) + " AS k, 0::BIGINT AS n", {0});
    prepare(keyed);
    const std::string one = fmt::format("(0, {}, 1)", value);
    const std::string two = fmt::format("{0}, (1, {1}, 2)", one, value);
    EXPECT_EQ(load(keyed, one, 1), "N") << value;
    EXPECT_EQ(load(keyed, two, 2), "DC") << value;
    reopen();
    prepare(keyed);
    EXPECT_EQ(load(keyed, two, 2), "DC") << value;
  }
}

TEST_P(WarehouseLoads, ContentsOfEveryTypeAreCompared) {
  const Target wide =
      target("w",
             "0::BIGINT AS id, 0::DOUBLE AS d, 0::DECIMAL(12,2) AS dec, '{}'::JSON AS js, [{'a': "
             "1::BIGINT, 'b': ['x']}] AS l, NULL::TIMESTAMPTZ AS at, uuid() AS u",
             {0});
  prepare(wide);
  const std::string same =
      "'-0.0'::DOUBLE, 7.01, '{\"a\": 1}', [{'a': NULL, 'b': ['x', NULL]}], TIMESTAMPTZ "
      "'2024-01-01 00:00:00+00', '12345678-9abc-def0-1234-56789abcdef0'";
  const std::string nulls = "NULL, NULL, NULL, NULL, NULL, NULL";
  EXPECT_EQ(load(wide, "(0, 1, " + same + "), (1, 2, " + nulls + ")", 2), "NN");
  reopen();
  prepare(wide);
  EXPECT_EQ(
      load(wide,
           "(0, 1, " + same + "), (1, 2, " + nulls + "), (2, 2, NULL, NULL, NULL, [], NULL, NULL)",
           3),
      "DDC");
}

TEST_P(WarehouseLoads, ARecordIsInsertedWholeOrNotAtAll) {
  prepare(pairs());
  EXPECT_EQ(load(pairs(), "(0, 1, 'a')", 1), "N");
  EXPECT_EQ(load(pairs(),
                 "(0, 2, 'b'), (0, 1, 'x'), (1, 2, 'c'), (1, 3, 'c'), (2, 3, 'c'), (2, 4, 'd')", 3),
            "CNN");
  EXPECT_EQ(show("SELECT * FROM t ORDER BY id"), "1|a\n2|c\n3|c\n4|d");
}

TEST_P(WarehouseLoads, KeysOfATransactionThatWasGivenUpAreNotKnown) {
  prepare(pairs());
  {
    auto transaction = begin();
    EXPECT_EQ(write(*transaction, pairs(), "(0, 1, 'a')", 1), "N");
  }
  EXPECT_EQ(load(pairs(), "(0, 1, 'b')", 1), "N");
  EXPECT_EQ(show("SELECT * FROM t"), "1|b");
}

TEST_P(WarehouseLoads, SeveralBatchesInOneTransaction) {
  prepare(pairs());
  auto transaction = begin();
  EXPECT_EQ(write(*transaction, pairs(), "(0, 1, 'a')", 1), "N");
  EXPECT_EQ(write(*transaction, pairs(), "(0, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')", 3), "DNC");
  commit(*transaction);
  EXPECT_EQ(show("SELECT * FROM t ORDER BY id"), "1|a\n2|b");
}

// Two record kinds, or two pipelines, may write one table, each with columns of its own.
TEST_P(WarehouseLoads, SeveralLoadsOfOneTableKnowEachOthersKeys) {
  const Target a = pairs();
  const Target b = target("t", "'' AS w, 0::BIGINT AS id", {1});
  Target c = pairs();
  c.pipeline = "other";
  for (const Target& one : {a, b, c}) prepare(one);
  EXPECT_EQ(load(a, "(0, 1, 'a')", 1), "N");
  EXPECT_EQ(load(b, "(0, 'b', 2)", 1), "N");
  EXPECT_EQ(load(c, "(0, 2, 'x'), (1, 3, 'c')", 2), "CN");
  EXPECT_EQ(load(a, "(0, 3, 'c'), (1, 1, 'a'), (2, 2, NULL)", 3), "DDD");
  EXPECT_EQ(show("SELECT id, v, w FROM t ORDER BY id"), "1|a|NULL\n2|NULL|b\n3|c|NULL");
}

// --- later loads of a record

TEST_P(WarehouseLoads, ALaterLoadGoesWithItsRecord) {
  const Target first = pairs(), second = lines();
  Target log = target("log", "0::BIGINT AS id", {}, LoadMode::Append);
  log.first = false;
  for (const Target& one : {first, second, log}) prepare(one);
  EXPECT_EQ(
      load({first, second}, "(0, 1, 'a'), (1, 1, 'a'), (2, 1, 'x'), (4, 5, 'e')",
           "(0, 1, 1, 'l'), (1, 1, 2, 'l'), (2, 1, 3, 'l'), (3, 9, 1, 'l'), (4, 5, 1, 'l')", 5),
      "NDC-N");
  EXPECT_EQ(show("SELECT * FROM lines ORDER BY 1, 2, 3"), "1|1|l\n5|1|l");
  EXPECT_EQ(load({first, log}, "(0, 1, 'a'), (1, 2, 'b')", "(0, 1), (1, 2), (1, 2)", 2), "DN");
  EXPECT_EQ(show("SELECT * FROM log"), "2\n2");
}

TEST_P(WarehouseLoads, RowsOfARecordMayComeApart) {
  const Target first = pairs(), second = lines();
  prepare(first);
  prepare(second);
  EXPECT_EQ(load({first, second}, "(0, 1, 'a'), (1, 2, 'b')",
                 "(0, 1, 1, 'x'), (1, 2, 1, 'y'), (0, 1, 1, 'x'), (1, 2, 2, 'z')", 2),
            "NN");
  EXPECT_EQ(show("SELECT * FROM lines ORDER BY 1, 2, 3"), "1|1|x\n2|1|y\n2|2|z");
}

TEST_P(WarehouseLoads, ALaterLoadThatContradictsItselfIsRefused) {
  const Target first = pairs(), second = lines();
  prepare(first);
  prepare(second);
  EXPECT_EQ(load({first, second}, "(0, 1, 'a')", "(0, 1, 1, 'x'), (0, 1, 1, 'y')", 1),
            "a row of the load into lines has the key of another row with other content");
  EXPECT_EQ(show("SELECT count(*) FROM t"), "0");
}

// --- what the database refuses, and what is broken

TEST_P(WarehouseLoads, ARefusedRowIsFatalWithTheDatabasesMessage) {
  execute("CREATE TABLE t (id BIGINT, v VARCHAR CHECK (v <> 'bad'))");
  prepare(pairs());
  auto transaction = begin();
  std::vector<Written> written(2, Written::Nothing);
  const auto done =
      transaction->write_first(rows(pairs(), "(0, 1, 'a'), (1, 2, 'bad')"), orders(2), written);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Fatal);
  EXPECT_NE(done.error().message.find("constraint"), std::string::npos) << done.error().message;
  EXPECT_FALSE(transaction->commit().ok());
  transaction.reset();
  EXPECT_EQ(show("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(load(pairs(), "(0, 1, 'a')", 1), "N");
}

// proves: no-false-blame | each | each | first-run
TEST_P(WarehouseLoads, AMissingTableIsNoFaultOfTheRows) {
  const Target first = pairs(), second = lines();
  prepare(first);
  prepare(second);
  execute("DROP TABLE lines");
  std::vector<Written> written(1, Written::Nothing);
  {
    auto transaction = begin();
    ASSERT_TRUE(transaction->write_first(rows(first, "(0, 1, 'a')"), orders(1), written).ok());
    const auto done = transaction->write_next(rows(second, "(0, 1, 1, 'x')"), orders(1), written);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::Retryable) << done.error().message;
  }
  execute("DROP TABLE t");
  auto transaction = begin();
  const auto done = transaction->write_first(rows(first, "(0, 1, 'a')"), orders(1), written);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Retryable) << done.error().message;
}

}  // namespace
}  // namespace clearwell::warehouses
