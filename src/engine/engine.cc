#include "engine/engine.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include "base/step.h"
#include "decode/csv/repair.h"
#include "decode/json/repair.h"
#include "engine/claim.h"
#include "engine/csv_formats.h"
#include "engine/run.h"
#include "models/models.h"

namespace clearwell::engine {
namespace {

using namespace std::chrono_literals;

// Ids of held records of each pipeline. Config error for an id that is not in quarantine.
Result<std::map<std::string, std::vector<int64_t>>> by_pipeline(warehouses::Warehouse& warehouse,
                                                                const std::vector<int64_t>& ids) {
  std::map<std::string, std::vector<int64_t>> out;
  if (ids.empty()) return out;
  std::string list;
  for (int64_t id : ids) list += (list.empty() ? "" : ", ") + std::to_string(id);
  CW_ASSIGN(const duckdb::Rows rows,
            warehouse.query("SELECT id, pipeline FROM clearwell.quarantine WHERE state IN ('open', "
                            "'resolved') AND id IN (" +
                            list + ") ORDER BY id"));
  std::set<int64_t> missing(ids.begin(), ids.end());
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      const int64_t id = chunk.column(0).data<int64_t>()[i];
      out[std::string(chunk.column(1).text(i))].push_back(id);
      missing.erase(id);
    }
  }
  if (missing.empty()) return out;
  return config_error("there is no record " + std::to_string(*missing.begin()) +
                      " in quarantine (it may have been replayed, released or discarded): "
                      "`clearwell quarantine list` shows what is there");
}

// The payloads as they were are returned: a repair is kept only if the record is accepted with it.
Result<std::vector<std::string_view>> apply_repairs(const config::Pipeline& pipeline,
                                                    const std::vector<Repair>& repairs,
                                                    warehouses::HeldRecords& held) {
  const decode::CsvFormats formats = csv_formats(pipeline);
  std::vector<std::string_view> originals;
  for (batch::Record& record : held.raw.records) {
    originals.push_back(record.payload);
    const auto csv = formats.find(std::string(record.source));
    for (const Repair& repair : repairs) {
      CW_ASSIGN(const std::string payload,
                csv == formats.end()
                    ? decode::repair_json(record.payload, repair.path, repair.value)
                    : decode::repair_csv(record.payload, csv->second, repair.path, repair.value));
      record.payload = held.raw.arena.add(payload);
    }
  }
  return originals;
}

}  // namespace

void check(const config::Project& project, config::Faults& faults) {
  auto database = duckdb::Database::open({});
  CW_ASSERT(database.ok());
  TypeBook types;
  for (const config::Pipeline* pipeline : parents_first(project)) {
    // Parameters without a value still stand as ${params.x} in its SQL.
    if (!pipeline->complete) continue;
    auto judge = Judge::make(*database, *pipeline, types, faults);
    if (!judge.ok()) faults.add(pipeline->mark, "internal", judge.error().message);
  }
}

Result<RunReport> run(const config::Project& project, warehouses::Warehouse& warehouse,
                      const RunOptions& options) {
  Run run(project, warehouse, options);
  CW_TRY(run.prepare());
  CW_ASSIGN(const bool ours, run.claim());
  if (!ours) {
    RunReport nothing;
    nothing.stopped = true;
    return nothing;
  }
  CW_TRY(run.open());
  return options.once ? run.once() : run.follow();
}

Result<ReplayReport> replay(const config::Project& project, warehouses::Warehouse& warehouse,
                            const std::vector<int64_t>& ids, const std::vector<Repair>& repairs) {
  CW_ASSIGN(const auto groups, by_pipeline(warehouse, ids));
  const RunOptions options;
  Run run(project, warehouse, options);
  CW_TRY(run.prepare());
  ReplayReport total;
  for (const auto& [pipeline, some] : groups) {
    Runner* runner = run.find(pipeline);
    if (runner == nullptr) {
      return config_error("the record's pipeline " + pipeline + " is no longer in the project");
    }
    if (loads_over_all(runner->judge().kinds())) {
      return config_error("pipeline " + pipeline +
                          " loads over all records, so one cannot be added to what has been made "
                          "of the others: correct the input and run the pipeline again");
    }
    CW_TRY(claim(warehouse, pipeline, {.project = project.name}));
    CW_ASSIGN(warehouses::HeldRecords held, warehouse.held(pipeline, some));
    CW_ASSIGN(std::vector<std::string_view> originals,
              apply_repairs(runner->judge().pipeline(), repairs, held));
    CW_ASSIGN(const ReplayReport report, runner->replay(std::move(held), std::move(originals)));
    total.accepted += report.accepted;
    total.rejected += report.rejected;
  }
  CW_TRY(run.settle_others());
  CW_TRY(run.build_models());
  return total;
}

Result<int64_t> discard(warehouses::Warehouse& warehouse, const std::vector<int64_t>& ids) {
  CW_ASSIGN(const auto groups, by_pipeline(warehouse, ids));
  int64_t done = 0;
  for (const auto& [pipeline, some] : groups) {
    CW_TRY(claim(warehouse, pipeline, {}));
    CW_ASSIGN(const warehouses::PipelineState state, warehouse.state(pipeline));
    CW_ASSIGN(auto transaction, warehouse.begin());
    CW_TRY(transaction->settle(pipeline, some, warehouses::HeldState::Discarded));
    step("discard.settled");
    batch::Counts change;
    change.quarantined = -static_cast<int64_t>(some.size());
    change.discarded = static_cast<int64_t>(some.size());
    CW_TRY(transaction->count(pipeline, change, state.clock));
    step("discard.before_commit");
    CW_TRY(transaction->commit());
    step("discard.after_commit");
    done += change.discarded;
  }
  return done;
}

}  // namespace clearwell::engine
