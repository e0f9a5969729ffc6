// Records that are held: parked, released, expired, replayed, repaired, discarded. Judge and loader
// are driven by hand, batch by batch.
#include <optional>

#include "engine/judge.h"
#include "engine/loader.h"
#include "tests/unit/engine/project_fixture.h"

namespace clearwell::engine {
namespace {

const char* const orders_yaml =
    "contract:\n"
    "  id: { type: integer, key: true }\n"
    "  user: { type: integer, references: users.id, if_missing: { park: 10s } }\n"
    "  article: { type: integer, nullable: true, references: articles.id, if_missing: { park: 5s } "
    "}\n"
    "  n: { type: integer, min: 1 }\n"
    "load: [ { table: orders, key: id, mode: insert, sql: \"SELECT id, user, n, _arrived, _line "
    "FROM "
    "accepted\" } ]\n";

class HeldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    project_.execute("CREATE TABLE users (id BIGINT); CREATE TABLE articles (id BIGINT)");
    make(orders_yaml);
  }

  void make(const std::string& yaml) {
    project_.lines_pipeline("p", yaml);
    loader_.reset();
    judge_.reset();
    config::Faults faults;
    TypeBook types;
    auto judge = Judge::make(*database_, project_.load().pipelines.at(0), types, faults);
    ASSERT_TRUE(judge.ok() && faults.empty()) << faults.to_text();
    judge_ = std::move(judge).value();
    for (const KindPlan& kind : judge_->kinds()) {
      for (const warehouses::Target& target : kind.targets) {
        ASSERT_TRUE(project_.warehouse().prepare(target).ok());
      }
    }
    loader_.emplace(*judge_, project_.warehouse());
  }

