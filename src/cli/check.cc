// clearwell check: every fault of the project at once, offline; else what each pipeline guarantees.
#include <set>

#include <fmt/format.h>

#include "cli/session.h"
#include "cli/text.h"
#include "engine/engine.h"
#include "engine/spark_run.h"
#include "models/models.h"
#include "reports/reports.h"

namespace clearwell::cli {
namespace {

// How the first load makes a second sight of the same record harmless.
std::string by_load(const config::Load& load) {
  std::string key = "key " + join(load.key, ", ");
  switch (load.mode) {
    case config::LoadMode::Append:
      return "each position once";
    case config::LoadMode::Insert:
      return key;
    case config::LoadMode::Upsert:
    case config::LoadMode::Update:
    case config::LoadMode::Patch:
      if (load.mode == config::LoadMode::Patch) key += ", field by field";
      return load.version.empty() ? key + ", latest wins"
                                  : fmt::format("{}, newest {} wins", key, load.version);
    case config::LoadMode::Replace:
      return load.over_all ? "the table is made anew of all records, and replaced as a whole"
                           : "the table is replaced as a whole";
  }
  return key;
}

std::string guarantee(const config::Pipeline& pipeline) {
  std::vector<std::string> parts;
  for (const config::Kind& kind : pipeline.kinds) {
    if (kind.loads.empty()) continue;
    const std::string how = by_load(kind.loads.front());
    parts.push_back(pipeline.route.empty() ? how : kind.name + ": " + how);
  }
  std::set<std::string> sources;
  for (const config::Source& source : pipeline.sources) {
    sources.insert(source.type + (source.type == "files" ? " by ledger" : " by position"));
  }
  parts.push_back(join({sources.begin(), sources.end()}, ", "));
  return "exactly once (" + join(parts, "; ") + ")";
}

std::string fault_json(const config::Fault& fault) {
  return JsonObject()
      .text("file", fault.mark.file)
      .number("line", fault.mark.line)
      .number("column", fault.mark.column)
      .text("code", fault.code)
      .text("message", fault.message)
      .str();
}

void print_json(const config::Project& project, const config::Faults& faults) {
  std::vector<std::string> list, pipelines;
  for (const config::Fault& fault : faults.list()) list.push_back(fault_json(fault));
  if (faults.empty()) {
    for (const config::Pipeline& pipeline : project.pipelines) {
      pipelines.push_back(JsonObject()
                              .text("pipeline", pipeline.name)
                              .text("guarantee", guarantee(pipeline))
                              .str());
    }
  }
  print(JsonObject()
            .raw("faults", json_array(list, true))
            .raw("pipelines", json_array(pipelines, true))
            .number("models", static_cast<int64_t>(project.models.size()))
            .number("reports", static_cast<int64_t>(project.reports.size()))
            .str() +
        "\n");
}

void print_csv(const config::Faults& faults) {
  Table table{{{"file"},
               {"line", Table::Kind::Number},
               {"column", Table::Kind::Number},
               {"code"},
               {"message"}},
              {}};
  for (const config::Fault& fault : faults.list()) {
    table.rows.push_back({fault.mark.file, std::to_string(fault.mark.line),
                          std::to_string(fault.mark.column), fault.code, fault.message});
  }
  print(render(table, Output::Csv));
}

void print_text(const config::Project& project, const config::Faults& faults) {
  if (!faults.empty()) {
    print(faults.to_text());
    print(counted(static_cast<int64_t>(faults.size()), "fault") + "\n");
    return;
  }
  for (const config::Pipeline& pipeline : project.pipelines) {
    print(fmt::format("{}: {}\n", pipeline.name, guarantee(pipeline)));
  }
  std::string reports;
  if (!project.reports.empty()) {
    reports = ", " + counted(static_cast<int64_t>(project.reports.size()), "report");
  }
  print(fmt::format("no faults: {}, {}{}\n",
                    counted(static_cast<int64_t>(project.pipelines.size()), "pipeline"),
                    counted(static_cast<int64_t>(project.models.size()), "model"), reports));
}

}  // namespace

Result<ExitCode> check(const Common& common, const CheckArguments& arguments) {
  config::LoadedProject loaded = load_project(common);
  engine::check(loaded.project, loaded.faults);
  models::plan(loaded.project, loaded.faults);
  reports::check(loaded.project, loaded.faults);
  if (arguments.engine == "spark" && loaded.faults.empty()) {
    engine::check_spark(loaded.project, arguments.pipelines, loaded.faults);
  }
  const config::Faults faults = sorted(loaded.faults);
  switch (common.output) {
    case Output::Json:
      print_json(loaded.project, faults);
      break;
    case Output::Csv:
      print_csv(faults);
      break;
    case Output::Table:
      print_text(loaded.project, faults);
      break;
  }
  return faults.empty() ? ExitCode::Done : ExitCode::Usage;
}

}  // namespace clearwell::cli
