// clearwell quarantine list: records out of the tables, one line a sighting or (--entries) one line
// a broken thing.
#include <fmt/format.h>

#include "cli/quarantine.h"
#include "cli/session.h"

namespace clearwell::cli {
namespace {

// "partition:line", or with the offset where there are no lines; a file of one event has neither.
constexpr const char* position_sql =
    "partition || CASE WHEN line > 0 THEN ':' || line::VARCHAR "
    "WHEN \"offset\" > 0 THEN '@' || \"offset\"::VARCHAR ELSE '' END";

std::string records_sql(const std::string& condition) {
  return fmt::format(
      "SELECT id::VARCHAR AS id, pipeline, "
      "substring(quarantined_at::VARCHAR, 1, 19) AS quarantined, {} AS position, "
      "array_to_string(codes, ' ') AS codes, "
      "coalesce(reasons->0->>'message', '') AS message, state "
      "FROM clearwell.quarantine{} ORDER BY quarantine.id DESC",
      position_sql, condition);
}

std::string entries_sql(const std::string& condition) {
  return fmt::format(
      "SELECT entry, pipeline, count(*)::VARCHAR AS sightings, "
      "substring(min(quarantined_at)::VARCHAR, 1, 19) AS first, "
      "substring(max(quarantined_at)::VARCHAR, 1, 19) AS last, max(id)::VARCHAR AS id, "
      "(array_agg(array_to_string(codes, ' ') ORDER BY id DESC))[1] AS codes, "
      "(array_agg(state ORDER BY id DESC))[1] AS state "
      "FROM clearwell.quarantine{} GROUP BY pipeline, entry ORDER BY max(quarantine.id) DESC",
      condition);
}

}  // namespace

Result<ExitCode> quarantine_list(const Common& common, const ListArguments& arguments) {
  CW_ASSIGN(const std::string condition, where(arguments.filter));
  CW_ASSIGN(const config::Project project, load_for_reading(common));
  CW_ASSIGN(auto warehouse, open_to_read(project));
  const std::string sql = arguments.entries ? entries_sql(condition) : records_sql(condition);
  std::string limited = sql;
  if (arguments.limit > 0) limited += fmt::format(" LIMIT {}", arguments.limit);
  CW_ASSIGN(Table table, texts(*warehouse, limited));
  const std::string noun = arguments.entries ? "entries" : "records";
  if (table.rows.empty()) note(fmt::format("no {} in quarantine that match", noun));
  for (auto& column : table.columns) {
    if (column.name == "id" || column.name == "sightings") column.kind = Table::Kind::Number;
    if (column.name != "position" || common.output != Output::Table) continue;
    const auto index = static_cast<size_t>(&column - table.columns.data());
    for (auto& row : table.rows) row[index] = shortened(row[index].value_or(""), project);
  }
  if (!table.rows.empty() || common.output != Output::Table) print(render(table, common.output));
  if (arguments.limit > 0 && static_cast<int64_t>(table.rows.size()) == arguments.limit) {
    CW_ASSIGN(const Table all,
              texts(*warehouse, "SELECT count(*)::VARCHAR FROM (" + sql + ") AS matching"));
    const std::string total = all.rows.at(0).at(0).value();
    if (total != std::to_string(arguments.limit)) {
      note(fmt::format("{} of {} {}; --limit 0 shows all", arguments.limit, total, noun));
    }
  }
  return ExitCode::Done;
}

}  // namespace clearwell::cli