  Judged judge(Input input) {
    Judge::Options options;
    options.look_up = [this](const std::string& table, const std::string& column,
                             const std::vector<std::string>& take,
                             const std::vector<std::string>& keys) {
      return project_.warehouse().lookup({table, column, take, keys});
    };
    options.can_wait = [this](const std::string&) { return can_wait_; };
    auto judged = judge_->judge(std::move(input), options);
    EXPECT_TRUE(judged.ok()) << judged.error().message;
    return std::move(judged).value();
  }
  Committed commit(Judged judged) {
    auto committed = loader_->commit(judged, clock_);
    if (committed.ok()) return std::move(committed).value();
    ADD_FAILURE() << committed.error().message;
    return {};
  }
  Input source(const std::vector<std::string>& payloads) {
    Input input;
    input.raw.source = "jsonl";
    for (const std::string& payload : payloads) {
      batch::Record record;
      record.payload = input.raw.arena.add(payload);
      record.source = "jsonl";
      record.partition = "p.jsonl";
      record.line = ++line_;
      record.offset = line_ * 100;
      record.order = {0, line_, "p.jsonl"};
      record.arrived = Instant(Micros(1'700'000'000'000'000 + line_));
      input.raw.records.push_back(record);
    }
    return input;
  }
  Committed read(const std::vector<std::string>& payloads) {
    return commit(judge(source(payloads)));
  }
  static std::string order(int id, int user, int n, const std::string& article = "null") {
    return "{\"id\":" + std::to_string(id) + ",\"user\":" + std::to_string(user) +
           ",\"article\":" + article + ",\"n\":" + std::to_string(n) + "}";
  }

  // How many were released.
  size_t release() {
    auto held = project_.warehouse().releasable("p", judge_->reference_targets(), 100);
    EXPECT_TRUE(held.ok()) << held.error().message;
    const size_t count = held->ids.size();
    if (count > 0) commit(judge(to_input(std::move(held).value(), Origin::Release)));
    return count;
  }
  size_t expire(int64_t seconds) {
    clock_ = std::chrono::seconds(seconds);
    auto held = project_.warehouse().expired("p", clock_, 100);
    EXPECT_TRUE(held.ok()) << held.error().message;
    const size_t count = held->ids.size();
    if (count > 0) commit(judge(to_input(std::move(held).value(), Origin::Expiry)));
    return count;
  }
  std::string counts() { return project_.counts("p"); }
  std::string orders() { return project_.show("SELECT id, user, n FROM orders ORDER BY id"); }

  ProjectFixture project_;
  std::optional<duckdb::Database> database_ = [] {
    auto database = duckdb::Database::open({});
    return std::optional(std::move(database).value());
  }();
  std::unique_ptr<Judge> judge_;
  std::optional<Loader> loader_;
  std::chrono::microseconds clock_{0};
  bool can_wait_ = true;
  int64_t line_ = 0;
};

// proves: release, accounting, one-transaction | jsonl | duckdb | park-release
TEST_F(HeldTest, ParkedUntilTheParentsCome) {
  read({order(1, 7, 1), order(2, 8, 1, "5"), order(3, 7, 1, "6")});
  EXPECT_EQ(counts(), "read 3: parked 3");
  EXPECT_EQ(release(), 0u);
  project_.execute("INSERT INTO users VALUES (7), (8)");
  EXPECT_EQ(release(), 1u);
  EXPECT_EQ(counts(), "read 3: loaded 1 parked 2");
  project_.execute("INSERT INTO articles VALUES (5), (6)");
  EXPECT_EQ(release(), 2u);
  EXPECT_EQ(counts(), "read 3: loaded 3");
  // Position and arrival are those of the first reading.
  EXPECT_EQ(project_.show("SELECT id, _line, epoch_us(_arrived) % 1000 FROM orders ORDER BY id"),
            "1|1|1\n2|2|2\n3|3|3");
  EXPECT_EQ(project_.show("SELECT count(*) FROM clearwell.waits"), "0");
}

TEST_F(HeldTest, OnlyRecordsThatMissNothingButParentsArePassedToThePark) {
  read({order(1, 7, 0), order(2, 7, 1)});
  EXPECT_EQ(counts(), "read 2: quarantined 1 parked 1");
  project_.execute("INSERT INTO users VALUES (7)");
  EXPECT_EQ(release(), 2u);
  EXPECT_EQ(counts(), "read 2: loaded 1 quarantined 1");
  // Its reasons are those that it would have had.
  EXPECT_EQ(project_.quarantine(), "1 field.min open");
  EXPECT_EQ(release(), 0u);
}

TEST_F(HeldTest, WithoutSomebodyToBringThemParentsAreNotWaitedFor) {
  can_wait_ = false;
  read({order(1, 7, 1)});
  EXPECT_EQ(counts(), "read 1: quarantined 1");
  // But when they come, the record is released.
  project_.execute("INSERT INTO users VALUES (7)");
  EXPECT_EQ(release(), 1u);
  EXPECT_EQ(counts(), "read 1: loaded 1");
  EXPECT_EQ(project_.quarantine(), "1 reference.missing released");
}

TEST_F(HeldTest, TheShortestPatienceCounts) {
  read({order(1, 7, 1), order(2, 7, 1, "5")});
  EXPECT_EQ(expire(4), 0u);
  EXPECT_EQ(expire(5), 1u);
  EXPECT_EQ(counts(), "read 2: quarantined 1 parked 1");
  EXPECT_EQ(project_.quarantine(), "2 reference.missing open");
  EXPECT_EQ(expire(10), 1u);
  EXPECT_EQ(counts(), "read 2: quarantined 2");
  EXPECT_EQ(expire(1000), 0u);
  project_.execute("INSERT INTO users VALUES (7); INSERT INTO articles VALUES (5)");
  EXPECT_EQ(release(), 2u);
  EXPECT_EQ(counts(), "read 2: loaded 2");
}

// The parent came between the look for releasable records and the end of the wait.
TEST_F(HeldTest, AParentThatComesInTheLastMomentCounts) {
  read({order(1, 7, 1)});
  project_.execute("INSERT INTO users VALUES (7)");
  EXPECT_EQ(expire(10), 1u);
  EXPECT_EQ(counts(), "read 1: loaded 1");
}

// Without columns that differ whenever a record is read again.
std::string repeatable(std::string yaml) {
  const std::string system = ", _arrived, _line ";
  return yaml.replace(yaml.find(system), system.size(), " ");
}

// proves: only-valid | jsonl | duckdb | park-release
TEST_F(HeldTest, ReleasedRecordsAreJudgedWhole) {
  make(repeatable(orders_yaml));
  read({order(1, 7, 1), order(1, 7, 2), order(1, 7, 1)});
  EXPECT_EQ(counts(), "read 3: parked 3");
  project_.execute("INSERT INTO users VALUES (7)");
  EXPECT_EQ(release(), 3u);
  EXPECT_EQ(counts(), "read 3: loaded 1 duplicate 1 quarantined 1");
  EXPECT_EQ(orders(), "1|7|1");
  EXPECT_EQ(project_.quarantine(), "2 key.conflict open");
}

// proves: resolution | jsonl | duckdb | first-run
TEST_F(HeldTest, AnAcceptedKeyResolvesItsBrokenSightings) {
  project_.execute("INSERT INTO users VALUES (7)");
  read({order(1, 7, 0), order(2, 7, 0)});
  EXPECT_EQ(project_.quarantine(), "1 field.min open\n2 field.min open");
  read({order(1, 7, 5)});
  EXPECT_EQ(project_.quarantine(), "1 field.min resolved\n2 field.min open");
  // Also when the broken one comes later.
  read({order(1, 7, -1)});
  EXPECT_EQ(project_.quarantine(), "1 field.min resolved\n2 field.min open\n4 field.min resolved");
  EXPECT_EQ(counts(), "read 4: loaded 1 quarantined 3");
}

TEST_F(HeldTest, ConflictsStayOpen) {
  make(repeatable(orders_yaml));
  project_.execute("INSERT INTO users VALUES (7)");
  read({order(1, 7, 1), order(1, 7, 2)});
  read({order(1, 7, 1)});
  EXPECT_EQ(project_.quarantine(), "2 key.conflict open");
  EXPECT_EQ(project_.show("SELECT reasons->>'$[0].value', reasons->>'$[0].message' FROM "
                          "clearwell.quarantine"),
            "1|a record with the same key is in orders already, with other content");
}

// A commit that failed may be tried again with the same batch.
TEST_F(HeldTest, ABatchMayBeAddedAgain) {
  project_.execute("INSERT INTO users VALUES (7)");
  Judged judged = judge(source({order(1, 7, 1), order(1, 7, 2), order(2, 9, 1)}));
  {
    auto transaction = project_.warehouse().begin();
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(loader_->add(**transaction, judged, clock_).ok());
  }
  EXPECT_EQ(counts(), "read 0:");
  commit(std::move(judged));
  EXPECT_EQ(counts(), "read 3: loaded 1 quarantined 1 parked 1");
  EXPECT_EQ(project_.show("SELECT json_array_length(reasons) FROM clearwell.quarantine"), "1");
  EXPECT_EQ(project_.show("SELECT count(*) FROM clearwell.parked"), "1");
}

TEST_F(HeldTest, UnsettledRecordsThatDoNotParseAreLeftOut) {
  Input input = source({order(1, 7, 1), "{\"id\":", order(2, 7, 0)});
  project_.execute("INSERT INTO users VALUES (7)");
  for (batch::Record& record : input.raw.records) record.settled = false;
  const Judged judged = judge(std::move(input));
  EXPECT_EQ(judged.verdicts,
            (std::vector<Verdict>{Verdict::Accept, Verdict::Retry, Verdict::Reject}));
}

// --- replay and discard, through the engine's own door

class ReplayTest : public HeldTest {
 protected:
  void SetUp() override {
    HeldTest::SetUp();
    project_.execute("INSERT INTO users VALUES (7)");
    read({order(1, 7, 0), order(2, 7, 0, "\"x\""), order(3, 9, 0), order(4, 7, 4)});
    ASSERT_EQ(counts(), "read 4: loaded 1 quarantined 3");
  }
  std::string replay(const std::vector<int64_t>& ids, const std::vector<Repair>& repairs = {}) {
    auto report = engine::replay(project_.load(), project_.warehouse(), ids, repairs);
    if (!report.ok()) return report.error().message;
    return std::to_string(report->accepted) + " accepted " + std::to_string(report->rejected) +
           " rejected";
  }
  std::string payload(int64_t id) {
    return project_.show("SELECT payload FROM clearwell.quarantine WHERE id = " +
                         std::to_string(id));
  }
};

TEST_F(ReplayTest, WithoutARepairNothingChanges) {
  EXPECT_EQ(replay({1}), "0 accepted 1 rejected");
  EXPECT_EQ(replay({1}), "0 accepted 1 rejected");
  EXPECT_EQ(counts(), "read 4: loaded 1 quarantined 3");
  EXPECT_EQ(project_.show("SELECT state, attempts FROM clearwell.quarantine WHERE id = 1"),
            "open|3");
}

// proves: resolution, accounting, nothing-lost | jsonl | duckdb | replay
TEST_F(ReplayTest, ARepairMakesItWhole) {
  EXPECT_EQ(replay({1}, {{"n", "5"}}), "1 accepted 0 rejected");
  EXPECT_EQ(counts(), "read 4: loaded 2 quarantined 2");
  EXPECT_EQ(orders(), "1|7|5\n4|7|4");
  EXPECT_EQ(project_.show("SELECT state FROM clearwell.quarantine WHERE id = 1"), "replayed");
  EXPECT_EQ(replay({1}),
            "there is no record 1 in quarantine (it may have been replayed, released or "
            "discarded): `clearwell quarantine list` shows what is there");
}

// proves: only-valid, exact-evidence | jsonl | duckdb | replay
TEST_F(ReplayTest, ARepairThatDoesNotHelpIsNotKept) {
  const std::string before = payload(2);
  EXPECT_EQ(replay({2}, {{"n", "5"}}), "0 accepted 1 rejected");
  EXPECT_EQ(payload(2), before);
  EXPECT_EQ(project_.quarantine(),
            "1 field.min open\n2 field.type open\n3 "
            "field.min,reference.missing open");
  EXPECT_EQ(replay({2}, {{"n", "5"}, {"article", "null"}}), "1 accepted 0 rejected");
  EXPECT_EQ(orders(), "2|7|5\n4|7|4");
}

TEST_F(ReplayTest, ARepairedRecordMayStillMissItsParent) {
  EXPECT_EQ(replay({3}, {{"n", "5"}}), "0 accepted 1 rejected");
  EXPECT_EQ(counts(), "read 4: loaded 1 quarantined 3");
}

// proves: nothing-doubled, neighbours | jsonl | duckdb | replay
TEST_F(ReplayTest, SeveralAtOnceAndFaultsOfTheRequest) {
  EXPECT_EQ(replay({1, 3, 2}, {{"n", "1"}, {"article", "null"}, {"user", "7"}}),
            "3 accepted 0 rejected");
  EXPECT_EQ(counts(), "read 4: loaded 4");
  EXPECT_EQ(replay({}), "0 accepted 0 rejected");
  EXPECT_NE(replay({77}).find("there is no record 77"), std::string::npos);
}

TEST_F(ReplayTest, TodaysContractJudges) {
  make(
      "contract: { id: { type: integer, key: true }, user: integer, n: integer }\n"
      "load: [ { table: orders, key: id, mode: insert, sql: \"SELECT id, user, n, _arrived, _line "
      "FROM accepted\" } ]\n");
  EXPECT_EQ(replay({1, 2, 3}), "3 accepted 0 rejected");
  EXPECT_EQ(orders(), "1|7|0\n2|7|0\n3|9|0\n4|7|4");
}

// A repaired old version ends superseded and never overwrites.
// proves: newest-wins | jsonl | duckdb | replay
TEST_F(ReplayTest, TheOriginalOrderIsKept) {
  make(
      "contract: { id: { type: integer, key: true }, n: { type: integer, min: 1 } }\n"
      "load: [ { table: latest, key: id, mode: upsert, sql: \"SELECT id, n FROM accepted\" } ]\n");
  read({R"({"id":1,"n":0})"});
  read({R"({"id":1,"n":2})"});
  EXPECT_EQ(replay({4}, {{"n", "9"}}), "1 accepted 0 rejected");
  EXPECT_EQ(project_.show("SELECT id, n FROM latest"), "1|2");
  EXPECT_EQ(counts(), "read 6: loaded 2 superseded 1 quarantined 3");
}

TEST_F(ReplayTest, Discarding) {
  auto discarded = engine::discard(project_.warehouse(), {1, 3});
  ASSERT_TRUE(discarded.ok());
  EXPECT_EQ(*discarded, 2);
  EXPECT_EQ(counts(), "read 4: loaded 1 quarantined 1 discarded 2");
  EXPECT_FALSE(engine::discard(project_.warehouse(), {1}).ok());
  EXPECT_EQ(counts(), "read 4: loaded 1 quarantined 1 discarded 2");
  project_.execute("INSERT INTO users VALUES (9)");
  EXPECT_EQ(release(), 0u);
}

}  // namespace
}  // namespace clearwell::engine
