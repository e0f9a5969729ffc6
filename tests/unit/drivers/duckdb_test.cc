#include <gtest/gtest.h>

#include "drivers/duckdb/connection.h"
#include "tests/unit/base/temp_folder.h"

namespace clearwell::duckdb {
namespace {

Connection open_memory() {
  auto database = Database::open({});
  EXPECT_TRUE(database.ok());
  auto connection = database->connect();
  EXPECT_TRUE(connection.ok()) << connection.error().message;
  return std::move(connection).value();
}

Schema cart_schema() {
  Type item = struct_of({"article", "quantity"}, {simple(TypeId::Text), simple(TypeId::Integer)});
  return {{"id", simple(TypeId::Integer)}, {"cart", list_of(item)}, {"note", simple(TypeId::Text)}};
}

// Row 0: id 1, two items; row 1: everything NULL; row 2: id 3, an item that is NULL.
Chunk cart_chunk(const Schema& schema) {
  Chunk chunk(schema);
  Column id = chunk.column(0), cart = chunk.column(1), note = chunk.column(2);
  cart.resize_list(3);
  Column item = cart.child(), article = item.field(0), quantity = item.field(1);
  id.data<int64_t>()[0] = 1;
  cart.data<ListEntry>()[0] = {0, 2};
  article.set_text(0, "short");
  article.set_text(1, "a text of more than twelve bytes");
  quantity.data<int64_t>()[0] = 2;
  quantity.data<int64_t>()[1] = 5;
  note.set_text_copy(0, "a copied note that is long enough");
  id.set_null(1);
  cart.set_null(1);
  note.set_null(1);
  id.data<int64_t>()[2] = 3;
  cart.data<ListEntry>()[2] = {2, 1};
  item.set_null(2);
  note.set_text(2, "");
  chunk.set_rows(3);
  return chunk;
}

TEST(DuckdbRelation, NestedColumnsAreReadAsWritten) {
  Connection connection = open_memory();
  auto relation = connection.add_relation("accepted", cart_schema());
  ASSERT_TRUE(relation.ok()) << relation.error().message;
  std::vector<Chunk> chunks;
  chunks.push_back(cart_chunk(cart_schema()));
  relation->set(&chunks);
  auto rows = connection.query(
      "SELECT string_agg(concat_ws('|', id, cart, note), ';' ORDER BY id NULLS LAST) FROM "
      "accepted");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(rows->chunks[0].column(0).text(0),
            "1|[{'article': short, 'quantity': 2}, {'article': a text of more than twelve bytes, "
            "'quantity': 5}]|a copied note that is long enough;3|[NULL]|;");
}

TEST(DuckdbRelation, NewRowsAreSeenByTheNextStatement) {
  Connection connection = open_memory();
  auto relation = connection.add_relation("accepted", cart_schema());
  ASSERT_TRUE(relation.ok());
  for (int batch = 0; batch < 3; ++batch) {
    std::vector<Chunk> chunks;
    for (int i = 0; i < batch; ++i) chunks.push_back(cart_chunk(cart_schema()));
    relation->set(&chunks);
    auto rows = connection.query("SELECT count(*), count(id) FROM accepted");
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    EXPECT_EQ(rows->chunks[0].column(0).data<int64_t>()[0], batch * 3);
    EXPECT_EQ(rows->chunks[0].column(1).data<int64_t>()[0], batch * 2);
    relation->clear();
  }
}

TEST(DuckdbConnection, CommitAfterAFailedStatementIsAnError) {
  Connection connection = open_memory();
  ASSERT_TRUE(connection.execute("CREATE TABLE t(a INTEGER)").ok());
  ASSERT_TRUE(connection.begin().ok());
  ASSERT_TRUE(connection.execute("INSERT INTO t VALUES (1)").ok());
  EXPECT_FALSE(connection.execute("INSERT INTO t SELECT 'x'::INTEGER").ok());
  EXPECT_FALSE(connection.commit().ok());
  auto rows = connection.query("SELECT count(*) FROM t");
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->chunks[0].column(0).data<int64_t>()[0], 0);
}

TEST(DuckdbConnection, DescribesASelectWithoutRunningIt) {
  Connection connection = open_memory();
  auto schema = connection.describe("SELECT 1::DECIMAL(12,2) AS price, [uuid()] AS ids, NULL AS n");
  ASSERT_TRUE(schema.ok()) << schema.error().message;
  EXPECT_EQ(to_sql((*schema)[0].type), "DECIMAL(12,2)");
  EXPECT_EQ(to_sql((*schema)[1].type), "UUID[]");
  EXPECT_FALSE(connection.describe("DELETE FROM t").ok());
  EXPECT_FALSE(connection.describe("SELECT 1; SELECT 2").ok());
  EXPECT_FALSE(connection.describe("SELECT nothing").ok());
}

TEST(DuckdbConnection, UsersSqlCannotReachFiles) {
  Connection connection = open_memory();
  EXPECT_FALSE(connection.query("SELECT * FROM read_csv('/etc/passwd')").ok());
  EXPECT_FALSE(connection.execute("COPY (SELECT 1) TO '/tmp/clearwell-never.csv'").ok());
}

TEST(DuckdbConnection, ParsesAndPrintsSql) {
  Connection connection = open_memory();
  auto tree = connection.parse("SELECT a FROM accepted WHERE b > 'it''s'");
  ASSERT_TRUE(tree.ok()) << tree.error().message;
  auto text = connection.unparse(*tree);
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(*text, "SELECT a FROM accepted WHERE (b > 'it''s')");
}

TEST(Database, ReservedNamesAreNoHindrance) {
  const TempFolder folder;
  for (const char* name : {"memory.duckdb", "temp.db", "system", ".duckdb", "with space.x"}) {
    DatabaseOptions options;
    options.path = folder / name;
    auto database = Database::open(options);
    ASSERT_TRUE(database.ok()) << name << ": " << database.error().message;
    auto connection = database->connect();
    ASSERT_TRUE(connection.ok()) << name << ": " << connection.error().message;
    EXPECT_TRUE(connection->execute("CREATE TABLE t AS SELECT 1 AS x").ok());
    EXPECT_TRUE(std::filesystem::exists(folder / name));
  }
}

}  // namespace
}  // namespace clearwell::duckdb
