#include <numeric>

#include <gtest/gtest.h>

#include "drivers/postgres/json_text.h"
#include "drivers/postgres/numeric.h"
#include "tests/unit/drivers/postgres_cluster.h"
#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::postgres {
namespace {

using testing::PostgresCluster;
using testing::rows_of;
using testing::show_any;
using testing::show_rows;

Connection connect(Options options = {}) {
  options.url = PostgresCluster::instance().database("driver");
  auto connection = Connection::open(options);
  EXPECT_TRUE(connection.ok()) << connection.error().message;
  return std::move(connection).value();
}

std::string answer(Connection& connection, const std::string& sql) {
  auto rows = connection.query(sql);
  return rows.ok() ? show_any(*rows) : rows.error().message;
}

// Copies all of these rows into a new table t and returns what is read back from it.
std::string round_trip(Connection& connection, const duckdb::Rows& rows) {
  std::string create, columns;
  std::vector<size_t> indexes;
  for (const duckdb::ColumnSchema& column : rows.schema) {
    const std::string name = duckdb::quote_name(column.name);
    create += (create.empty() ? "" : ", ") + name + " " + type_name(column.type);
    columns += (columns.empty() ? "" : ", ") + name;
    indexes.push_back(indexes.size());
  }
  EXPECT_TRUE(connection.execute("DROP TABLE IF EXISTS t; CREATE TABLE t (" + create + ")").ok());
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  auto copied = connection.copy("t (" + columns + ")", {rows, indexes, order, {}, {}});
  EXPECT_TRUE(copied.ok()) << copied.error().message;
  auto found = connection.query("SELECT * FROM t");
  EXPECT_TRUE(found.ok()) << found.error().message;
  for (size_t i = 0; found.ok() && i < rows.schema.size(); ++i) {
    EXPECT_EQ(found->schema[i].type, kept_as(rows.schema[i].type)) << rows.schema[i].name;
  }
  return found.ok() ? show_any(*found) : "";
}

TEST(PostgresCopy, EveryTypeComesBackAsItWas) {
  Connection connection = connect();
  for (const char* select :
       {"true AS v UNION ALL SELECT false", "(-7)::INTEGER AS v", "9223372036854775807 AS v",
        "(-0.1)::DOUBLE AS v UNION ALL SELECT 'nan'::DOUBLE UNION ALL SELECT '-inf'::DOUBLE",
        "DATE '1999-12-31' AS v UNION ALL SELECT DATE '0001-01-01' UNION ALL SELECT 'infinity'",
        "TIMESTAMP '1969-12-31 23:59:59.999999' AS v UNION ALL SELECT '-infinity'",
        "TIMESTAMPTZ '2024-02-29 12:00:00.5+05:30' AS v",
        "'f2345678-9abc-def0-1234-56789abcdef0'::UUID AS v",
        "'' AS v UNION ALL SELECT 'ж 𝄞 a text of more than twelve bytes'",
        "'\\x00\\xFFabc'::BLOB AS v UNION ALL SELECT ''::BLOB", "[1, NULL, 3]::BIGINT[] AS v",
        "[]::VARCHAR[] AS v UNION ALL SELECT ['a', '', NULL, '\"{},'] UNION ALL SELECT NULL",
        "[1.50, -2]::DECIMAL(10,2)[] AS v", "NULL::UUID AS v"}) {
    const duckdb::Rows rows = rows_of("SELECT " + std::string(select));
    EXPECT_EQ(round_trip(connection, rows), show_any(rows)) << select;
  }
}

TEST(PostgresCopy, DecimalsAreExact) {
  Connection connection = connect();
  for (const char* type : {"DECIMAL(4,2)", "DECIMAL(9,0)", "DECIMAL(18,5)", "DECIMAL(38,0)",
                           "DECIMAL(38,2)", "DECIMAL(38,37)", "DECIMAL(38,38)", "DECIMAL(20,19)"}) {
    const std::string of(type);
    const duckdb::Rows rows = rows_of(
        "SELECT TRY_CAST(v AS " + of +
        ") AS v FROM (VALUES ('0'), ('1'), ('-1'), ('0.01'), "
        "('-0.5'), ('12.34'), ('-99.99'), ('10000'), ('123456789'), ('100000000'), "
        "('-99999999999999999999999999999999999999'), ('999999999999999999999999999999999999.99'), "
        "('0.00000000000000000000000000000000000001'), "
        "('-0.99999999999999999999999999999999999999')) t(v)");
    EXPECT_EQ(round_trip(connection, rows), show_any(rows)) << type;
    EXPECT_EQ(answer(connection, "SELECT v::text FROM t"),
              answer(connection, "SELECT v::numeric::text FROM (SELECT v::text FROM t) x"));
  }
}

TEST(PostgresCopy, StructsAreJson) {
  Connection connection = connect();
  const duckdb::Rows rows = rows_of(
      "SELECT [{'a': 1, 'b c': 'q\"\\', 'd': 1.50::DECIMAL(4,2), 'at': TIMESTAMPTZ '2024-01-01 "
      "00:00:00.25+00', 'day': DATE '2024-01-01', 'l': [true, NULL]}, NULL] AS v, {'x': {'y': "
      "NULL::BIGINT, 'z': 0.5::DOUBLE}} AS w, '{\"k\":  1}'::JSON AS j, [[1], []] AS ll");
  EXPECT_EQ(round_trip(connection, rows),
            "[{\"a\": 1, \"d\": 1.50, \"l\": [true, null], \"at\": \"2024-01-01T00:00:00.25+00:00"
            "\", \"b c\": \"q\\\"\\\\\", \"day\": \"2024-01-01\"}, null]|{\"x\": {\"y\": null, "
            "\"z\": 0.5}}|{\"k\": 1}|[[1], []]");
}

TEST(PostgresCopy, ManyRowsInTheOrderAskedFor) {
  Connection connection = connect();
  const duckdb::Rows rows =
      rows_of("SELECT i AS id, repeat('x', (i % 50)::INTEGER) AS v FROM range(10000) t(i)");
  std::vector<size_t> order;
  for (size_t row = 9999; row > 0; row -= 3) order.push_back(row);
  ASSERT_TRUE(connection
                  .execute("DROP TABLE IF EXISTS many; CREATE TABLE many (n bigint, v text, a "
                           "integer, b bytea, f text, p bytea)")
                  .ok());
  const std::vector<int32_t> actions(10000, 7);
  const std::vector<std::string> versions(10000, std::string("\0v", 2));
  const std::vector<std::string> fields(10000, "01"), patches(10000, "");
  auto copied = connection.copy("many", {.rows = rows,
                                         .columns = {1},
                                         .order = order,
                                         .actions = actions,
                                         .versions = versions,
                                         .fields = fields,
                                         .patches = patches,
                                         .numbered = true});
  ASSERT_TRUE(copied.ok()) << copied.error().message;
  EXPECT_EQ(*copied, 3333u);
  EXPECT_EQ(answer(connection,
                   "SELECT count(*), max(n), min(n), sum(length(v)) = sum(n % 50), min(a), "
                   "min(encode(b, 'hex')), min(f), min(length(p)) FROM many"),
            "3333|9999|3|true|7|0076|01|0");
}

TEST(PostgresCopy, ARefusedRowIsFatalAndTheConnectionGoesOn) {
  Connection connection = connect();
  ASSERT_TRUE(connection
                  .execute("DROP TABLE IF EXISTS c; CREATE TABLE c (v bigint CONSTRAINT small "
                           "CHECK (v < 5000))")
                  .ok());
  const duckdb::Rows rows = rows_of("SELECT i AS v FROM range(200000) t(i)");
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  auto copied = connection.copy("c", {rows, {0}, order, {}, {}});
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().kind, ErrorKind::Fatal);
  EXPECT_EQ(copied.error().message.substr(0, copied.error().message.find('\n')),
            "new row for relation \"c\" violates check constraint \"small\" (SQLSTATE 23514)");
  EXPECT_EQ(connection.sqlstate(), "23514");
  EXPECT_EQ(connection.constraint(), "small");
  EXPECT_TRUE(is_refusal(connection.sqlstate()));
  EXPECT_FALSE(connection.copy("nowhere", {rows, {0}, order, {}, {}}).ok());
  EXPECT_FALSE(is_refusal(connection.sqlstate()));
  EXPECT_EQ(answer(connection, "SELECT count(*) FROM c"), "0");
}

