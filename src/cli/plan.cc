// clearwell plan: the script that a run with another engine would hand to it.
#include "cli/parameters.h"
#include "cli/session.h"
#include "engine/spark_run.h"

namespace clearwell::cli {

Result<ExitCode> plan(const Common& common, const PlanArguments& arguments) {
  if (arguments.engine != "spark") {
    return config_error(
        "there is nothing to show: the built-in engine runs SQL as it is written; use --engine "
        "spark");
  }
  const config::LoadedProject first = load_project(common);
  if (first.project.pipelines.empty() && !first.faults.empty()) {
    CW_TRY(load_sound(common));
  }
  RunArguments run;
  run.pipelines = {arguments.pipeline};
  run.params = arguments.params;
  CW_ASSIGN(Selection selection, select(first.project, run));
  config::LoadedProject loaded = load_project(common, selection.params, selection.pipelines);
  engine::check(loaded.project, loaded.faults);
  if (loaded.faults.empty()) {
    engine::check_spark(loaded.project, selection.pipelines, loaded.faults);
  }
  if (!loaded.faults.empty()) return as_error(loaded.faults, "for Spark, the project has");
  CW_ASSIGN(const std::string script, engine::plan_spark(loaded.project, arguments.pipeline));
  print(script);
  return ExitCode::Done;
}

}  // namespace clearwell::cli
