// How runs end before their input does, start over, and go on.
#include <thread>

#include "tests/unit/engine/project_fixture.h"

namespace clearwell::engine {
namespace {

std::string numbers(int from, int to) {
  std::string out;
  for (int i = from; i <= to; ++i) out += "{\"id\":" + std::to_string(i) + "}\n";
  return out;
}

const char* const plain_load =
    "load: [ { table: t, key: id, mode: insert, sql: SELECT id FROM accepted } ]\n";

// proves: nothing-lost | jsonl | duckdb | shutdown
TEST(Stop, ACheckCutsTheBatchAtTheRecord) {
  const auto scenario = [](ProjectFixture& project) {
    const std::string contract = "contract: { id: { type: integer, key: true } }\n";
    project.lines_pipeline(
        "p", contract + "checks: [ { name: sane, sql: id <> 12, action: stop } ]\n" + plain_load);
    project.write("p.jsonl", numbers(1, 10) + "{\"id\":\"x\"}\n" + numbers(11, 20));
    std::string out;
    for (int round = 0; round < 2; ++round) {
      const RunReport report = project.run_once();
      EXPECT_EQ(report.pipelines.at(0).stopped_by, "sane");
      EXPECT_EQ(report.pipelines.at(0).failure, "");
      out += project.counts("p") + " " + project.show("SELECT max(id) FROM t") + "\n";
    }
    project.lines_pipeline("p", contract + plain_load);
    project.run_well();
    return out + project.counts("p") + " " + project.show("SELECT max(id), count(*) FROM t");
  };
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 12: loaded 11 quarantined 1 11\n"
            "read 12: loaded 11 quarantined 1 11\n"
            "read 21: loaded 20 quarantined 1 20|20");
}

TEST(Stop, AtTheVeryFirstRecord) {
  ProjectFixture project;
  project.lines_pipeline("p", std::string("contract: { id: { type: integer, key: true } }\n"
                                          "checks: [ { name: no, sql: id > 5, action: stop } ]\n") +
                                  plain_load);
  project.write("p.jsonl", numbers(1, 3));
  EXPECT_EQ(project.run_once().pipelines.at(0).stopped_by, "no");
  EXPECT_EQ(project.counts("p"), "read 0:");
}

TEST(Warnings, AreCountedByCheck) {
  ProjectFixture project;
  project.batch_rows(4);
  project.lines_pipeline("p", std::string("contract: { id: { type: integer, key: true } }\n"
                                          "checks:\n"
                                          "  - { name: small, sql: id < 8, action: warn }\n"
                                          "  - { name: even, sql: id % 2 = 0, action: warn }\n") +
                                  plain_load);
  project.write("p.jsonl", numbers(1, 10));
  const RunReport report = project.run_well();
  EXPECT_EQ(report.pipelines.at(0).warnings,
            (std::map<std::string, int64_t>{{"even", 5}, {"small", 3}}));
  EXPECT_EQ(project.counts("p"), "read 10: loaded 10");
}

TEST(Budget, PausesThePipelineAfterCommitting) {
  ProjectFixture project;
  project.batch_rows(4);
  project.lines_pipeline("p", std::string("contract: { id: { type: integer, key: true } }\n"
                                          "budget: { max_rejected: 40%, over: 8 }\n") +
                                  plain_load);
  project.write("p.jsonl", "{}\n{}\n{}\n{}\n" + numbers(1, 20));
  RunReport report = project.run_once();
  EXPECT_TRUE(report.pipelines.at(0).over_budget);
  EXPECT_EQ(project.counts("p"), "read 8: loaded 4 quarantined 4");
  // The share is that of each run.
  report = project.run_once();
  EXPECT_FALSE(report.pipelines.at(0).over_budget);
  EXPECT_EQ(project.counts("p"), "read 24: loaded 20 quarantined 4");
  EXPECT_EQ(ProjectFixture::text_of(report.pipelines.at(0).run), "read 16: loaded 16");
}

TEST(Replace, TheTableIsWhatTheInputSays) {
  const auto scenario = [](ProjectFixture& project) {
    project.lines_pipeline("p",
                           "contract: { id: { type: integer }, v: text }\n"
                           "load: [ { table: t, mode: replace, sql: \"SELECT id, v FROM accepted\" "
                           "} ]\n");
    std::string out;
    for (const char* text :
         {"{\"id\":1,\"v\":\"a\"}\n{\"id\":1,\"v\":\"a\"}\n{}\n", "{\"id\":2,\"v\":\"b\"}\n", ""}) {
      project.write("p.jsonl", text);
      project.run_well();
      out += project.counts("p") + " [" + project.show("FROM t ORDER BY ALL") + "] " +
             project.quarantine() + "\n";
    }
    return out;
  };
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 3: loaded 2 quarantined 1 [1|a\n1|a] 3 field.missing open\n"
            "read 1: loaded 1 [2|b] \n"
            "read 0: [] \n");
}

