// The door to warehouses, and what they keep of a pipeline: lanes, marks, counts, all in one
// transaction.
#include "tests/conformance/warehouse_conformance.h"

#include <algorithm>
#include <thread>

namespace clearwell::warehouses {
namespace {

TEST(WarehouseBenches, ThereIsOneForEveryScheme) {
  std::vector<std::string> known, tested;
  for (std::string_view scheme : schemes()) known.emplace_back(scheme);
  for (const WarehouseBench& bench : warehouse_benches()) tested.push_back(bench.scheme);
  std::sort(known.begin(), known.end());
  std::sort(tested.begin(), tested.end());
  EXPECT_EQ(tested, known);
}

TEST(WarehouseOpen, OtherUrlsAreFaultsOfTheProject) {
  for (const char* url : {"", "duckdb", "duckdb:", "sqlite:x", "w.duckdb"}) {
    const auto opened = open({url, "/tmp"}, {}, Access::Write);
    ASSERT_FALSE(opened.ok()) << url;
    EXPECT_EQ(opened.error().kind, ErrorKind::Config);
    EXPECT_EQ(opened.error().message,
              "warehouse: " + std::string(url) +
                  " is none that this program knows; expected duckdb:PATH, for example "
                  "duckdb:warehouse.duckdb, or postgres://USER@HOST/DATABASE");
  }
}

class WarehouseState : public WarehouseConformance {
 protected:
  static batch::LaneAdvance lane(const std::string& name, std::string from, std::string to) {
    return {"p/inbox/" + name, std::move(from), std::move(to)};
  }
  static Result<void> advance(Transaction& transaction, std::vector<batch::LaneAdvance> lanes) {
    batch::RawBatch raw;
    raw.source = "inbox";
    raw.lanes = std::move(lanes);
    return transaction.advance("p", raw, {});
  }
  static batch::FileMark mark(uint8_t number) {
    batch::FileMark out{};
    out[0] = number;
    out[15] = 0xFF;
    return out;
  }
  static Held held(const std::string& entry) {
    Held out;
    out.kind = "orders";
    out.entry = entry;
    out.record.payload = "{}";
    out.record.source = "inbox";
    out.record.partition = "a.jsonl";
    out.reasons = "[]";
    return out;
  }
  // Everything that one commit of a batch has in it.
  void write_everything(Transaction& transaction, int n) {
    const Target table = pairs();
    EXPECT_EQ(write(transaction, table, "(0, " + std::to_string(n) + ", 'a')", 1), "N");
    const Held rejected[] = {held("orders:q" + std::to_string(n))};
    ASSERT_TRUE(transaction.quarantine("p", rejected).ok());
    Held waiting[] = {held("orders:w" + std::to_string(n))};
    waiting[0].waits = {{"users.id", std::to_string(n)}};
    ASSERT_TRUE(transaction.park("p", waiting).ok());
    batch::RawBatch raw;
    raw.source = "inbox";
    raw.lanes = {lane("a", n == 1 ? "" : "at " + std::to_string(n - 1), "at " + std::to_string(n))};
    raw.records.resize(1);
    raw.marks = {mark(static_cast<uint8_t>(n))};
    ASSERT_TRUE(transaction.advance("p", raw, {false}).ok());
    ASSERT_TRUE(
        transaction.count("p", {3, 1, 0, 0, 0, 1, 1, 0}, std::chrono::microseconds(n)).ok());
  }
  std::string everything() {
    return show("SELECT count(*) FROM t") + " " +
           show("SELECT count(*) FROM clearwell.quarantine") + " " +
           show("SELECT count(*) FROM clearwell.parked") + " " +
           show("SELECT count(*) FROM clearwell.waits") + " " +
           show("SELECT coalesce(max(position), '-') FROM clearwell.lanes") + " " +
           show("SELECT count(*) FROM clearwell.files") + " " +
           show("SELECT coalesce(max(read), 0) FROM clearwell.counts") + " " +
           show("SELECT coalesce(max(rows), 0) FROM clearwell.table_rows");
  }
};
INSTANTIATE_TEST_SUITE_P(All, WarehouseState, ::testing::ValuesIn(warehouse_benches()), bench_name);

// proves: one-transaction | each | each | first-run
TEST_P(WarehouseState, ACommitBringsAllOrNothing) {
  prepare(pairs());
  const std::string nothing = "0 0 0 0 - 0 0 0", one = "1 1 1 1 at 1 1 3 1",
                    two = "2 2 2 2 at 2 2 6 2";
  {
    auto transaction = begin();
    write_everything(*transaction, 1);
    EXPECT_EQ(everything(), nothing);
  }
  EXPECT_EQ(everything(), nothing);
  {
    auto transaction = begin();
    write_everything(*transaction, 1);
    commit(*transaction);
  }
  EXPECT_EQ(everything(), one);
  {
    auto transaction = begin();
    write_everything(*transaction, 2);
    EXPECT_FALSE(transaction->execute("SELECT CAST('stop' AS INTEGER)").ok());
    EXPECT_FALSE(transaction->commit().ok());
  }
  EXPECT_EQ(everything(), one);
  reopen();
  prepare(pairs());
  EXPECT_EQ(everything(), one);
  auto transaction = begin();
  write_everything(*transaction, 2);
  commit(*transaction);
  EXPECT_EQ(everything(), two);
}

TEST_P(WarehouseState, ATransactionIsExclusive) {
  prepare(pairs());
  auto first = begin();
  std::atomic<bool> began{false};
  std::thread other([&] {
    auto second = begin();
    began = true;
    EXPECT_EQ(write(*second, pairs(), "(0, 1, 'a')", 1), "D");
    commit(*second);
  });
  EXPECT_EQ(write(*first, pairs(), "(0, 1, 'a')", 1), "N");
  EXPECT_FALSE(began);
  commit(*first);
  other.join();
  EXPECT_TRUE(began);
}

// proves: nothing-doubled | each | each | resume
TEST_P(WarehouseState, LanesAreComparedAndSet) {
  const auto lanes = [&] { return warehouse_->lanes("p", "inbox").value(); };
  EXPECT_TRUE(lanes().empty());
  {
    auto transaction = begin();
    ASSERT_TRUE(
        advance(*transaction, {lane("a", "", "{\"offset\": 5}"), lane("b'", "", "x")}).ok());
    commit(*transaction);
  }
  EXPECT_EQ(lanes(), (std::map<std::string, std::string>{{"p/inbox/a", "{\"offset\": 5}"},
                                                         {"p/inbox/b'", "x"}}));
  EXPECT_TRUE(warehouse_->lanes("p", "other").value().empty());
  EXPECT_TRUE(warehouse_->lanes("q", "inbox").value().empty());
  {
    auto transaction = begin();
    ASSERT_TRUE(advance(*transaction, {lane("a", "{\"offset\": 5}", "6")}).ok());
    ASSERT_TRUE(advance(*transaction, {lane("a", "6", "7")}).ok());
    commit(*transaction);
  }
  const char* moved = " has been moved by somebody else since position ";
  for (const auto& [from, name] :
       {std::pair("{\"offset\": 5}", "a"), std::pair("", "a"), std::pair("6", "new")}) {
    auto transaction = begin();
    const auto done = advance(*transaction, {lane("b'", "x", "y"), lane(name, from, "9")});
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::Fatal);
    EXPECT_EQ(done.error().message, std::string("lane p/inbox/") + name + moved + from +
                                        " was read: is another clearwell running on this "
                                        "warehouse?");
  }
  EXPECT_EQ(lanes(), (std::map<std::string, std::string>{{"p/inbox/a", "7"}, {"p/inbox/b'", "x"}}));
}

TEST_P(WarehouseState, MarksJoinTheLedger) {
  {
    batch::RawBatch raw;
    raw.source = "inbox";
    raw.records.resize(3);
    raw.marks = {mark(1), mark(2), mark(3)};
    auto transaction = begin();
    ASSERT_TRUE(transaction->advance("p", raw, {false, true, false}).ok());
    commit(*transaction);
    transaction = begin();
    raw.marks = {mark(4), mark(0), mark(5)};
    ASSERT_TRUE(transaction->advance("p", raw, {}).ok());
    commit(*transaction);
  }
  reopen();
  auto marks = warehouse_->marks("p", "inbox").value();
  std::sort(marks.begin(), marks.end());
  EXPECT_EQ(marks, (std::vector<batch::FileMark>{mark(0), mark(1), mark(3), mark(4), mark(5)}));
  EXPECT_TRUE(warehouse_->marks("p", "other").value().empty());
  EXPECT_TRUE(warehouse_->marks("q", "inbox").value().empty());
}

TEST_P(WarehouseState, CountsAddUp) {
  EXPECT_EQ(warehouse_->state("p").value().counts, batch::Counts{});
  {
    auto transaction = begin();
    auto total = transaction->count("p", {10, 4, 1, 1, 1, 2, 1, 0}, std::chrono::microseconds(500));
    ASSERT_TRUE(total.ok());
    EXPECT_EQ(*total, (batch::Counts{10, 4, 1, 1, 1, 2, 1, 0}));
    ASSERT_TRUE(transaction->count("q", {1, 1, 0, 0, 0, 0, 0, 0}, {}).ok());
    commit(*transaction);
  }
  {
    auto transaction = begin();
    auto total = transaction->count("p", {0, 1, 0, 0, 0, -2, 0, 1}, std::chrono::microseconds(900));
    ASSERT_TRUE(total.ok());
    EXPECT_EQ(*total, (batch::Counts{10, 5, 1, 1, 1, 0, 1, 1}));
    EXPECT_EQ(warehouse_->state("p").value().counts.loaded, 4);
    commit(*transaction);
  }
  reopen();
  EXPECT_EQ(warehouse_->state("p").value().counts, (batch::Counts{10, 5, 1, 1, 1, 0, 1, 1}));
  EXPECT_EQ(warehouse_->state("p").value().clock, std::chrono::microseconds(900));
  EXPECT_EQ(warehouse_->state("q").value().counts.read, 1);
}

// proves: accounting | each | each | first-run, resume, replay, park-release
TEST_P(WarehouseState, CountsThatDoNotAddUpEndTheProgram) {
  auto transaction = begin();
  EXPECT_DEATH(
      {
        auto total = transaction->count("p", {2, 1, 0, 0, 0, 0, 0, 0}, {});
        static_cast<void>(total.ok());
      },
      "balanced");
}

TEST_P(WarehouseState, StartingOverForgetsOnePipeline) {
  prepare(pairs());
  Target others = target("u", "0::BIGINT AS id", {0});
  others.pipeline = "q";
  prepare(others);
  {
    auto transaction = begin();
    write_everything(*transaction, 1);
    EXPECT_EQ(write(*transaction, others, "(0, 7)", 1), "N");
    const Held rejected[] = {held("orders:other")};
    ASSERT_TRUE(transaction->quarantine("q", rejected).ok());
    ASSERT_TRUE(transaction->count("q", {2, 1, 0, 0, 0, 1, 0, 0}, {}).ok());
    commit(*transaction);
  }
  {
    auto transaction = begin();
    const Target table = pairs();
    const Target* targets[] = {&table};
    ASSERT_TRUE(transaction->start_over("p", targets).ok());
    commit(*transaction);
  }
  EXPECT_EQ(everything(), "0 1 0 0 - 0 2 1");  // what is left is q's
  EXPECT_EQ(show("SELECT * FROM u"), "7");
  EXPECT_EQ(warehouse_->state("p").value().counts, batch::Counts{});
  EXPECT_TRUE(warehouse_->lanes("p", "inbox").value().empty());
}

TEST_P(WarehouseState, LookUps) {
  execute(
      "CREATE TABLE users (user_id UUID, name VARCHAR, small SMALLINT, real FLOAT, since TIME); "
      "INSERT INTO users VALUES ('12345678-9abc-def0-1234-56789abcdef0', 'Ada', 7, 0.5, "
      "'12:00:00'), ('00000000-0000-0000-0000-000000000001', NULL, NULL, NULL, NULL)");
  const std::string ada = "12345678-9abc-def0-1234-56789abcdef0";
  auto found = warehouse_->lookup(
      {"users", "user_id", {"name"}, {ada, "no uuid", "00000000-0000-0000-0000-000000000002"}});
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(show_rows(*found), ada + "|Ada");
  EXPECT_EQ(warehouse_->lookup({"users", "user_id", {}, {}})->size(), 0u);
  // Types that we cannot read come as ones that we can.
  auto taken = warehouse_->lookup({"users", "user_id", {"small", "real", "since"}, {ada}});
  ASSERT_TRUE(taken.ok()) << taken.error().message;
  EXPECT_EQ(taken->schema[1].type, duckdb::simple(duckdb::TypeId::Int32));
  EXPECT_EQ(taken->schema[2].type, duckdb::simple(duckdb::TypeId::Double));
  EXPECT_EQ(taken->schema[3].type, duckdb::simple(duckdb::TypeId::Text));
  EXPECT_EQ(taken->chunks.at(0).column(3).text(0), "12:00:00");
  for (const Lookup& wrong :
       {Lookup{"nobody", "id", {}, {"1"}}, Lookup{"users", "id", {}, {"1"}}}) {
    const auto missing = warehouse_->lookup(wrong);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().message,
              "there is no table " + wrong.table + " with a column " + wrong.column);
  }
}

