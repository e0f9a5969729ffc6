// clearwell run: pipelines, once through their input or until stopped.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

#include "base/step.h"
#include "cli/counts.h"
#include "cli/parameters.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "engine/engine.h"
#include "engine/patience.h"
#include "engine/spark_run.h"
#include "models/models.h"
#include "reports/reports.h"

namespace clearwell::cli {
namespace {

// Leaves the pipelines no other sources than the named ones; those that have none of them do not
// run.
Result<void> keep_sources(const std::vector<std::string>& names, config::Project& project,
                          std::vector<std::string>& pipelines) {
  if (names.empty()) return {};
  std::set<std::string> known;
  std::vector<std::string> running;
  for (config::Pipeline& pipeline : project.pipelines) {
    const bool selected = std::count(pipelines.begin(), pipelines.end(), pipeline.name) > 0;
    if (!selected) continue;
    for (const config::Source& source : pipeline.sources) known.insert(source.name);
    std::erase_if(pipeline.sources, [&](const config::Source& source) {
      return std::count(names.begin(), names.end(), source.name) == 0;
    });
    if (!pipeline.sources.empty()) running.push_back(pipeline.name);
  }
  for (const std::string& name : names) {
    if (known.contains(name)) continue;
    const std::vector<std::string> all(known.begin(), known.end());
    const auto near = config::nearest(name, all);
    return config_error(fmt::format(
        "there is no source '{}'{}", name,
        near ? fmt::format("; did you mean '{}'?", *near) : "; there are: " + join(all, ", ")));
  }
  pipelines = std::move(running);
  return {};
}

// The project with the parameters of the command line in it, checked as `check` does.
Result<config::Project> load_to_run(const Common& common, const RunArguments& arguments,
                                    std::vector<std::string>& pipelines) {
  const config::LoadedProject first = load_project(common);
  if (first.project.pipelines.empty() && !first.faults.empty()) return load_sound(common);
  CW_ASSIGN(Selection selection, select(first.project, arguments));
  config::LoadedProject loaded = load_project(common, selection.params, selection.pipelines);
  engine::check(loaded.project, loaded.faults);
  models::plan(loaded.project, loaded.faults);
  reports::check(loaded.project, loaded.faults);
  if (!loaded.faults.empty()) return as_error(loaded.faults, "nothing was run, the project has");
  pipelines = std::move(selection.pipelines);
  CW_TRY(keep_sources(arguments.sources, loaded.project, pipelines));
  return std::move(loaded.project);
}

std::string counts_json(const batch::Counts& counts) {
  JsonObject object;
  add_counts(object, counts);
  return object.str();
}

std::string to_json(const engine::RunReport& report) {
  std::vector<std::string> pipelines, models;
  for (const std::string& failure : report.model_failures) models.push_back(json_text(failure));
  for (const engine::PipelineReport& one : report.pipelines) {
    JsonObject warnings;
    for (const auto& [check, count] : one.warnings) warnings.number(check, count);
    pipelines.push_back(JsonObject()
                            .text("pipeline", one.pipeline)
                            .raw("run", counts_json(one.run))
                            .raw("total", counts_json(one.total))
                            .raw("warnings", warnings.str())
                            .boolean("over_budget", one.over_budget)
                            .text("stopped_by", one.stopped_by)
                            .text("failure", one.failure)
                            .str());
  }
  return JsonObject()
             .raw("pipelines", json_array(pipelines, true))
             .raw("model_failures", json_array(models))
             .boolean("stopped", report.stopped)
             .raw("seconds", fmt::format("{:.3f}", report.seconds))
             .str() +
         "\n";
}

Table to_table(const engine::RunReport& report) {
  Table table{{{"pipeline"}}, {}};
  const CountsShown shown{.discarded = false};
  add_counts_columns(table, shown);
  for (const engine::PipelineReport& one : report.pipelines) {
    table.rows.push_back({one.pipeline});
    add_counts_cells(table.rows.back(), one.run, shown);
  }
  return table;
}

// What the table does not say: why something ended, and where to look next.
void explain(const engine::RunReport& report) {
  bool held = false;
  for (const engine::PipelineReport& one : report.pipelines) {
    held = held || one.run.quarantined > 0;
    for (const auto& [check, count] : one.warnings) {
      note(fmt::format("warning: {}: {} by check '{}'", one.pipeline, counted(count, "violation"),
                       check));
    }
    if (!one.failure.empty()) note(fmt::format("error: {}: {}", one.pipeline, one.failure));
    if (!one.stopped_by.empty()) {
      note(fmt::format("{}: stopped by check '{}'; the record that violates it was left unread",
                       one.pipeline, one.stopped_by));
    }
    if (one.over_budget) {
      note(fmt::format("{}: paused, over its budget of rejected records", one.pipeline));
    }
  }
  for (const std::string& failure : report.model_failures) note("error: " + failure);
  if (report.stopped) note("stopped; the next run goes on from here");
  if (held) note("hint: `clearwell quarantine list` shows what was rejected and why");
}

ExitCode exit_code(const engine::RunReport& report) {
  ExitCode code = ExitCode::Done;
  if (!report.model_failures.empty()) return ExitCode::Failed;
  for (const engine::PipelineReport& one : report.pipelines) {
    // A check with `action: stop` has kept the input from being read to its end.
    if (!one.failure.empty() || !one.stopped_by.empty()) return ExitCode::Failed;
    if (one.over_budget) code = ExitCode::OverBudget;
  }
  return code;
}

void print_report(const engine::RunReport& report, Output output) {
  if (output == Output::Json) {
    print(to_json(report));
    return;
  }
  print(render(to_table(report), output));
  if (output == Output::Csv) return;
  // Elapsed time only where somebody watches: output that is compared must not change.
  if (isatty(STDOUT_FILENO) == 1) print(fmt::format("in {:.1f} s\n", report.seconds));
}

// A server may be started after us, or be away just when the run begins. A DuckDB file that cannot
// be opened now is told at once.
Result<engine::RunReport> run_patiently(const config::Project& project,
                                        const engine::RunOptions& options,
                                        std::unique_ptr<warehouses::Warehouse>& warehouse) {
  engine::Patience patience;
  patience.what = "opening the warehouse";
  patience.stopping = [&options] { return options.stop->load(); };
  if (options.once) patience.most = engine::patience_once;
  if (is_embedded(project)) patience.most = std::chrono::seconds(0);
  return engine::patiently(patience, [&]() -> Result<engine::RunReport> {
    warehouse.reset();
    CW_ASSIGN(warehouse, open_warehouse(project, warehouses::Access::Write));
    return engine::run(project, *warehouse, options);
  });
}

// Spark reads what there is and ends, so this is always --once.
Result<engine::RunReport> run_on_spark(const config::Project& project,
                                       const engine::RunOptions& options, Progress& progress) {
  engine::SparkOptions spark{options};
  spark.run.once = true;
  spark.progress = [&progress](const std::string& pipeline, size_t done, size_t of) {
    progress.show(fmt::format("{}: Spark has done {} of {} statements", pipeline, done, of));
  };
  config::Faults faults;
  engine::check_spark(project, options.pipelines, faults);
  if (!faults.empty()) return as_error(faults, "nothing was run, for Spark the project has");
  CW_ASSIGN(const auto warehouse, open_warehouse(project, warehouses::Access::Write));
  return engine::run_on_spark(project, *warehouse, spark);
}

}  // namespace

Result<ExitCode> run(const Common& common, const RunArguments& arguments) {
  engine::RunOptions options;
  options.stop = &stop_on_signals();
  CW_ASSIGN(const config::Project project, load_to_run(common, arguments, options.pipelines));
  Progress progress;
  options.once = arguments.once;
  options.progress = [&progress](const std::string& pipeline, const batch::Counts& counts) {
    progress.show(pipeline, counts);
  };
  std::unique_ptr<warehouses::Warehouse> warehouse;
  CW_ASSIGN(const engine::RunReport report, arguments.engine == "spark"
                                                ? run_on_spark(project, options, progress)
                                                : run_patiently(project, options, warehouse));
  progress.clear();
  print_report(report, common.output);
  explain(report);
  step("run.reported");
  return exit_code(report);
}

}  // namespace clearwell::cli
