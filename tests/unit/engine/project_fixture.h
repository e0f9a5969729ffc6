// A project in a folder of its own, with a warehouse beside it, run by the engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "sources/source.h"
#include "tests/unit/base/temp_folder.h"
#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::engine {

class ProjectFixture {
 public:
  ProjectFixture() { folder_.write("clearwell.yaml", "project: test\n"); }

  // A file below the project's folder.
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }
  void append(const std::string& name, const std::string& text) const {
    folder_.append(name, text);
  }
  void pipeline(const std::string& name, const std::string& yaml) const {
    folder_.write("pipelines/" + name + ".yaml", "pipeline: " + name + "\n" + yaml);
  }
  // A pipeline that reads NAME.jsonl.
  void lines_pipeline(const std::string& name, const std::string& yaml) const {
    pipeline(name, "from: [ { jsonl: { path: " + name + ".jsonl } } ]\n" + yaml);
  }
  void batch_rows(int64_t rows) { batch_rows_ = rows; }

  const config::Project& load() {
    config::LoadOptions options;
    options.folder = folder_.path();
    options.sources = sources::source_specs();
    loaded_ = config::load(options);
    EXPECT_EQ(loaded_.faults.to_text(), "");
    loaded_.project.limits.batch_rows = batch_rows_;
    return loaded_.project;
  }

  warehouses::Warehouse& warehouse() {
    if (warehouse_ == nullptr) {
      auto opened =
          warehouses::open({"duckdb:w.duckdb", folder_.path()}, {}, warehouses::Access::Write);
      EXPECT_TRUE(opened.ok()) << opened.error().message;
      warehouse_ = std::move(opened).value();
    }
    return *warehouse_;
  }
  void execute(const std::string& sql) {
    const auto done = warehouse().execute(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  // Rows as text.
  std::string show(const std::string& select) {
    auto found = warehouse().query(testing::as_texts(select));
    return found.ok() ? testing::show_rows(*found) : found.error().message;
  }

  RunReport run_once(std::vector<std::string> pipelines = {}) {
    RunOptions options;
    options.once = true;
    options.pipelines = std::move(pipelines);
    auto report = engine::run(load(), warehouse(), options);
    if (report.ok()) return std::move(report).value();
    ADD_FAILURE() << report.error().message;
    return {};
  }
  // The same, with nothing going wrong.
  RunReport run_well() {
    RunReport report = run_once();
    for (const PipelineReport& one : report.pipelines) {
      EXPECT_EQ(one.failure, "") << one.pipeline;
      EXPECT_EQ(one.stopped_by, "");
      EXPECT_FALSE(one.over_budget);
    }
    EXPECT_TRUE(report.model_failures.empty());
    return report;
  }

  // "read 5: loaded 3 quarantined 2", without what is zero.
  std::string counts(const std::string& pipeline) {
    return text_of(warehouse().state(pipeline).value().counts);
  }
  static std::string text_of(const batch::Counts& counts) {
    EXPECT_TRUE(counts.balanced());
    std::string out = "read " + std::to_string(counts.read) + ":";
    const std::pair<const char*, int64_t> terms[] = {
        {"loaded", counts.loaded},           {"superseded", counts.superseded},
        {"duplicate", counts.duplicate},     {"skipped", counts.skipped},
        {"quarantined", counts.quarantined}, {"parked", counts.parked},
        {"discarded", counts.discarded}};
    for (const auto& [name, count] : terms) {
      if (count != 0) out += std::string(" ") + name + " " + std::to_string(count);
    }
    return out;
  }
  // "line code,code state" of each record in quarantine, by its line.
  std::string quarantine() {
    return show(
        "SELECT line || ' ' || array_to_string(codes, ',') || ' ' || state FROM (FROM "
        "clearwell.quarantine ORDER BY partition, line)");
  }

  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  std::unique_ptr<warehouses::Warehouse> warehouse_;
  config::LoadedProject loaded_;
  int64_t batch_rows_ = 32768;
};

// Runs a scenario with batches of 1, 7 and all records. `run` brings its own project and returns
// what is to be equal.
template <typename Scenario>
std::string with_every_batch_size(Scenario&& run) {
  std::string first;
  for (int64_t rows : {1, 7, 32768}) {
    ProjectFixture project;
    project.batch_rows(rows);
    const std::string outcome = run(project);
    if (first.empty()) first = outcome;
    EXPECT_EQ(outcome, first) << "with batches of " << rows;
  }
  return first;
}

}  // namespace clearwell::engine
