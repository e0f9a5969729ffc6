// PostgreSQL (11 and later) as a warehouse: one connection writes, one answers look-ups, one the
// queries of people and models. Unique indexes say which keys are known, so nothing of the user's
// tables is kept in memory and other programs may write beside us.
//
// Tables that keep versions carry one column more, `_version`, and `_patches` if they are patched
// (version.h).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "drivers/postgres/connection.h"
#include "warehouses/key_filter.h"
#include "warehouses/postgres/leases.h"
#include "warehouses/warehouse.h"

namespace clearwell::warehouses {

// What is kept for each load, from prepare() on.
struct PostgresTarget {
  Target target;
  std::string table;               // quoted
  std::string name;                // in clearwell.deletions
  std::vector<std::string> names;  // of the columns as the table has them, quoted
  std::string column_list;         // names, joined
  std::string key_match;           // t."a" = s."a" AND …
  bool versioned = false;          // the table has the column _version
  bool patched = false;            // and _patches
  bool deletions = false;          // keys may have been deleted
  // The unique index over exactly the key, if there is one: then rows may be copied straight into
  // the table, and the index tells whether a key was known.
  std::string key_index;
  // Temporary tables of the writing session: keys to look up; rows to compare or to update from.
  std::string keys_stage, rows_stage;
  // After a conflict so many batches are staged at once; doubled by each conflict (to 256).
  int stage_next = 0, stage_most = 1;
  // First load: rows of the table were replaced or deleted in this batch, children must go. Their
  // keys are in rows_stage, with that action.
  bool replaced_rows = false;
};

class PostgresTransaction;

class PostgresWarehouse : public Warehouse {
 public:
  // `schema`: of tables that name none, made when missing; empty: what the session's search_path
  // says.
  static Result<std::unique_ptr<Warehouse>> open(const std::string& url, const std::string& schema,
                                                 Access access);

  Result<void> prepare(const Target& target) override;
  Result<std::optional<duckdb::Schema>> columns(const std::string& table) override;
  Result<std::map<std::string, std::string>> lanes(const std::string& pipeline,
                                                   const std::string& source) override;
  Result<std::vector<batch::FileMark>> marks(const std::string& pipeline,
                                             const std::string& source) override;
  Result<PipelineState> state(const std::string& pipeline) override;
  Result<duckdb::Rows> lookup(const Lookup& lookup) override;
  Result<bool> any_waits(const std::string& pipeline,
                         const std::vector<std::string>& targets) override;
  Result<HeldRecords> releasable(const std::string& pipeline,
                                 const std::vector<std::string>& targets, size_t limit) override;
  Result<HeldRecords> expired(const std::string& pipeline, std::chrono::microseconds clock,
                              size_t limit) override;
  Result<HeldRecords> held(const std::string& pipeline, const std::vector<int64_t>& ids) override;
  Result<std::string> claim(const std::string& pipeline) override;
  Result<void> still_ours() const override { return leases_.still_ours(); }
  Result<std::unique_ptr<Transaction>> begin() override;
  Result<duckdb::Rows> query(const std::string& sql) override;
  Result<void> execute(const std::string& sql) override;
  Result<void> note_run(const RunNote& note) override;
  Result<void> idle() override { return {}; }

 private:
  friend class PostgresTransaction;
  // A connection that is opened when first used and again when it was lost, with its mutex.
  struct Session {
    std::mutex mutex;
    std::unique_ptr<postgres::Connection> connection;
  };

  explicit PostgresWarehouse(postgres::Options options)
      : options_(std::move(options)), leases_(options_) {}

  // REQUIRES: the session's mutex is held.
  Result<postgres::Connection*> connect(Session& session);
  Result<postgres::Connection*> connect_writer();
  Result<void> make_stages(const PostgresTarget& state);
  // In the writer's transaction, these seven.
  Result<void> make_table(PostgresTarget& state);
  Result<void> create_or_check(PostgresTarget& state);
  Result<void> create_table(const PostgresTarget& state);
  Result<void> check_columns(PostgresTarget& state, const duckdb::Schema& found);
  Result<void> check_version_columns(PostgresTarget& state, const duckdb::Schema& found);
  Result<void> name_table(PostgresTarget& state);
  Result<void> learn_deletions(PostgresTarget& state);
  Result<bool> takes_any_decimal(const PostgresTarget& state, const duckdb::ColumnSchema& there);
  Result<void> find_key_index(PostgresTarget& state);
  Result<duckdb::Rows> read(const std::string& sql, const postgres::Params& params = {});
  Result<HeldRecords> read_held(const std::string& pipeline, const std::string& ids_query,
                                size_t limit);
  Result<std::string> holders(const std::string& pipeline, const std::string& target, bool found);
  Result<std::string> status_of(const std::string& transaction, const std::string& backend);
  // What became of a transaction whose COMMIT had no answer. REQUIRES: the writer's mutex is held.
  Result<void> settle_commit(const std::string& transaction, const std::string& backend);

  postgres::Options options_;
  Session writer_, reader_, asker_;
  Leases leases_;
  // Hashes of the identities of open quarantine entries, by pipeline: to know without a query that
  // an accepted record resolves nothing. Only of pipelines that are ours, whose entries nobody else
  // changes.
  std::unordered_map<std::string, KeyFilter> open_entries_;
  std::unordered_map<std::string, std::unique_ptr<PostgresTarget>> targets_;
};

}  // namespace clearwell::warehouses
