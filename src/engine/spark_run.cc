#include "engine/spark_run.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/log.h"
#include "engine/run.h"
#include "engine/spark_scan.h"
#include "engine/spark_stages.h"
#include "spark/compile.h"
#include "spark/job.h"

namespace clearwell::engine {
namespace {

namespace fs = std::filesystem;

bool is_selected(const std::vector<std::string>& pipelines, const std::string& name) {
  return pipelines.empty() ||
         std::find(pipelines.begin(), pipelines.end(), name) != pipelines.end();
}

// It is emptied before each run, so its name is one that nobody else's has.
std::string stage_folder(const config::Project& project, const std::string& pipeline) {
  return path_in(project.folder, project.spark.stages) + "/" + pipeline + ".spark-stages";
}

Result<spark::Compiled> compile(const config::Project& project, const Judge& judge,
                                config::Faults& faults) {
  std::vector<duckdb::Schema> columns;
  for (const KindPlan& kind : judge.kinds()) {
    for (const warehouses::Target& target : kind.targets) columns.push_back(target.columns);
  }
  return spark::compile(project, judge.pipeline(), columns, faults);
}

// Calls visit(judge) for each of these pipelines; what is wrong with others is not looked at.
template <typename Visit>
Result<void> for_each_judge(const config::Project& project,
                            const std::vector<std::string>& pipelines, config::Faults& faults,
                            Visit&& visit) {
  CW_ASSIGN(duckdb::Database database, duckdb::Database::open({}));
  TypeBook types;
  for (const config::Pipeline* pipeline : parents_first(project)) {
    if (!pipeline->complete) continue;
    CW_ASSIGN(const auto judge, Judge::make(database, *pipeline, types, faults));
    if (faults.empty() && is_selected(pipelines, pipeline->name)) CW_TRY(visit(*judge));
  }
  return {};
}

// One pipeline's run.
class SparkRun {
 public:
  SparkRun(const config::Project& project, warehouses::Warehouse& warehouse, Judge& judge,
           const SparkOptions& options)
      : project_(project),
        pipeline_(judge.pipeline()),
        warehouse_(warehouse),
        judge_(judge),
        options_(options),
        scan_(project, pipeline_, judge) {
    report_.pipeline = pipeline_.name;
  }

  // Before anything is started.
  Result<void> prepare() {
    config::Faults faults;
    CW_ASSIGN(compiled_, compile(project_, judge_, faults));
    if (!faults.empty()) return config_error(faults.to_text());
    CW_ASSIGN(installation_, spark::find_installation(project_.spark, project_.folder));
    folder_ = stage_folder(project_, pipeline_.name);
    std::error_code error;
    fs::remove_all(folder_, error);
    fs::create_directories(folder_, error);
    if (error) {
      return config_error("engine.spark.stages: " + folder_ +
                          " cannot be made: " + error.message());
    }
    CW_ASSIGN(stages_, SparkStages::make(project_, pipeline_.name, folder_, compiled_.loads.size(),
                                         SparkStages::new_run()));
    if (stages_->is_jdbc()) {
      CW_ASSIGN(driver_, spark::find_driver(project_.spark, project_.folder, installation_));
    }
    CW_TRY(scan_.open());
    CW_ASSIGN(const warehouses::PipelineState state, warehouse_.state(pipeline_.name));
    report_.total = state.counts;
    return {};
  }

  // Failures are in the report.
  PipelineReport run() {
    auto done = fill_stages();
    if (done.ok()) done = replace();
    auto removed = stages_->remove(warehouse_);
    if (!removed.ok()) log_warn("stages of Spark are left: " + removed.error().message);
    if (!done.ok() && done.error().kind != ErrorKind::Stopped) {
      report_.failure = done.error().message;
    }
    return std::move(report_);
  }

 private:
  Result<void> fill_stages() {
    CW_TRY(stages_->create(warehouse_, compiled_));
    spark::Job job;
    job.name = "clearwell " + pipeline_.name;
    job.script = spark::script(compiled_, stages_->place(), false);
    job.statements = spark::statements(compiled_, stages_->place());
    job.driver = driver_;
    job.folder = folder_;
    job.stop = options_.run.stop;
    if (options_.progress) {
      job.progress = [this](size_t done, size_t of) {
        options_.progress(pipeline_.name, done, of);
      };
    }
    return spark::run_job(project_.spark, installation_, job);
  }

