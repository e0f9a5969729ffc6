#include "engine/run.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "base/step.h"
#include "engine/claim.h"
#include "engine/reporting.h"

namespace clearwell::engine {
namespace {

using namespace std::chrono_literals;

// Housekeeping of the warehouse waits for so long a pause in the commits.
constexpr auto idle_after = 1s;
// It is tried again so much later when there was no room for it.
constexpr auto tidy_pause = 10s;

// CLEARWELL_BATCH_ROWS overrides the batch size: `clearwell test` runs every scenario with several.
config::Project with_limits(const config::Project& project) {
  config::Project out = project;
  if (const char* rows = std::getenv("CLEARWELL_BATCH_ROWS")) {
    out.limits.batch_rows = std::max<int64_t>(1, std::atoll(rows));
  }
  return out;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string table_of(const std::string& target) { return target.substr(0, target.rfind('.')); }

duckdb::DatabaseOptions engine_options(const config::Limits& limits) {
  duckdb::DatabaseOptions options;
  options.memory_limit = std::to_string(limits.memory >> 10) + "KiB";
  return options;
}

duckdb::Database open_database(const config::Limits& limits) {
  auto database = duckdb::Database::open(engine_options(limits));
  CW_ASSERT(database.ok());
  return std::move(database).value();
}

}  // namespace

Run::Run(const config::Project& project, warehouses::Warehouse& warehouse,
         const RunOptions& options)
    : project_(project),
      limited_(with_limits(project)),
      warehouse_(warehouse),
      options_(options),
      database_(open_database(project.limits)) {}

// After an error pipelines may still be at work, and what they write concerns the others: none may
// go before all have ended.
Run::~Run() {
  for (const auto& runner : runners_) runner->give_up();
  for (const auto& runner : runners_) runner->join();
}

Runner* Run::find(const std::string& pipeline) {
  for (const auto& runner : runners_) {
    if (runner->judge().pipeline().name == pipeline) return runner.get();
  }
  return nullptr;
}

bool Run::selected(const std::string& pipeline) const {
  return options_.pipelines.empty() || contains(options_.pipelines, pipeline);
}

Result<void> Run::prepare() {
  config::Faults faults;
  for (const config::Pipeline* pipeline : parents_first(limited_)) {
    // Only a pipeline that is not selected may lack values of its parameters.
    if (!pipeline->complete) continue;
    CW_TRY(find_parent_types(*pipeline));
    CW_ASSIGN(auto judge, Judge::make(database_, *pipeline, types_, faults));
    if (!faults.empty()) return config_error(faults.to_text());
    for (const KindPlan& kind : judge->kinds()) {
      for (const warehouses::Target& target : kind.targets) CW_TRY(warehouse_.prepare(target));
    }
    runners_.push_back(
        std::make_unique<Runner>(limited_, *pipeline, std::move(judge), warehouse_, hooks()));
  }
  models_ = models::plan(project_, faults);
  if (!faults.empty()) return config_error(faults.to_text());
  return {};
}

// Types of the columns of tables that other programs write.
Result<void> Run::find_parent_types(const config::Pipeline& pipeline) {
  std::vector<std::string> tables;
  for (const config::Kind& kind : pipeline.kinds) {
    config::for_each_field(kind.fields, "", [&](const config::Field& field, const std::string&) {
      if (field.reference) tables.push_back(field.reference->table);
    });
  }
  for (const std::string& table : tables) {
    const auto known = types_.lower_bound(table + ".");
    if (known != types_.end() && known->first.starts_with(table + ".")) continue;
    CW_ASSIGN(const std::optional<duckdb::Schema> schema, warehouse_.columns(table));
    for (const duckdb::ColumnSchema& column : schema.value_or(duckdb::Schema{})) {
      types_[table + "." + column.name] =
          duckdb::stored_type(column.type).value_or(duckdb::simple(duckdb::TypeId::Text));
    }
  }
  return {};
}

RunHooks Run::hooks() {
  RunHooks hooks;
  hooks.can_wait = [this](const std::string& table) { return can_wait(table); };
  hooks.parents_caught_up = [this](const Judge& judge) { return parents_caught_up(judge); };
  hooks.tables_written = [this](const std::vector<std::string>& tables) { tables_written(tables); };
  hooks.progress = options_.progress;
  return hooks;
}

// Following, anybody may bring the parent, another program too. Under --once only a pipeline of
// this run can that has not ended yet.
bool Run::can_wait(const std::string& table) const {
  if (!options_.once) return true;
  for (const auto& runner : runners_) {
    if (!selected(runner->judge().pipeline().name) || runner->finished()) continue;
    if (contains(runner->judge().tables(), table)) return true;
  }
  return false;
}

bool Run::parents_caught_up(const Judge& judge) const {
  for (const std::string& target : judge.reference_targets()) {
    for (const auto& runner : runners_) {
      if (!selected(runner->judge().pipeline().name)) continue;
      if (contains(runner->judge().tables(), table_of(target)) && !runner->caught_up()) {
        return false;
      }
    }
  }
  return true;
}

void Run::tables_written(const std::vector<std::string>& tables) {
  models_dirty_ = true;
  ++commits_;
  for (const auto& runner : runners_) {
    const std::vector<std::string>& targets = runner->judge().reference_targets();
    bool any = false;
    for (const std::string& target : targets) {
      if (!contains(tables, table_of(target))) continue;
      runner->judge().invalidate(table_of(target));
      any = true;
    }
    if (any) runner->look_for_parents();
  }
}

// In the order of their names, so that two processes never wait for each other.
Result<bool> Run::claim() {
  std::vector<std::string> names;
  for (const auto& runner : runners_) {
    const std::string& name = runner->judge().pipeline().name;
    if (selected(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    CW_ASSIGN(const bool ours,
              engine::claim(warehouse_, name, {options_.once, options_.stop, project_.name}));
    if (!ours) return false;
  }
  return true;
}

// All pipelines of this process end: whoever has taken one over takes the others as well.
void Run::end_if_taken_over() {
  const auto ours = warehouse_.still_ours();
  if (ours.ok()) return;
  for (const auto& runner : runners_) {
    if (selected(runner->judge().pipeline().name)) runner->give_up(ours.error());
  }
}

Result<void> Run::open() {
  for (const auto& runner : runners_) {
    if (selected(runner->judge().pipeline().name)) CW_TRY(runner->open(options_.once));
  }
  return {};
}

Result<RunReport> Run::once() {
  const auto started = Steady::now();
  for (const auto& runner : runners_) {
    if (!selected(runner->judge().pipeline().name) || stopping()) continue;
    runner->start(options_.stop);
    runner->join();
    const PipelineReport done = runner->report();
    const bool ended = done.failure.empty() && !done.over_budget && done.stopped_by.empty();
    if (!stopping() && ended) CW_TRY(runner->settle_held(true));
  }
  if (!stopping() && warehouse_.still_ours().ok()) CW_TRY(settle_others());
  Patience patience;
  patience.what = "building models";
  patience.stopping = [this] { return stopping(); };
  patience.most = patience_once;
  auto built = patiently(patience, [this] { return build_models(); });
  if (!built.ok()) model_failures_.push_back(built.error().message);
  return finish(started);
}

Result<RunReport> Run::follow() {
  const auto started = Steady::now();
  running_ = true;
  for (const auto& runner : runners_) {
    if (selected(runner->judge().pipeline().name)) runner->start(options_.stop);
  }
  const Reporting reporting(project_, warehouse_);
  int64_t commits = commits_;
  auto last_commit = Steady::now();
  bool tidy = false;
  while (!stopping()) {
    std::this_thread::sleep_for(20ms);
    const bool all_ended = std::all_of(runners_.begin(), runners_.end(), [&](const auto& runner) {
      return !selected(runner->judge().pipeline().name) || runner->ended();
    });
    if (all_ended) break;
    if (commits_ != commits) {
      commits = commits_;
      last_commit = Steady::now();
      tidy = false;
    }
    end_if_taken_over();
    CW_TRY(models_if_due());
    if (!tidy && Steady::now() - last_commit > idle_after) {
      CW_ASSIGN(tidy, tidy_up());
      if (!tidy) last_commit = Steady::now() + tidy_pause;
    }
  }
  for (const auto& runner : runners_) {
    runner->join();
    const bool ours = selected(runner->judge().pipeline().name) && warehouse_.still_ours().ok();
    if (ours) CW_TRY(runner->save_clock());
  }
  running_ = false;
  if (warehouse_.still_ours().ok()) CW_TRY(settle_others());
  auto built = build_models();
  if (!built.ok()) model_failures_.push_back(built.error().message);
  return finish(started);
}

// False when it is to be tried again.
Result<bool> Run::tidy_up() {
  auto done = warehouse_.idle();
  if (!done.ok() && done.error().kind != ErrorKind::Retryable) return std::move(done).error();
  if (!done.ok()) log_warn("housekeeping is put off: " + done.error().message);
  if (done.ok()) step("run.checkpointed");
  return done.ok();
}

Result<void> Run::settle_others() {
  for (const auto& runner : runners_) {
    if (!options_.pipelines.empty() && selected(runner->judge().pipeline().name)) continue;
    const std::vector<std::string>& targets = runner->judge().reference_targets();
    CW_ASSIGN(const bool any, warehouse_.any_waits(runner->judge().pipeline().name, targets));
    if (!any) continue;
    // Whoever runs it looks for parents himself.
    CW_ASSIGN(const std::string holder, warehouse_.claim(runner->judge().pipeline().name));
    if (!holder.empty()) continue;
    CW_ASSIGN(const std::string other,
              other_project(warehouse_, runner->judge().pipeline().name, project_.name));
    if (other.empty()) CW_TRY(runner->settle_held(false));
  }
  return {};
}

// At most every `every`, and in under a tenth of the time.
Result<bool> Run::models_if_due() {
  if (!models_dirty_ || models_.steps.empty()) return false;
  auto every = std::chrono::duration_cast<Steady::duration>(5s);
  for (const models::Plan::Step& step : models_.steps) {
    every = std::min(every, std::chrono::duration_cast<Steady::duration>(step.model->every));
  }
  if (Steady::now() - models_built_ < std::max(every, models_took_ * 10)) return false;
  auto built = build_models();
  if (!built.ok() && built.error().kind == ErrorKind::Retryable) {
    models_dirty_ = true;
    log_warn("building models failed, trying again: " + built.error().message);
  } else if (!built.ok()) {
    if (!contains(model_failures_, built.error().message)) {
      model_failures_.push_back(built.error().message);
    }
  }
  return true;
}

Result<void> Run::build_models() {
  const auto started = Steady::now();
  models_dirty_ = false;
  Result<void> outcome;
  for (const models::Plan::Step& step : models_.steps) {
    auto built = models::build(warehouse_, step);
    if (!built.ok() && outcome.ok()) {
      outcome = std::move(built).error();
    }
  }
  models_built_ = Steady::now();
  models_took_ = models_built_ - started;
  return outcome;
}

// A line in clearwell.runs for each pipeline that took part: when, and how it ended.
Result<void> Run::write_history(const RunReport& report) {
  for (const PipelineReport& pipeline : report.pipelines) {
    const std::string outcome = !pipeline.failure.empty()      ? "failed"
                                : pipeline.over_budget         ? "over budget"
                                : !pipeline.stopped_by.empty() ? "stopped by a check"
                                : report.stopped               ? "stopped"
                                                               : "done";
    const std::string message = pipeline.failure.empty() ? pipeline.stopped_by : pipeline.failure;
    CW_TRY(warehouse_.note_run({pipeline.pipeline, began_, now(), outcome, message}));
    step("run.noted");
  }
  return {};
}

RunReport Run::finish(Steady::time_point started) {
  RunReport out = report(started);
  auto written = write_history(out);
  if (!written.ok()) log_warn("the run could not be noted: " + written.error().message);
  return out;
}

RunReport Run::report(Steady::time_point started) const {
  RunReport out;
  for (const auto& runner : runners_) {
    if (selected(runner->judge().pipeline().name)) out.pipelines.push_back(runner->report());
  }
  std::sort(out.pipelines.begin(), out.pipelines.end(),
            [](const auto& a, const auto& b) { return a.pipeline < b.pipeline; });
  out.model_failures = model_failures_;
  out.seconds = std::chrono::duration<double>(Steady::now() - started).count();
  out.stopped = stopping();
  return out;
}

}  // namespace clearwell::engine
