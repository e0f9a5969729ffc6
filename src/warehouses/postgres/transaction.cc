#include "warehouses/postgres/transaction.h"

#include <numeric>

#include "base/step.h"
#include "warehouses/postgres/schema.h"

namespace clearwell::warehouses {
PostgresTransaction::~PostgresTransaction() {
  if (open_) connection().rollback();
}

Result<void> PostgresTransaction::start() {
  lock_ = std::unique_lock(warehouse_.writer_.mutex);
  CW_TRY(warehouse_.connect_writer());
  CW_TRY(connection().begin());
  open_ = true;
  CW_ASSIGN(const duckdb::Rows names,
            connection().query("SELECT txid_current()::text, pg_backend_pid()::text"));
  transaction_ = names.chunks.front().column(0).text(0);
  backend_ = names.chunks.front().column(1).text(0);
  return {};
}

Error PostgresTransaction::moved(const std::string& pipeline, const std::string& what) {
  auto ours = warehouse_.leases_.look(pipeline);
  if (!ours.ok() && ours.error().kind == ErrorKind::Fatal) return std::move(ours).error();
  return fatal(what + ": is another clearwell running on this warehouse?");
}

PostgresTarget& PostgresTransaction::state_of(const Target& target) {
  const auto found = warehouse_.targets_.find(postgres_target_name(target));
  CW_ASSERT(found != warehouse_.targets_.end());
  return *found->second;
}

Result<void> PostgresTransaction::insert_rows(const std::string& table,
                                              const duckdb::Schema& columns,
                                              duckdb::RowWriter& writer) {
  const duckdb::Rows rows{columns, writer.take()};
  std::vector<size_t> order(rows.size()), indexes(columns.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::iota(indexes.begin(), indexes.end(), size_t{0});
  CW_TRY(connection().copy(table, {rows, indexes, order, {}, {}}));
  return {};
}

Result<void> PostgresTransaction::count_rows(const PostgresTarget& state, uint64_t rows) {
  if (rows == 0) return {};
  CW_TRY(connection().execute(
      "INSERT INTO clearwell.table_rows AS r VALUES ($1, $2, $3) ON CONFLICT (pipeline, "
      "table_name) DO UPDATE SET rows = r.rows + EXCLUDED.rows",
      {state.target.pipeline, state.target.table, std::to_string(rows)}));
  return {};
}

Result<uint64_t> PostgresTransaction::write_from(const Target& target, const std::string& from) {
  const PostgresTarget& state = state_of(target);
  CW_ASSIGN(const uint64_t rows,
            connection().execute("INSERT INTO " + state.table + " (" + state.column_list +
                                 ") SELECT " + state.column_list + " FROM " + from));
  CW_TRY(count_rows(state, rows));
  return rows;
}

Result<void> PostgresTransaction::advance(const std::string& pipeline, const batch::RawBatch& batch,
                                          const std::vector<bool>& left_out) {
  touched_.insert(pipeline);
  const std::string time = to_iso8601(now());
  for (const batch::LaneAdvance& lane : batch.lanes) {
    auto changed =
        lane.from.empty()
            ? connection().execute(
                  "INSERT INTO clearwell.lanes VALUES ($1, $2, $3, '', 1, $4, "
                  "nextval('clearwell.batches'), $5) ON CONFLICT (lane) DO NOTHING",
                  {lane.lane, pipeline, batch.source, lane.to, time})
            : connection().execute(
                  "UPDATE clearwell.lanes SET position = $1, batch = "
                  "nextval('clearwell.batches'), updated_at = $2 WHERE lane = $3 AND position = $4",
                  {lane.to, time, lane.lane, lane.from});
    if (!changed.ok()) return std::move(changed).error();
    if (*changed != 1) {
      return moved(pipeline, "lane " + lane.lane + " has been moved by somebody else since " +
                                 "position " + lane.from + " was read");
    }
  }
  duckdb::RowWriter rows(files_columns());
  for (size_t i = 0; i < batch.marks.size(); ++i) {
    if (!left_out.empty() && left_out[i]) continue;
    const auto* bytes = reinterpret_cast<const char*>(batch.marks[i].data());
    rows.text(pipeline).text(batch.source).text(std::string_view(bytes, batch.marks[i].size()));
  }
  auto done = insert_rows("clearwell.files", files_columns(), rows);
  if (!done.ok() && connection().sqlstate() == "23505") {
    return moved(pipeline, "a file of " + pipeline + "/" + batch.source +
                               " has been loaded by somebody else");
  }
  return done;
}

Result<batch::Counts> PostgresTransaction::count(const std::string& pipeline,
                                                 const batch::Counts& change,
                                                 std::chrono::microseconds clock) {
  touched_.insert(pipeline);
  const auto text = [](int64_t number) { return std::to_string(number); };
  CW_ASSIGN(
      const duckdb::Rows rows,
      connection().query(
          "INSERT INTO clearwell.counts AS c VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
          "ON CONFLICT (pipeline) DO UPDATE SET read = c.read + EXCLUDED.read, loaded = c.loaded + "
          "EXCLUDED.loaded, superseded = c.superseded + EXCLUDED.superseded, duplicate = "
          "c.duplicate + EXCLUDED.duplicate, skipped = c.skipped + EXCLUDED.skipped, quarantined = "
          "c.quarantined + EXCLUDED.quarantined, parked = c.parked + EXCLUDED.parked, discarded = "
          "c.discarded + EXCLUDED.discarded, clock_us = EXCLUDED.clock_us, updated_at = "
          "EXCLUDED.updated_at RETURNING read, loaded, superseded, duplicate, skipped, "
          "quarantined, parked, discarded",
          {pipeline, text(change.read), text(change.loaded), text(change.superseded),
           text(change.duplicate), text(change.skipped), text(change.quarantined),
           text(change.parked), text(change.discarded), text(clock.count()), to_iso8601(now())}));
  const auto at = [&](size_t i) { return rows.chunks.front().column(i).data<int64_t>()[0]; };
  const batch::Counts total = {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
  CW_ASSERT(total.balanced());
  return total;
}

Result<void> PostgresTransaction::start_over(const std::string& pipeline,
                                             std::span<const Target* const> targets) {
  for (const Target* target : targets) {
    CW_TRY(connection().execute("DELETE FROM " + state_of(*target).table));
  }
  for (const char* table :
       {"lanes", "files", "counts", "table_rows", "quarantine", "parked", "waits"}) {
    CW_TRY(connection().execute(
        std::string("DELETE FROM clearwell.") + table + " WHERE pipeline = $1", {pipeline}));
  }
  return {};
}

// Two that build a model side by side would each delete the rows they see, and both insert theirs.
Result<void> PostgresTransaction::execute(const std::string& sql) {
  if (!models_alone_) CW_TRY(connection().execute(models_lock));
  models_alone_ = true;
  CW_TRY(connection().execute(sql));
  return {};
}

Result<void> PostgresTransaction::commit() {
  CW_ASSERT(open_);
  step("postgres.before_lease");
  CW_TRY(warehouse_.leases_.check(connection(), touched_));
  step("postgres.lease_seen");
  open_ = false;
  auto done = connection().commit();
  if (!done.ok() && connection().lost()) done = warehouse_.settle_commit(transaction_, backend_);
  for (auto& [name, state] : warehouse_.targets_) state->replaced_rows = false;
  lock_.unlock();
  return done;
}

Result<void> PostgresTransaction::blame(Result<void> done) {
  if (done.ok() || done.error().kind == ErrorKind::Retryable || contradicted_) return done;
  const bool refused = done.error().kind == ErrorKind::Fatal;
  if (refused && postgres::is_refusal(connection().sqlstate())) return done;
  return retryable(done.error().message);
}

}  // namespace clearwell::warehouses
