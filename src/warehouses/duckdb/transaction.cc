#include "warehouses/duckdb/transaction.h"

#include <fmt/format.h>

#include "drivers/duckdb/row_writer.h"
#include "warehouses/duckdb/schema.h"

namespace clearwell::warehouses {
namespace {

using duckdb::quote_text;

std::string micros_literal(Instant instant) {
  // The session is UTC, so the cast changes nothing but the type.
  return "make_timestamp(" + std::to_string(instant.time_since_epoch().count()) + ")::TIMESTAMPTZ";
}

}  // namespace

DuckdbTransaction::~DuckdbTransaction() {
  if (open_) connection().rollback();
}

Result<void> DuckdbTransaction::start() {
  lock_ = std::unique_lock(warehouse_.writing_);
  CW_TRY(connection().begin());
  open_ = true;
  return {};
}

TargetState& DuckdbTransaction::state_of(const Target& target) {
  const auto found = warehouse_.targets_.find(target_name(target));
  CW_ASSERT(found != warehouse_.targets_.end());
  return *found->second;
}

void DuckdbTransaction::count_rows(const TargetState& state, uint64_t rows) {
  if (rows > 0) new_rows_[{state.target.pipeline, state.target.table}] += rows;
}

Result<void> DuckdbTransaction::advance(const std::string& pipeline, const batch::RawBatch& batch,
                                        const std::vector<bool>& left_out) {
  for (const batch::LaneAdvance& lane : batch.lanes) {
    const std::string set = "UPDATE clearwell.lanes SET position = " + quote_text(lane.to) +
                            ", batch = " + std::to_string(warehouse_.next_batch_) +
                            ", updated_at = " + micros_literal(now()) +
                            " WHERE lane = " + quote_text(lane.lane) +
                            " AND position = " + quote_text(lane.from);
    const std::string add =
        "INSERT INTO clearwell.lanes SELECT " + quote_text(lane.lane) + ", " +
        quote_text(pipeline) + ", " + quote_text(batch.source) + ", '', 1, " + quote_text(lane.to) +
        ", " + std::to_string(warehouse_.next_batch_) + ", " + micros_literal(now()) +
        " WHERE NOT EXISTS (SELECT 1 FROM clearwell.lanes WHERE lane = " + quote_text(lane.lane) +
        ")";
    CW_ASSIGN(const uint64_t changed, connection().execute(lane.from.empty() ? add : set));
    if (changed != 1) {
      return fatal("lane " + lane.lane + " has been moved by somebody else since position " +
                   lane.from + " was read: is another clearwell running on this warehouse?");
    }
  }
  ++warehouse_.next_batch_;
  if (batch.marks.empty()) return {};
  duckdb::RowWriter rows(files_schema());
  for (size_t i = 0; i < batch.marks.size(); ++i) {
    if (!left_out.empty() && left_out[i]) continue;
    const auto* bytes = reinterpret_cast<const char*>(batch.marks[i].data());
    rows.text(pipeline).text(batch.source).text(std::string_view(bytes, batch.marks[i].size()));
  }
  warehouse_.files_->set(&rows.finish());
  auto done = connection().execute("INSERT INTO clearwell.files FROM clearwell_new_files");
  warehouse_.files_->clear();
  if (!done.ok()) return std::move(done).error();
  return {};
}

Result<batch::Counts> DuckdbTransaction::count(const std::string& pipeline,
                                               const batch::Counts& change,
                                               std::chrono::microseconds clock) {
  auto found = new_states_.find(pipeline);
  if (found == new_states_.end()) {
    CW_ASSIGN(PipelineState before, warehouse_.read_state(connection(), pipeline));
    found = new_states_.emplace(pipeline, before).first;
  }
  PipelineState& state = found->second;
  state.counts += change;
  state.clock = clock;
  CW_ASSERT(state.counts.balanced());
  return state.counts;
}

// Several batches of a transaction are counted in memory, and written once.
Result<void> DuckdbTransaction::write_counts() {
  for (const auto& [pipeline, state] : new_states_) {
    const batch::Counts& total = state.counts;
    CW_TRY(connection().execute("DELETE FROM clearwell.counts WHERE pipeline = " +
                                quote_text(pipeline)));
    std::string values = quote_text(pipeline);
    for (int64_t value :
         {total.read, total.loaded, total.superseded, total.duplicate, total.skipped,
          total.quarantined, total.parked, total.discarded, int64_t{state.clock.count()}}) {
      values += ", " + std::to_string(value);
    }
    CW_TRY(connection().execute("INSERT INTO clearwell.counts VALUES (" + values + ", " +
                                micros_literal(now()) + ")"));
  }
  for (const auto& [table, rows] : new_rows_) {
    const std::string pipeline = quote_text(table.first), name = quote_text(table.second);
    CW_ASSIGN(const uint64_t changed,
              connection().execute(fmt::format("UPDATE clearwell.table_rows SET rows = rows + {} "
                                               "WHERE pipeline = {} AND table_name = {}",
                                               rows, pipeline, name)));
    if (changed == 1) continue;
    CW_TRY(connection().execute(
        fmt::format("INSERT INTO clearwell.table_rows VALUES ({}, {}, {})", pipeline, name, rows)));
  }
  new_states_.clear();
  new_rows_.clear();
  return {};
}

Result<uint64_t> DuckdbTransaction::write_from(const Target& target, const std::string& from) {
  const TargetState& state = state_of(target);
  CW_ASSIGN(const uint64_t rows,
            connection().execute("INSERT INTO " + state.table + " (" + state.column_list +
                                 ") SELECT " + state.column_list + " FROM " + from));
  count_rows(state, rows);
  return rows;
}

Result<void> DuckdbTransaction::start_over(const std::string& pipeline,
                                           std::span<const Target* const> targets) {
  CW_TRY(write_counts());
  for (const Target* target : targets) {
    CW_TRY(connection().execute("DELETE FROM " + state_of(*target).table));
  }
  for (const char* table :
       {"lanes", "files", "counts", "table_rows", "quarantine", "parked", "waits"}) {
    CW_TRY(connection().execute(std::string("DELETE FROM clearwell.") + table +
                                " WHERE pipeline = " + quote_text(pipeline)));
  }
  // What is known of keys and entries stays in memory: too much costs a look-up, and too little,
  // should all this be rolled back, the truth.
  return {};
}

Result<void> DuckdbTransaction::execute(const std::string& sql) {
  CW_TRY(write_counts());
  CW_TRY(connection().execute(sql));
  return {};
}

Result<void> DuckdbTransaction::commit() {
  CW_ASSERT(open_);
  CW_TRY(write_counts());
  open_ = false;
  auto done = connection().commit();
  for (auto& [name, state] : warehouse_.targets_) {
    state->marked->clear();
    state->marked_chunks.clear();
    state->replaced_rows = false;
  }
  lock_.unlock();
  return done;
}

}  // namespace clearwell::warehouses
