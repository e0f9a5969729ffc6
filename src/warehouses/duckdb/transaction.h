// One transaction of the DuckDB warehouse: load_writer.cc writes loads, version_writer.cc those
// that keep versions, held_writer.cc quarantine, park and their waits, transaction.cc lanes, counts
// and the rest.
#pragma once

#include <map>
#include <mutex>

#include "warehouses/duckdb/duckdb_warehouse.h"
#include "warehouses/load_rows.h"

namespace clearwell::warehouses {

// Rows of a batch whose keys are perhaps in the table, or repeated in the batch.
struct Suspects {
  std::vector<bool> rows;
  bool any = false;
};

class DuckdbTransaction : public Transaction {
 public:
  explicit DuckdbTransaction(DuckdbWarehouse& warehouse) : warehouse_(warehouse) {}
  ~DuckdbTransaction() override;

  // Waits for the writer, then begins.
  Result<void> start();

  Result<void> write_first(const LoadRows& load, std::span<const std::string> orders,
                           std::vector<Written>& written) override;
  Result<void> write_next(const LoadRows& load, std::span<const std::string> orders,
                          const std::vector<Written>& written) override;
  Result<uint64_t> write_from(const Target& target, const std::string& from) override;
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
  static void teach(const TargetState& state, const Incoming& rows, const Decision* decision);
  Result<void> insert(TargetState& state, const LoadRows& load, Incoming& rows,
                      const Suspects& suspects, std::vector<Written>& written);
  Result<void> insert_all(TargetState& state, const LoadRows& load);
  // Those with one of these actions ("1, 2").
  Result<void> insert_marked(TargetState& state, const std::string& actions);
  Result<void> delete_children(const TargetState& child);
  // Rows of the table whose keys are perhaps those of marked rows.
  Result<duckdb::Rows> stored_rows(TargetState& state, bool with_tuple);
  static void mark(TargetState& state, const LoadRows& load, const Decision& decision);
  static void mark_suspects(TargetState& state, const LoadRows& load, const Suspects& suspects);
  // version_writer.cc
  Result<void> write_versions(TargetState& state, const LoadRows& load, const Incoming& rows,
                              const Suspects& suspects, std::vector<Written>& written);
  Result<void> find_versions(TargetState& state, const LoadRows& load, const Suspects& suspects,
                             StoredVersions& out);
  // Of keys that are not in `out`.
  Result<void> find_deletions(const TargetState& state, const std::vector<batch::RowHash>& keys,
                              StoredVersions& out);
  Result<void> apply(TargetState& state, const LoadRows& load, const Decision& decision);
  Result<void> keep_deletions(const TargetState& state, const Decision& decision);
  void count_rows(const TargetState& state, uint64_t rows);
  Result<void> write_counts();
  Result<void> drop_waits();
  void fill_ids(std::span<const int64_t> ids);

  duckdb::Connection& connection() { return warehouse_.writer_; }
  TargetState& state_of(const Target& target);

  DuckdbWarehouse& warehouse_;
  std::unique_lock<std::mutex> lock_;
  TargetState* first_ = nullptr;  // the first load of the batch being written
  // Of the first load: rows left out of a record whose other rows are in.
  RowNames refused_;
  bool contradicted_ = false;  // a later load contradicts its table
  // Not written yet: rows by pipeline and table, and the state of pipelines whose batches were
  // counted.
  std::map<std::pair<std::string, std::string>, uint64_t> new_rows_;
  std::map<std::string, PipelineState> new_states_;
  bool open_ = false;
};

}  // namespace clearwell::warehouses