TEST(Replace, ARunThatStopsChangesNothing) {
  ProjectFixture project;
  project.batch_rows(2);
  const auto with_budget = [&](const std::string& budget) {
    project.lines_pipeline("p",
                           "contract: { id: { type: integer } }\n" + budget +
                               "load: [ { table: t, mode: replace, sql: SELECT id FROM accepted } "
                               "]\n");
  };
  with_budget("");
  project.write("p.jsonl", numbers(1, 3));
  project.run_well();
  with_budget("budget: { max_rejected: 10%, over: 1 }\n");
  project.write("p.jsonl", numbers(7, 9) + "{}\n{}\n{}\n");
  EXPECT_TRUE(project.run_once().pipelines.at(0).over_budget);
  EXPECT_EQ(project.counts("p"), "read 3: loaded 3");
  EXPECT_EQ(project.show("SELECT min(id), max(id), count(*) FROM t"), "1|3|3");
}

TEST(Run, AnUnclearRecordOfARowEndsThePipeline) {
  ProjectFixture project;
  project.lines_pipeline(
      "p",
      "contract: { id: { type: integer, key: true } }\n"
      "load: [ { table: t, key: id, mode: insert, sql: \"SELECT b._record, a.id FROM accepted a "
      "LEFT JOIN accepted b ON a._record = b._record AND b.id > 1\" } ]\n");
  project.write("p.jsonl", numbers(1, 3));
  EXPECT_EQ(project.run_once().pipelines.at(0).failure,
            "judging a batch of p: load t: a row's _record is NULL or none of the batch's accepted "
            "records");
  EXPECT_EQ(project.counts("p"), "read 0:");
}

TEST(Run, APipelineThatFailsDoesNotTakeTheOthersAlong) {
  ProjectFixture project;
  const std::string rest = std::string("contract: { id: { type: integer, key: true } }\n");
  project.lines_pipeline("a", rest + plain_load);
  project.lines_pipeline(
      "b", rest + "load: [ { table: u, key: id, mode: insert, sql: SELECT id FROM accepted } ]\n");
  project.write("a.jsonl", numbers(1, 3));
  project.write("b.jsonl", numbers(1, 3));
  project.run_well();
  // The file of one has been replaced by a shorter one: its position fits no more.
  project.write("a.jsonl", "{\"id\":9}\n");
  project.append("b.jsonl", numbers(4, 5));
  RunOptions options;
  options.once = true;
  const auto report = engine::run(project.load(), project.warehouse(), options);
  if (report.ok()) {
    EXPECT_NE(report.value().pipelines.at(0).failure, "");
    EXPECT_EQ(project.counts("b"), "read 5: loaded 5");
  } else {
    EXPECT_EQ(report.error().kind, ErrorKind::Config);
  }
  EXPECT_EQ(project.counts("a"), "read 3: loaded 3");
}

// Follows files, and what becomes of records whose parents come later, until told to stop.
// proves: stops | jsonl | duckdb | shutdown
// proves: release | jsonl | duckdb | park-release
TEST(Follow, ReleasesWhatWaitsAndStopsWhenTold) {
  ProjectFixture project;
  project.pipeline("users",
                   "from: [ { files: { path: \"users/*.json\" } } ]\n"
                   "contract: { id: { type: integer, key: true } }\n"
                   "load: [ { table: users, key: id, mode: insert, sql: SELECT id FROM accepted } "
                   "]\n");
  project.pipeline("orders",
                   "from: [ { files: { path: \"orders/*.json\" } } ]\n"
                   "contract:\n"
                   "  id: { type: integer, key: true }\n"
                   "  user: { type: integer, references: users.id, if_missing: { park: 1h } }\n"
                   "load: [ { table: orders, key: id, mode: insert, sql: \"SELECT id, user FROM "
                   "accepted\" } ]\n");
  project.write("orders/1.json", "{\"id\":1,\"user\":7}");
  std::filesystem::create_directories(project.folder() / "users");
  const config::Project& loaded = project.load();
  warehouses::Warehouse& warehouse = project.warehouse();
  std::atomic<bool> stop{false};
  std::thread runner([&] {
    RunOptions options;
    options.stop = &stop;
    const auto report = engine::run(loaded, warehouse, options);
    EXPECT_TRUE(report.ok());
  });
  const auto wait_for = [&](const std::string& expected) {
    for (int i = 0; i < 3000 && project.counts("orders") != expected; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(project.counts("orders"), expected);
  };
  wait_for("read 1: parked 1");
  project.write("users/7.json", "{\"id\":7}");
  wait_for("read 1: loaded 1");
  project.write("orders/2.json", "{\"id\":2,\"user\":7}");
  wait_for("read 2: loaded 2");
  stop = true;
  runner.join();
  EXPECT_EQ(project.show("FROM orders ORDER BY id"), "1|7\n2|7");
}

}  // namespace
}  // namespace clearwell::engine
