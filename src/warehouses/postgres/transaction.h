// One transaction of the PostgreSQL warehouse: load_writer.cc writes loads, stages.cc asks and
// changes tables through temporary ones, held_writer.cc keeps quarantine, park and their waits,
// transaction.cc lanes, counts and the rest.
#pragma once

#include <mutex>

#include "drivers/duckdb/row_writer.h"
#include "warehouses/load_rows.h"
#include "warehouses/postgres/postgres_warehouse.h"

namespace clearwell::warehouses {

// Names a load among those that were prepared.
std::string postgres_target_name(const Target& target);

class PostgresTransaction : public Transaction {
 public:
  explicit PostgresTransaction(PostgresWarehouse& warehouse) : warehouse_(warehouse) {}
  ~PostgresTransaction() override;

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
  using Order = std::vector<size_t>;
  // A row whose key is in the table, and the version and patches it has there.
  struct Stored {
    size_t row;
    std::string version, patches;
  };

  Result<void> write(PostgresTarget& state, const LoadRows& load,
                     std::span<const std::string> orders, std::vector<Written>& written);
  Result<void> write_next(PostgresTarget& state, const LoadRows& load,
                          std::span<const std::string> orders, const std::vector<Written>& written);
  Result<void> insert(PostgresTarget& state, const LoadRows& load, Incoming& rows,
                      std::vector<Written>& written);
  Result<void> write_versions(PostgresTarget& state, const LoadRows& load, const Incoming& rows,
                              std::vector<Written>& written);
  Result<bool> try_directly(PostgresTarget& state, const LoadRows& load, const Incoming& rows,
                            std::vector<Written>& written);
  // Copies into the table; false if a key was there already: then nothing has changed.
  Result<bool> copy_if_new(PostgresTarget& state, const LoadRows& load, const Order& order,
                           std::span<const std::string> versions);
  Result<void> copy_rows(const PostgresTarget& state, const LoadRows& load, Order order,
                         std::span<const std::string> versions);
  // stages.cc
  Result<std::vector<Stored>> find_stored(const PostgresTarget& state, const duckdb::Rows& rows,
                                          const std::vector<size_t>& key_columns);
  Result<StoredContent> compare_stored(const PostgresTarget& state, const LoadRows& load,
                                       Incoming& rows, const std::vector<Stored>& stored);
  Result<void> stage_changes(const PostgresTarget& state, const LoadRows& load,
                             const Decision& decision);
  Result<void> change_stored(PostgresTarget& state, const LoadRows& load, const Decision& decision);
  Result<void> find_deletions(const PostgresTarget& state, const std::vector<batch::RowHash>& keys,
                              StoredVersions& out);
  Result<void> keep_deletions(const PostgresTarget& state, const Decision& decision);
  Result<void> delete_children(const PostgresTarget& child);

  Result<void> count_rows(const PostgresTarget& state, uint64_t rows);
  Result<void> insert_rows(const std::string& table, const duckdb::Schema& columns,
                           duckdb::RowWriter& rows);
  Result<std::vector<int64_t>> new_ids(size_t count);
  // Null for a pipeline that is not ours.
  KeyFilter* open_entries(const std::string& pipeline);
  Result<void> drop_waits(const std::string& ids);
  // Why something was not as it had been read: most likely somebody has taken over the pipeline.
  Error moved(const std::string& pipeline, const std::string& what);
  // Only values can be refused; all else is nobody's fault among the records, and may be mended.
  Result<void> blame(Result<void> done);

  postgres::Connection& connection() { return *warehouse_.writer_.connection; }
  PostgresTarget& state_of(const Target& target);

  PostgresWarehouse& warehouse_;
  std::unique_lock<std::mutex> lock_;
  PostgresTarget* first_ = nullptr;  // the first load of the batch being written
  // Of the first load: rows left out of a record whose other rows are in.
  RowNames refused_;
  std::set<std::string> touched_;      // pipelines whose leases COMMIT rests on
  bool models_alone_ = false;          // nobody else builds models beside this transaction
  std::string transaction_, backend_;  // to ask what became of it
  bool contradicted_ = false;          // a later load contradicts its table
  bool open_ = false;
};

}  // namespace clearwell::warehouses
