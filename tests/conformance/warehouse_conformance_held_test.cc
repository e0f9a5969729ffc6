// Quarantine and park: what is held, why, for whom it waits, and how it leaves.
#include "tests/conformance/warehouse_conformance.h"

namespace clearwell::warehouses {
namespace {

class WarehouseHeld : public WarehouseConformance {
 protected:
  using Waits = std::vector<std::pair<std::string, std::string>>;

  // The n-th record of a source; later ones come later in its order.
  static Held held(int n, Waits waits = {}) {
    static const std::string payload = std::string("{\"id\": \xFF\0}", 10);
    Held out;
    out.kind = "orders";
    out.entry = "orders:" + std::to_string(n);
    out.key = std::to_string(n);
    out.record.payload = payload;
    out.record.source = "inbox";
    out.record.partition = "a.jsonl";
    out.record.offset = n * 100;
    out.record.line = n;
    out.record.order = {7, n, "tie"};
    out.record.arrived = Instant(Micros(1'700'000'000'000'000 + n));
    out.contract_version = "abc";
    out.codes = {"field.min", "field.type"};
    out.reasons = "[{\"code\": \"field.min\"}]";
    out.waits = std::move(waits);
    return out;
  }
  void quarantine(const std::vector<Held>& records, const std::string& pipeline = "p") {
    auto transaction = begin();
    const auto done = transaction->quarantine(pipeline, records);
    ASSERT_TRUE(done.ok()) << done.error().message;
    commit(*transaction);
  }
  void park(const std::vector<Held>& records, const std::string& pipeline = "p") {
    auto transaction = begin();
    const auto done = transaction->park(pipeline, records);
    ASSERT_TRUE(done.ok()) << done.error().message;
    commit(*transaction);
  }
  void settle(const std::vector<int64_t>& ids, HeldState state) {
    auto transaction = begin();
    const auto done = transaction->settle("p", ids, state);
    ASSERT_TRUE(done.ok()) << done.error().message;
    commit(*transaction);
  }
  void resolve(const std::vector<Accepted>& accepted) {
    auto transaction = begin();
    const auto done = transaction->resolve("p", accepted);
    ASSERT_TRUE(done.ok()) << done.error().message;
    commit(*transaction);
  }
  static std::string ids(const Result<HeldRecords>& found) {
    if (!found.ok()) return found.error().message;
    std::string out;
    for (size_t i = 0; i < found->ids.size(); ++i) {
      out += (i > 0 ? " " : "") + std::to_string(found->ids[i]) + (found->from_park[i] ? "p" : "q");
    }
    return out;
  }
  std::string releasable(const std::vector<std::string>& targets, size_t limit = 100) {
    return ids(warehouse_->releasable("p", targets, limit));
  }
  std::string states() {
    return show("SELECT id, state, attempts FROM clearwell.quarantine ORDER BY id");
  }
};
INSTANTIATE_TEST_SUITE_P(All, WarehouseHeld, ::testing::ValuesIn(warehouse_benches()), bench_name);

// proves: exact-evidence | each | each | first-run
TEST_P(WarehouseHeld, QuarantineKeepsAllOfARecord) {
  Held resolved = held(2);
  resolved.key.reset();
  resolved.resolved = true;
  quarantine({held(1), resolved});
  EXPECT_EQ(
      show("SELECT id, pipeline, kind, entry, key, state, source, partition, \"offset\", line, "
           "arrived, contract_version, attempts, codes, reasons, payload FROM "
           "clearwell.quarantine ORDER BY id"),
      "1|p|orders|orders:1|1|open|inbox|a.jsonl|100|1|2023-11-14 22:13:20.000001+00|abc|1|"
      "[field.min, field.type]|[{\"code\": \"field.min\"}]|{\\x22id\\x22: \\xFF\\x00}\n"
      "2|p|orders|orders:2|NULL|resolved|inbox|a.jsonl|200|2|2023-11-14 22:13:20.000002+00|"
      "abc|1|[field.min, field.type]|[{\"code\": \"field.min\"}]|{\\x22id\\x22: \\xFF\\x00}");
  EXPECT_EQ(warehouse_->state("p").value().quarantined_bytes, 20);
}

// proves: exact-evidence | each | each | replay, park-release
TEST_P(WarehouseHeld, RecordsAreReadBackAsTheyWere) {
  park({held(3, {{"users.id", "x"}})});
  quarantine({held(1), held(2)});
  const auto found = warehouse_->held("p", {3, 1, 2, 77});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(ids(found), "2q 3q 1p");  // in the order of the records
  const batch::Record& record = found->raw.records[2];
  const Held given = held(3);
  EXPECT_EQ(record.payload, given.record.payload);
  EXPECT_EQ(record.source, "inbox");
  EXPECT_EQ(record.partition, "a.jsonl");
  EXPECT_EQ(record.offset, 300);
  EXPECT_EQ(record.line, 3);
  EXPECT_EQ(batch::encode_order(record.order), batch::encode_order(given.record.order));
  EXPECT_EQ(record.arrived, given.record.arrived);
  EXPECT_EQ(found->kinds, (std::vector<std::string>{"orders", "orders", "orders"}));
  EXPECT_EQ(found->raw.payload_bytes, 30u);
  EXPECT_EQ(ids(warehouse_->held("q", {1, 2, 3})), "");
  EXPECT_EQ(ids(warehouse_->held("p", {})), "");
}

TEST_P(WarehouseHeld, IdsAreNeverUsedAgain) {
  quarantine({held(1)});
  park({held(2)});
  reopen();
  quarantine({held(3)});
  EXPECT_EQ(ids(warehouse_->held("p", {1, 2, 3})), "1q 2p 3q");
}

// proves: release | each | each | park-release
TEST_P(WarehouseHeld, ReleasedWhenNoParentIsMissingAnyMore) {
  execute("CREATE TABLE users (id UUID)");
  execute("CREATE SCHEMA shop; CREATE TABLE shop.articles (article_id BIGINT)");
  const std::string uuid = "12345678-9abc-def0-1234-56789abcdef0";
  park({held(3, {{"users.id", uuid}, {"shop.articles.article_id", "1"}}),
        held(2, {{"shop.articles.article_id", "1"}}), held(1, {{"users.id", "no uuid"}})});
  quarantine({held(4, {{"shop.articles.article_id", "1"}}), held(5)});
  quarantine({held(6, {{"shop.articles.article_id", "1"}})}, "q");
  const std::vector<std::string> targets = {"users.id", "shop.articles.article_id"};
  EXPECT_TRUE(warehouse_->any_waits("p", targets).value());
  EXPECT_TRUE(warehouse_->any_waits("p", {"users.id"}).value());
  EXPECT_FALSE(warehouse_->any_waits("p", {"others.id"}).value());
  EXPECT_FALSE(warehouse_->any_waits("p", {}).value());
  EXPECT_FALSE(warehouse_->any_waits("r", targets).value());
  EXPECT_EQ(releasable(targets), "");
  EXPECT_EQ(releasable({}), "");
  execute("INSERT INTO shop.articles VALUES (1), (1)");
  EXPECT_EQ(releasable(targets), "2p 4q");
  EXPECT_EQ(releasable(targets, 1), "2p");
  execute("INSERT INTO users VALUES ('" + uuid + "')");
  EXPECT_EQ(releasable(targets), "2p 1p 4q");
  settle({2, 4}, HeldState::Released);
  EXPECT_EQ(releasable(targets), "1p");
  EXPECT_EQ(states(), "4|released|2\n5|open|1\n6|open|1");
  EXPECT_EQ(show("SELECT id FROM clearwell.parked ORDER BY id"), "1\n3");
}

TEST_P(WarehouseHeld, ParentsOfATableThatIsNotThereAreMissing) {
  park({held(1, {{"users.id", "1"}})});
  EXPECT_EQ(releasable({"users.id"}), "");
  execute("CREATE TABLE users (name VARCHAR)");
  EXPECT_EQ(releasable({"users.id"}), "");
  execute("DROP TABLE users; CREATE TABLE users AS SELECT 1 AS id");
  EXPECT_EQ(releasable({"users.id"}), "1p");
}

TEST_P(WarehouseHeld, ExpiredByTheClockOfThePipeline) {
  std::vector<Held> records = {held(3), held(1), held(2)};
  for (Held& record : records) record.deadline = std::chrono::microseconds(record.record.line * 10);
  park(records);
  park({held(4)}, "q");
  const auto expired = [&](int64_t clock, size_t limit = 100) {
    return ids(warehouse_->expired("p", std::chrono::microseconds(clock), limit));
  };
  EXPECT_EQ(expired(9), "");
  EXPECT_EQ(expired(20), "2p 3p");
  EXPECT_EQ(expired(1000), "2p 3p 1p");
  EXPECT_EQ(expired(1000, 2), "2p 3p");
}

TEST_P(WarehouseHeld, AParkedRecordMovesToQuarantine) {
  park({held(1, {{"users.id", "x"}})});
  Held moved = held(1, {{"users.id", "y"}});
  moved.id = 1;
  quarantine({moved});
  EXPECT_EQ(show("SELECT count(*) FROM clearwell.parked"), "0");
  EXPECT_EQ(states(), "1|open|1");
  EXPECT_EQ(show("SELECT holder, target, value FROM clearwell.waits"), "1|users.id|y");
}

TEST_P(WarehouseHeld, AnotherAttemptIsCountedOn) {
  quarantine({held(1, {{"users.id", "x"}})});
  Held again = held(1);
  again.id = 1;
  again.codes = {"check.other"};
  quarantine({again});
  quarantine({again});
  EXPECT_EQ(show("SELECT id, state, attempts, codes FROM clearwell.quarantine"),
            "1|open|3|[check.other]");
  EXPECT_EQ(show("SELECT count(*) FROM clearwell.waits"), "0");
}

TEST_P(WarehouseHeld, SettledRecordsAreHeldNoMore) {
  quarantine({held(1), held(2), held(3), held(4, {{"users.id", "x"}})});
  settle({1}, HeldState::Replayed);
  settle({2}, HeldState::Discarded);
  settle({4}, HeldState::Released);
  settle({}, HeldState::Discarded);
  EXPECT_EQ(states(), "1|replayed|2\n2|discarded|1\n3|open|1\n4|released|2");
  EXPECT_EQ(ids(warehouse_->held("p", {1, 2, 3, 4})), "3q");
  EXPECT_EQ(show("SELECT count(*) FROM clearwell.waits"), "0");
  EXPECT_EQ(warehouse_->state("p").value().quarantined_bytes, 10);
}

// proves: resolution | each | each | first-run
TEST_P(WarehouseHeld, ResolvedByWhoIsAccepted) {
  Held conflict = held(3);
  conflict.codes = {"key.conflict"};
  quarantine({held(1), held(2), conflict});
  quarantine({held(1)}, "q");
  resolve({{"orders:1", order_of(0), {}}, {"orders:3", order_of(0), {}}, {"orders:9", "", {}}});
  EXPECT_EQ(states(), "1|resolved|1\n2|open|1\n3|open|1\n4|open|1");
  // Resolved ones still count, can be replayed, and are not resolved again.
  EXPECT_EQ(ids(warehouse_->held("p", {1})), "1q");
}

TEST_P(WarehouseHeld, ResolvedOnlyByWhatIsAtLeastAsNew) {
  Held known = held(1), unknown = held(2);
  known.tuple = std::string("\1v5") + batch::encode_order(known.record.order);
  quarantine({known, unknown});
  const std::string before = batch::encode_order({7, 0, ""}),
                    after = batch::encode_order({7, 9, ""});
  const auto accept = [&](const std::string& entry, const std::string& version,
                          const std::string& order) {
    resolve({{entry, order, version.empty() ? version : version + order}});
  };
  accept("orders:1", "\1v4", after);  // an older version, though it came later
  accept("orders:2", "\1v9", before);
  EXPECT_EQ(states(), "1|open|1\n2|open|1");
  accept("orders:1", "\1v5", after);
  accept("orders:2", "\1v1", after);  // its version is not known: the order tells
  EXPECT_EQ(states(), "1|resolved|1\n2|resolved|1");
}

// proves: resolution | each | each | resume
TEST_P(WarehouseHeld, OpenEntriesAreKnownAfterReopening) {
  const auto may_resolve = [&](const std::string& pipeline) {
    return begin()->may_resolve(pipeline);
  };
  EXPECT_FALSE(may_resolve("p"));
  quarantine({held(1)});
  EXPECT_TRUE(may_resolve("p"));
  EXPECT_FALSE(may_resolve("q"));
  reopen();
  EXPECT_TRUE(may_resolve("p"));
  resolve({{"orders:1", order_of(0), {}}});
  EXPECT_EQ(states(), "1|resolved|1");
  reopen();
  EXPECT_FALSE(may_resolve("p"));
}

TEST_P(WarehouseHeld, WhatWasGivenUpResolvesNothing) {
  quarantine({held(1)});
  {
    auto transaction = begin();
    ASSERT_TRUE(transaction->start_over("p", {}).ok());
  }
  {
    auto transaction = begin();
    const Accepted accepted[] = {{"orders:1", order_of(0), {}}};
    ASSERT_TRUE(transaction->resolve("p", accepted).ok());
  }
  EXPECT_EQ(states(), "1|open|1");
  resolve({{"orders:1", order_of(0), {}}});
  EXPECT_EQ(states(), "1|resolved|1");
}

TEST_P(WarehouseHeld, ManyRecordsAtOnce) {
  std::vector<Held> records;
  for (int i = 0; i < 5000; ++i) {
    records.push_back(held(i, {{"users.id", std::to_string(i)}, {"users.id", "k"}}));
  }
  park(records);
  execute("CREATE TABLE users AS SELECT i::VARCHAR AS id FROM generate_series(0, 2999) t(i)");
  EXPECT_EQ(releasable({"users.id"}), "");
  execute("INSERT INTO users VALUES ('k')");
  const auto found = warehouse_->releasable("p", {"users.id"}, 10'000);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->ids.size(), 3000u);
  EXPECT_TRUE(std::is_sorted(found->ids.begin(), found->ids.end()));
  settle(found->ids, HeldState::Released);
  EXPECT_EQ(show("SELECT count(*) FROM clearwell.parked"), "2000");
  EXPECT_EQ(show("SELECT count(*) FROM clearwell.waits"), "4000");
}

}  // namespace
}  // namespace clearwell::warehouses