  Result<void> replace() {
    CW_ASSIGN(SparkVerdicts verdicts,
              stages_->verdicts(warehouse_, project_.limits.quarantine_bytes));
    const auto& targets = judge_.kinds().front().targets;
    CW_ASSIGN(auto transaction, warehouse_.begin());
    std::vector<const warehouses::Target*> all;
    for (const warehouses::Target& target : targets) all.push_back(&target);
    CW_TRY(transaction->start_over(pipeline_.name, all));
    Loader loader(judge_, warehouse_);
    CW_ASSIGN(const SparkScan::Found found,
              scan_.run(verdicts, loader, *transaction, options_.run.stop));
    const int64_t accepted = found.read - found.rejected;
    batch::Counts change;
    change.read = change.loaded = accepted;
    for (size_t i = 0; i < targets.size(); ++i) {
      CW_ASSIGN(const int64_t rows, stages_->load(*transaction, targets[i], i));
      const bool decides = i == 0 && !compiled_.loads[i].load->over_all;
      if (decides) change.loaded = rows;  // each record makes one row, or none
    }
    change.skipped = accepted - change.loaded;
    CW_ASSIGN(report_.total, transaction->count(pipeline_.name, change, {}));
    report_.run = report_.total;
    if (over_budget(found)) {
      report_.over_budget = true;
      return {};
    }
    return transaction->commit();
  }

  bool over_budget(const SparkScan::Found& found) const {
    const auto share = static_cast<double>(found.rejected) / static_cast<double>(found.read);
    return (found.read >= pipeline_.budget.over && share > pipeline_.budget.max_rejected) ||
           found.rejected_bytes > project_.limits.quarantine_bytes;
  }

  const config::Project& project_;
  const config::Pipeline& pipeline_;
  warehouses::Warehouse& warehouse_;
  Judge& judge_;
  const SparkOptions& options_;
  SparkScan scan_;
  spark::Compiled compiled_;
  spark::Installation installation_;
  std::optional<SparkStages> stages_;
  std::string folder_, driver_;
  PipelineReport report_;
};

std::string outcome_of(const PipelineReport& report, bool stopped) {
  if (!report.failure.empty()) return "failed";
  if (report.over_budget) return "over budget";
  return stopped ? "stopped" : "done";
}

}  // namespace

void check_spark(const config::Project& project, const std::vector<std::string>& pipelines,
                 config::Faults& faults) {
  auto done = for_each_judge(project, pipelines, faults, [&](const Judge& judge) -> Result<void> {
    config::Faults own;
    CW_TRY(compile(project, judge, own));
    for (const config::Fault& fault : own.list()) faults.add(fault.mark, fault.code, fault.message);
    return {};
  });
  if (!done.ok()) faults.add(project.spark.mark, "internal", done.error().message);
}

Result<std::string> plan_spark(const config::Project& project, const std::string& pipeline) {
  config::Faults faults;
  std::string out;
  CW_TRY(for_each_judge(project, {pipeline}, faults, [&](const Judge& judge) -> Result<void> {
    CW_ASSIGN(const spark::Compiled compiled, compile(project, judge, faults));
    if (!faults.empty()) return {};
    CW_ASSIGN(const SparkStages stages,
              SparkStages::make(project, pipeline, stage_folder(project, pipeline),
                                compiled.loads.size(), "run"));
    out = spark::script(compiled, stages.place(), true);
    return {};
  }));
  if (!faults.empty()) return config_error(faults.to_text());
  return out;
}

Result<RunReport> run_on_spark(const config::Project& project, warehouses::Warehouse& warehouse,
                               const SparkOptions& options) {
  const auto started = Steady::now();
  const Instant began = now();
  Run run(project, warehouse, options.run);
  CW_TRY(run.prepare());
  CW_ASSIGN(const bool ours, run.claim());
  RunReport out;
  out.stopped = !ours;
  std::vector<std::unique_ptr<SparkRun>> pipelines;
  for (const config::Pipeline* pipeline : parents_first(project)) {
    if (!ours || !is_selected(options.run.pipelines, pipeline->name)) continue;
    Runner* runner = run.find(pipeline->name);
    CW_ASSERT(runner != nullptr);
    pipelines.push_back(std::make_unique<SparkRun>(project, warehouse, runner->judge(), options));
    CW_TRY(pipelines.back()->prepare());
  }
  for (const auto& pipeline : pipelines) {
    if (options.run.stop != nullptr && *options.run.stop) break;
    out.pipelines.push_back(pipeline->run());
    out.stopped = options.run.stop != nullptr && *options.run.stop;
    const PipelineReport& report = out.pipelines.back();
    auto noted = warehouse.note_run(
        {report.pipeline, began, now(), outcome_of(report, out.stopped), report.failure});
    if (!noted.ok()) log_warn("the run could not be noted: " + noted.error().message);
  }
  if (!out.stopped) {
    auto built = run.build_models();
    if (!built.ok()) out.model_failures.push_back(built.error().message);
  }
  std::sort(out.pipelines.begin(), out.pipelines.end(),
            [](const auto& a, const auto& b) { return a.pipeline < b.pipeline; });
  out.seconds = std::chrono::duration<double>(Steady::now() - started).count();
  return out;
}

}  // namespace clearwell::engine
