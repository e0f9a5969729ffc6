// clearwell status: what became of every record read, by pipeline: the accounting equation.
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/counts.h"
#include "cli/session.h"
#include "cli/text.h"

namespace clearwell::cli {
namespace {

struct PipelineStatus {
  batch::Counts counts;
  std::map<std::string, std::string> tables;   // table → rows written
  std::map<std::string, std::string> reasons;  // code → open records that have it
};
using Statuses = std::map<std::string, PipelineStatus>;

constexpr size_t shown_lanes = 20;

const std::string& cell(const std::vector<Table::Cell>& row, size_t index) {
  static const std::string none;
  return row[index] ? *row[index] : none;
}

Result<void> read_counts(warehouses::Warehouse& warehouse, Statuses& statuses) {
  CW_ASSIGN(const Table rows,
            texts(warehouse, "SELECT pipeline::VARCHAR FROM clearwell.counts ORDER BY 1"));
  for (const auto& row : rows.rows) {
    const std::string& pipeline = cell(row, 0);
    CW_ASSIGN(const warehouses::PipelineState state, warehouse.state(pipeline));
    statuses[pipeline].counts = state.counts;
  }
  return {};
}

// `sql` gives pipeline, name, number.
Result<void> read_numbers(warehouses::Warehouse& warehouse, const std::string& sql,
                          Statuses& statuses,
                          std::map<std::string, std::string> PipelineStatus::* into) {
  CW_ASSIGN(const Table rows, texts(warehouse, sql));
  for (const auto& row : rows.rows) (statuses[cell(row, 0)].*into)[cell(row, 1)] = cell(row, 2);
  return {};
}

Result<void> read_all(warehouses::Warehouse& warehouse, Statuses& statuses) {
  CW_TRY(read_counts(warehouse, statuses));
  CW_TRY(read_numbers(warehouse,
                      "SELECT pipeline::VARCHAR, table_name::VARCHAR, rows::VARCHAR "
                      "FROM clearwell.table_rows",
                      statuses, &PipelineStatus::tables));
  return read_numbers(warehouse,
                      "SELECT pipeline::VARCHAR, code::VARCHAR, count(*)::VARCHAR FROM ("
                      "SELECT pipeline, unnest(codes) AS code FROM clearwell.quarantine "
                      "WHERE state = 'open') AS reasons GROUP BY pipeline, code",
                      statuses, &PipelineStatus::reasons);
}

std::string to_json(const Statuses& statuses) {
  std::vector<std::string> list;
  for (const auto& [pipeline, status] : statuses) {
    JsonObject object, tables, reasons;
    object.text("pipeline", pipeline);
    add_counts(object, status.counts);
    for (const auto& [table, rows] : status.tables) tables.raw(table, rows);
    for (const auto& [code, records] : status.reasons) reasons.raw(code, records);
    list.push_back(object.raw("tables", tables.str()).raw("reasons", reasons.str()).str());
  }
  return json_array(list, true) + "\n";
}

Table counts_table(const Statuses& statuses) {
  Table table{{{"pipeline"}}, {}};
  add_counts_columns(table, {});
  for (const auto& [pipeline, status] : statuses) {
    table.rows.push_back({pipeline});
    add_counts_cells(table.rows.back(), status.counts);
  }
  return table;
}

Table numbers_table(const Statuses& statuses, const std::string& name, const std::string& number,
                    std::map<std::string, std::string> PipelineStatus::* from) {
  Table table{{{"pipeline"}, {name}, {number, Table::Kind::Number}}, {}};
  for (const auto& [pipeline, status] : statuses) {
    for (const auto& [key, value] : status.*from) table.rows.push_back({pipeline, key, value});
  }
  return table;
}

// Sources keep more in a position than people want to see.
std::string offset_of(const std::string& position) {
  const auto parsed = nlohmann::json::parse(position, nullptr, false);
  const auto offset = parsed.is_object() ? parsed.find("offset") : parsed.end();
  return parsed.is_object() && offset != parsed.end() ? offset->dump() : position;
}

void print_part(const Table& table) {
  if (!table.rows.empty()) print("\n" + render(table, Output::Table));
}

Result<void> print_lanes(warehouses::Warehouse& warehouse, const config::Project& project) {
  CW_ASSIGN(Table lanes, texts(warehouse,
                               "SELECT pipeline::VARCHAR AS pipeline, source::VARCHAR AS source, "
                               "lane::VARCHAR AS lane, "
                               "position::VARCHAR AS position "
                               "FROM clearwell.lanes ORDER BY pipeline, source, lane"));
  const size_t all = lanes.rows.size();
  if (all > shown_lanes) lanes.rows.resize(shown_lanes);
  for (auto& row : lanes.rows) {
    // A lane's name repeats its pipeline and source, which stand beside it.
    std::string prefix = cell(row, 0) + "/" + cell(row, 1) + "/", lane = cell(row, 2);
    if (lane.starts_with(prefix)) lane.erase(0, prefix.size());
    row[2] = shortened(lane, project);
    row[3] = offset_of(cell(row, 3));
  }
  print_part(lanes);
  if (all > shown_lanes) print(fmt::format("… and {} lanes more\n", all - shown_lanes));
  return {};
}

}  // namespace

Result<ExitCode> status(const Common& common) {
  CW_ASSIGN(const config::Project project, load_for_reading(common));
  Statuses statuses;
  for (const config::Pipeline& pipeline : project.pipelines) statuses[pipeline.name] = {};
  std::unique_ptr<warehouses::Warehouse> warehouse;
  if (warehouse_exists(project)) {
    CW_ASSIGN(warehouse, open_to_read(project));
    CW_ASSIGN(const auto counts, warehouse->columns("clearwell.counts"));
    // A first run that was killed early has left a file without tables.
    if (counts) CW_TRY(read_all(*warehouse, statuses));
  } else {
    note("note: there is no warehouse yet; `clearwell run` makes it");
  }
  if (common.output == Output::Json) {
    print(to_json(statuses));
    return ExitCode::Done;
  }
  print(render(counts_table(statuses), common.output));
  if (common.output == Output::Csv) return ExitCode::Done;
  print_part(numbers_table(statuses, "table", "rows written", &PipelineStatus::tables));
  print_part(numbers_table(statuses, "reason", "in quarantine", &PipelineStatus::reasons));
  if (warehouse) CW_TRY(print_lanes(*warehouse, project));
  return ExitCode::Done;
}

}  // namespace clearwell::cli