TEST_P(WarehouseState, QueriesReadAndDoNotWrite) {
  execute("CREATE TABLE t AS SELECT 1 AS a");
  EXPECT_EQ(show("SELECT * FROM t"), "1");
  for (const char* sql : {"DELETE FROM t", "CREATE TABLE u (a INTEGER)", "SELECT 1; SELECT 2", "",
                          "DROP TABLE t", "SET threads = 1", "FROM nothing"}) {
    EXPECT_FALSE(warehouse_->query(sql).ok()) << sql;
  }
  EXPECT_FALSE(warehouse_->execute("INSERT INTO t VALUES (2); SELECT CAST('no' AS INTEGER)").ok());
  EXPECT_EQ(show("SELECT * FROM t"), "1");
  execute("INSERT INTO t VALUES (2)");
  EXPECT_EQ(show("SELECT * FROM t"), "1\n2");
  ASSERT_TRUE(warehouse_->idle().ok());
  EXPECT_EQ(show("SELECT * FROM t"), "1\n2");
}

TEST_P(WarehouseState, ANewerSchemaIsRefused) {
  execute("UPDATE clearwell.meta SET value = '99' WHERE name = 'schema_version'");
  warehouse_.reset();
  const auto opened = open_again(Access::Write);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::Config);
  EXPECT_EQ(opened.error().message.find("the warehouse was written by a newer clearwell (its "
                                        "tables have version 99, this program knows "),
            0u)
      << opened.error().message;
}

TEST_P(WarehouseState, ReadOnlyReads) {
  prepare(pairs());
  EXPECT_EQ(load(pairs(), "(0, 1, 'a')", 1), "N");
  {
    auto transaction = begin();
    ASSERT_TRUE(transaction->count("p", {1, 1, 0, 0, 0, 0, 0, 0}, {}).ok());
    commit(*transaction);
  }
  warehouse_.reset();
  auto opened = open_again(Access::ReadOnly);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  warehouse_ = std::move(opened).value();
  EXPECT_EQ(show("SELECT * FROM t"), "1|a");
  EXPECT_EQ(warehouse_->state("p").value().counts.read, 1);
  EXPECT_FALSE(warehouse_->execute("DELETE FROM t").ok());
}

}  // namespace
}  // namespace clearwell::warehouses
