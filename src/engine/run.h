// Run: all pipelines of a project at work on one warehouse, and its models.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/runner.h"
#include "models/models.h"

namespace clearwell::engine {

class Run {
 public:
  Run(const config::Project& project, warehouses::Warehouse& warehouse, const RunOptions& options);
  ~Run();

  // Compiles every pipeline and prepares every table, also of pipelines that do not run: their held
  // records may be waiting for rows that this run brings.
  Result<void> prepare();
  // Makes this process the only one that runs the selected pipelines (claim.h); false if it was
  // told to stop before.
  Result<bool> claim();
  // Opens the sources of the selected pipelines.
  Result<void> open();

  Result<RunReport> once();
  Result<RunReport> follow();

  // Judges held records of pipelines that are not running, whose parents have come.
  Result<void> settle_others();
  // Builds all models, in order.
  Result<void> build_models();

  // The runner of a pipeline, or null.
  Runner* find(const std::string& pipeline);

 private:
  Result<void> find_parent_types(const config::Pipeline& pipeline);
  RunHooks hooks();
  bool can_wait(const std::string& table) const;
  bool parents_caught_up(const Judge& judge) const;
  void tables_written(const std::vector<std::string>& tables);
  bool selected(const std::string& pipeline) const;
  bool stopping() const { return options_.stop != nullptr && *options_.stop; }
  void end_if_taken_over();
  Result<bool> models_if_due();
  Result<bool> tidy_up();
  RunReport report(Steady::time_point started) const;
  RunReport finish(Steady::time_point started);
  Result<void> write_history(const RunReport& report);

  const config::Project& project_;
  config::Project limited_;  // the project with limits from the environment
  warehouses::Warehouse& warehouse_;
  RunOptions options_;
  duckdb::Database database_;
  TypeBook types_;
  std::vector<std::unique_ptr<Runner>> runners_;  // parents first; all pipelines
  models::Plan models_;
  std::atomic<bool> running_{false};  // pipelines are at work side by side
  std::atomic<bool> models_dirty_{true};
  std::atomic<int64_t> commits_{0};
  Steady::time_point models_built_;
  Steady::duration models_took_{};
  std::vector<std::string> model_failures_;
  const Instant began_ = now();
};

}  // namespace clearwell::engine
