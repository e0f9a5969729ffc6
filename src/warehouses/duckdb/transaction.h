// One transaction of the DuckDB warehouse: load_writer.cc writes loads, held_writer.cc quarantine,
// park and their waits, transaction.cc lanes, counts and the rest.
#pragma once

#include <map>
#include <mutex>

#include "warehouses/decide.h"
#include "warehouses/duckdb/duckdb_warehouse.h"

namespace clearwell::warehouses {

class DuckdbTransaction : public Transaction {
 public:
  // How the message begins when a later load contradicts what its table has.
  static constexpr const char* conflict = "a row of the load into ";

  explicit DuckdbTransaction(DuckdbWarehouse& warehouse) : warehouse_(warehouse) {}
  ~DuckdbTransaction() override;

  // Waits for the writer, then begins.
  Result<void> start();

  Result<void> write_first(const LoadRows& load, std::span<const std::string> orders,
                           std::vector<Written>& written) override;
  Result<void> write_next(const LoadRows& load, std::span<const std::string> orders,
                          const std::vector<Written>& written) override;
  Result<std::vector<std::optional<std::string>>> known(const Target& target,
                                                        const duckdb::Rows& keys) override;
  Result<void> quarantine(const std::string& pipeline, std::span<const Held> records) override;
  Result<void> park(const std::string& pipeline, std::span<const Held> records) override;
  Result<void> settle(const std::string& pipeline, std::span<const int64_t> ids,
                      HeldState state) override;
  bool may_resolve(const std::string& pipeline) override;
  bool may_resolve(const std::string& pipeline, std::string_view entry) override;
  Result<void> resolve(const std::string& pipeline, std::span<const Accepted> accepted) override;
  Result<void> advance(const std::string& pipeline, const batch::RawBatch& batch,
                       const std::vector<bool>& left_out) override;
  Result<batch::Counts> count(const std::string& pipeline, const batch::Counts& change,
                              std::chrono::microseconds clock) override;
  Result<void> start_over(const std::string& pipeline,
                          std::span<const Target* const> targets) override;
  Result<void> execute(const std::string& sql) override;
  Result<void> commit() override;

 private:
  Result<void> write(TargetState& state, const LoadRows& load, std::span<const std::string> orders,
                     std::vector<Written>& written);
  Result<void> write_next(TargetState& state, const LoadRows& load,
                          std::span<const std::string> orders, const std::vector<Written>& written);
  std::vector<bool> rows_taken(const LoadRows& load, const std::vector<Written>& written) const;
  void note_refused(const Incoming& rows, const Decision& decision,
                    const std::vector<Written>& written);
  Result<void> insert(TargetState& state, const LoadRows& load, Incoming& rows,
                      std::vector<Written>& written);
  Result<void> upsert(TargetState& state, const LoadRows& load, Incoming& rows,
                      std::vector<Written>& written);
  Result<void> insert_all(TargetState& state, const LoadRows& load);
  Result<void> insert_marked(TargetState& state);
  Result<void> delete_children(const TargetState& child);
  // Rows of the table whose keys are perhaps those of marked rows.
  Result<duckdb::Rows> stored_rows(TargetState& state, bool with_tuple);
  void mark(TargetState& state, const LoadRows& load, const Decision& decision);
  void count_rows(const TargetState& state, uint64_t rows);
  Result<void> write_counts();
  Result<void> drop_waits();
  void fill_ids(std::span<const int64_t> ids);

  duckdb::Connection& connection() { return warehouse_.writer_; }
  TargetState& state_of(const Target& target);

  DuckdbWarehouse& warehouse_;
  std::unique_lock<std::mutex> lock_;
  TargetState* first_ = nullptr;  // the first load of the batch being written
  // Of the first load: rows left out of a record whose other rows are in (record and key, mixed).
  std::unordered_set<batch::RowHash> refused_;
  // Not written yet: rows by pipeline and table, and the state of pipelines whose batches were
  // counted.
  std::map<std::pair<std::string, std::string>, uint64_t> new_rows_;
  std::map<std::string, PipelineState> new_states_;
  bool open_ = false;
};

}  // namespace clearwell::warehouses
