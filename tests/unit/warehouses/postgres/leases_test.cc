// Two warehouses of one program are two holders of leases, as two processes are.
#include <thread>

#include <unistd.h>

#include "tests/unit/drivers/postgres_cluster.h"
#include "tests/unit/drivers/sql_rows.h"
#include "warehouses/warehouse.h"

namespace clearwell::warehouses {
namespace {

using testing::PostgresCluster;
using testing::rows_of;
using testing::show_any;

class LeasesTest : public ::testing::Test {
 protected:
  std::unique_ptr<Warehouse> open() {
    auto opened = warehouses::open({url_, "/"}, {}, Access::Write);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(opened).value();
  }
  static std::string claim(Warehouse& warehouse) {
    auto holder = warehouse.claim("p");
    return holder.ok() ? *holder : "error: " + holder.error().message;
  }
  // As if the holder had been stopped for a minute; it may renew the lease in between.
  static std::string claim_when_void(Warehouse& warehouse) {
    std::string holder = "?";
    for (int i = 0; i < 20 && !holder.empty(); ++i) {
      EXPECT_TRUE(warehouse
                      .execute("UPDATE clearwell.leases SET renewed_at = clock_timestamp() - "
                               "interval '1 minute', process = ''")
                      .ok());
      holder = claim(warehouse);
    }
    return holder;
  }
  static Result<void> count_one(Warehouse& warehouse) {
    CW_ASSIGN(auto transaction, warehouse.begin());
    CW_TRY(transaction->count("p", {1, 1, 0, 0, 0, 0, 0, 0}, {}));
    return transaction->commit();
  }
  static std::string shown(Warehouse& warehouse, const std::string& sql) {
    auto rows = warehouse.query(sql);
    return rows.ok() ? show_any(*rows) : rows.error().message;
  }
  static std::string counted(Warehouse& warehouse) {
    return shown(warehouse, "SELECT coalesce(sum(read), 0)::bigint FROM clearwell.counts");
  }

  const std::string url_ = PostgresCluster::instance().emptied_for(
      ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(LeasesTest, TheSecondIsToldWhoIsFirst) {
  const auto first = open(), second = open();
  EXPECT_EQ(claim(*first), "");
  EXPECT_EQ(claim(*first), "");
  EXPECT_EQ(claim(*second).find("process " + std::to_string(::getpid()) + " on "), 0u);
  EXPECT_TRUE(count_one(*first).ok());
  EXPECT_TRUE(first->still_ours().ok());
}

TEST_F(LeasesTest, WhatIsClosedIsGivenBack) {
  auto first = open();
  const auto second = open();
  EXPECT_EQ(claim(*first), "");
  first.reset();
  EXPECT_EQ(claim(*second), "");
  EXPECT_TRUE(count_one(*second).ok());
}

// proves: nothing-doubled, one-transaction | each | postgres | resume
TEST_F(LeasesTest, WhoHasLostItsLeaseCommitsNothing) {
  const auto first = open(), second = open();
  ASSERT_EQ(claim(*first), "");
  ASSERT_TRUE(count_one(*first).ok());
  ASSERT_EQ(claim_when_void(*second), "");
  // Its session was ended; the next one is no better.
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(count_one(*first).ok());
  const auto fenced = count_one(*first);
  ASSERT_FALSE(fenced.ok());
  EXPECT_EQ(fenced.error().kind, ErrorKind::Fatal);
  EXPECT_NE(fenced.error().message.find("pipeline p has been taken over by process "),
            std::string::npos)
      << fenced.error().message;
  EXPECT_FALSE(first->still_ours().ok());
  EXPECT_TRUE(second->still_ours().ok());
  EXPECT_EQ(counted(*second), "1");
  EXPECT_TRUE(count_one(*second).ok());
  EXPECT_EQ(counted(*second), "2");
}

TEST_F(LeasesTest, AnOpenTransactionOfTheOldHolderIsEnded) {
  const auto first = open(), second = open();
  Target target;
  target.pipeline = "p";
  target.table = "t";
  target.columns = rows_of("SELECT 0::BIGINT AS id").schema;
  target.key = {0};
  target.mode = config::LoadMode::Insert;
  target.first = true;
  for (const auto& one : {first.get(), second.get()}) ASSERT_TRUE(one->prepare(target).ok());
  const LoadRows load{&target, rows_of("SELECT 0::BIGINT AS _record, 7::BIGINT AS id")};
  const std::vector<std::string> orders(1);
  std::vector<Written> written(1);
  ASSERT_EQ(claim(*first), "");
  auto open_transaction = first->begin();
  ASSERT_TRUE(open_transaction.ok());
  ASSERT_TRUE((*open_transaction)->write_first(load, orders, written).ok());
  ASSERT_EQ(claim_when_void(*second), "");
  auto next = second->begin();
  ASSERT_TRUE(next.ok());
  const auto done = (*next)->write_first(load, orders, written);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(written[0], Written::New);
  EXPECT_TRUE((*next)->commit().ok());
  EXPECT_FALSE((*open_transaction)->commit().ok());
  EXPECT_EQ(shown(*second, "SELECT count(*) FROM t"), "1");
}

}  // namespace
}  // namespace clearwell::warehouses
