// clearwell model build: SQL models now, instead of at the engine's next round.
#include <algorithm>
#include <ranges>
#include <set>

#include <fmt/format.h>

#include "cli/session.h"
#include "cli/text.h"
#include "models/models.h"

namespace clearwell::cli {
namespace {

Result<void> require_names(const models::Plan& plan, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const auto& step : plan.steps) known.push_back(step.model->name);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto near = config::nearest(name, known);
    return config_error(fmt::format(
        "there is no model '{}'{}", name,
        near ? fmt::format("; did you mean '{}'?", *near) : "; there are: " + join(known, ", ")));
  }
  return {};
}

// The named models and those they read, from the plan's end to its start.
std::set<std::string> wanted(const models::Plan& plan, const std::vector<std::string>& names) {
  std::set<std::string> out(names.begin(), names.end());
  for (const auto& step : plan.steps | std::views::reverse) {
    if (names.empty()) out.insert(step.model->name);
    if (out.contains(step.model->name)) out.insert(step.reads.begin(), step.reads.end());
  }
  return out;
}

}  // namespace

Result<ExitCode> model_build(const Common& common, const std::vector<std::string>& names) {
  CW_ASSIGN(const config::Project project, load_sound(common));
  config::Faults faults;
  const models::Plan plan = models::plan(project, faults);
  if (!faults.empty()) return as_error(faults, "nothing was built, the models have");
  CW_TRY(require_names(plan, names));
  const std::set<std::string> chosen = wanted(plan, names);
  if (!warehouse_exists(project)) CW_TRY(open_to_read(project));
  CW_ASSIGN(auto warehouse, open_warehouse(project, warehouses::Access::Write));
  Table table{{{"model"}, {"kind"}, {"rows", Table::Kind::Number}}, {}};
  for (const auto& step : plan.steps) {
    const config::Model& model = *step.model;
    if (!chosen.contains(model.name)) continue;
    CW_TRY(models::build(*warehouse, step));
    CW_ASSIGN(const Table rows, texts(*warehouse, "SELECT count(*)::VARCHAR FROM " +
                                                      duckdb::quote_table(model.name)));
    const bool view = model.materialized == config::Materialization::View;
    table.rows.push_back({model.name, view ? "view" : "table", rows.rows.at(0).at(0)});
  }
  print(render(table, common.output));
  return ExitCode::Done;
}

}  // namespace clearwell::cli