TEST(PostgresConnection, ParametersAreValues) {
  Connection connection = connect();
  const std::vector<std::string> odd = {"a", "", "q\"\\,{}", "NULL", "it's"};
  auto rows = connection.query("SELECT $1::text, $2::text, array_to_string($3::text[], ';')",
                               {"it's", std::nullopt, array_literal(odd)});
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(show_any(*rows), "it's|NULL|a;;q\"\\,{};NULL;it's");
  EXPECT_FALSE(connection.query("SELECT 1; SELECT 2").ok());
}

TEST(PostgresConnection, WhatCannotBeReadIsTold) {
  Connection connection = connect();
  EXPECT_EQ(answer(connection, "SELECT INTERVAL '1 day' AS wait"),
            "column wait is of a type with oid 1186, which cannot be read: cast it to text");
  EXPECT_EQ(answer(connection, "SELECT 'NaN'::numeric(4,2) AS v"),
            "column v: a value is no valid DECIMAL(4,2)");
  EXPECT_EQ(answer(connection,
                   "SELECT sum(v), 10000.50, -0.0001::numeric, 'NaN'::numeric, "
                   "1e20::numeric, 0::numeric FROM (VALUES (1::bigint), (2)) t(v)"),
            "3|10000.50|-0.0001|NaN|100000000000000000000|0");
  EXPECT_EQ(answer(connection, "SELECT ARRAY[[1, 2]]"),
            "column array: an array of several dimensions cannot be read: unnest it");
  auto schema = connection.describe("SELECT 1::smallint AS a, '10:00'::time AS b");
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(schema->at(0), (duckdb::ColumnSchema{"a", duckdb::simple(duckdb::TypeId::Int32)}));
  EXPECT_EQ(schema->at(1).type.id, duckdb::TypeId::Other);
}

TEST(PostgresConnection, SessionsAreAsDocumented) {
  Connection connection = connect({.lock_timeout = std::chrono::milliseconds(250)});
  EXPECT_EQ(answer(connection,
                   "SELECT current_setting('TimeZone'), current_setting('synchronous_commit'), "
                   "current_setting('lock_timeout'), current_setting('statement_timeout'), "
                   "current_setting('application_name'), current_setting('client_encoding')"),
            "UTC|on|250ms|10min|clearwell|UTF8");
  Connection reader = connect({.read_only = true});
  EXPECT_FALSE(reader.execute("CREATE TABLE u (a integer)").ok());
  EXPECT_EQ(reader.sqlstate(), "25006");
}

TEST(PostgresConnection, AFailedTransactionIsNotCommitted) {
  Connection connection = connect();
  ASSERT_TRUE(connection.execute("DROP TABLE IF EXISTS f; CREATE TABLE f (a integer)").ok());
  ASSERT_TRUE(connection.begin().ok());
  ASSERT_TRUE(connection.execute("INSERT INTO f VALUES (1); SAVEPOINT s").ok());
  EXPECT_FALSE(connection.execute("INSERT INTO f VALUES ('x')").ok());
  ASSERT_TRUE(connection.rollback_to("s").ok());
  ASSERT_TRUE(connection.commit().ok());
  ASSERT_TRUE(connection.begin().ok());
  ASSERT_TRUE(connection.execute("INSERT INTO f VALUES (2)").ok());
  EXPECT_FALSE(connection.execute("SELECT 1/0").ok());
  const auto done = connection.commit();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Fatal);
  EXPECT_EQ(answer(connection, "SELECT a FROM f"), "1");
}

TEST(PostgresConnection, ErrorsSayWhoMustAct) {
  using enum ErrorKind;
  for (const auto& [state, kind] :
       {std::pair("08006", Retryable), std::pair("57P01", Retryable), std::pair("40001", Retryable),
        std::pair("40P01", Retryable), std::pair("55P03", Retryable), std::pair("53100", Retryable),
        std::pair("57014", Retryable), std::pair("28P01", Config), std::pair("3D000", Config),
        std::pair("42501", Config), std::pair("23505", Fatal), std::pair("22003", Fatal),
        std::pair("P0001", Fatal), std::pair("42P01", Fatal)}) {
    EXPECT_EQ(classify(state), kind) << state;
  }
  const std::string url = PostgresCluster::instance().database("driver");
  const auto nobody = Connection::open({.url = url + "x_nothing"});
  ASSERT_FALSE(nobody.ok());
  EXPECT_EQ(nobody.error().kind, Config) << nobody.error().message;
  const auto closed = Connection::open({.url = "postgres://app@127.0.0.1:1/x"});
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().kind, Retryable) << closed.error().message;
  EXPECT_EQ(Connection::open({.url = "postgres://app@127.0.0.1:port/x"}).error().kind, Config);
}

TEST(PostgresConnection, AnEndedSessionIsLost) {
  Connection connection = connect(), other = connect();
  auto pid = connection.query("SELECT pg_backend_pid()::text");
  ASSERT_TRUE(pid.ok());
  ASSERT_TRUE(other.query("SELECT pg_terminate_backend($1::integer)", {show_rows(*pid)}).ok());
  const auto done = connection.query("SELECT 1");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Retryable) << done.error().message;
  EXPECT_TRUE(connection.lost());
  EXPECT_FALSE(other.lost());
}

TEST(PostgresConnection, LocksAreWaitedForOnlySoLong) {
  Connection holder = connect();
  Connection waiter = connect({.lock_timeout = std::chrono::milliseconds(20)});
  ASSERT_TRUE(holder.execute("DROP TABLE IF EXISTS l; CREATE TABLE l (a integer)").ok());
  ASSERT_TRUE(holder.begin().ok());
  ASSERT_TRUE(holder.execute("LOCK TABLE l").ok());
  const auto done = waiter.execute("INSERT INTO l VALUES (1)");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Retryable);
  EXPECT_EQ(waiter.sqlstate(), "55P03");
}

}  // namespace
}  // namespace clearwell::postgres
