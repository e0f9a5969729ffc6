// The embedded warehouse: one DuckDB file, one writing process, one load at a time.
//
// Keys are checked by a filter in memory (key_filter.h) and a look-up of the few perhaps-known
// ones, never by an index: DuckDB's indexes keep the memory of deleted rows. Tables that keep
// versions carry one column more, `_version`, and `_patches` if they are patched (version.h).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "drivers/duckdb/connection.h"
#include "warehouses/key_filter.h"
#include "warehouses/warehouse.h"

namespace clearwell::warehouses {

// What is kept for each load, from prepare() on.
struct TargetState {
  Target target;
  std::string table;        // quoted
  std::string name;         // in clearwell.deletions
  std::string column_list;  // "a", "b": quoted
  std::string key_match;    // t."a" = s."a" AND …
  // Names of the columns in lower case, which tell them apart.
  std::vector<std::string> names;
  bool versioned = false;  // the table has the column _version
  bool patched = false;    // and _patches
  bool in_place = false;   // rows have more in them than the load brings, so they are updated
  // Keys of the whole table, shared by its loads. None where there is no key, or where the key
  // contains that of the record (Target::parent_key).
  std::shared_ptr<KeyFilter> filter;
  // Keys that have been deleted; none where nobody deletes.
  std::shared_ptr<KeyFilter> deletions;
  // The rows being written, as they come (`plain`: _record, columns) or with what is to be done
  // with each (`marked`: and those of marks.h).
  std::optional<duckdb::Relation> plain, marked;
  std::optional<duckdb::Relation> keys;  // key columns, _action, _version: keys to look up
  std::vector<duckdb::Chunk> marked_chunks;
  // First load: rows of the table were replaced or deleted in this batch, children must go.
  bool replaced_rows = false;
};

class DuckdbTransaction;

class DuckdbWarehouse : public Warehouse {
 public:
  static Result<std::unique_ptr<Warehouse>> open(const std::string& path,
                                                 const config::Limits& limits, Access access);

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
  // Nobody else can open the file.
  Result<std::string> claim(const std::string&) override { return std::string(); }
  Result<void> still_ours() const override { return {}; }
  Result<std::unique_ptr<Transaction>> begin() override;
  Result<duckdb::Rows> query(const std::string& sql) override;
  Result<void> execute(const std::string& sql) override;
  Result<void> note_run(const RunNote& note) override;
  Result<void> idle() override;

 private:
  friend class DuckdbTransaction;
  DuckdbWarehouse(duckdb::Database database, duckdb::Connection writer, duckdb::Connection reader);

  Result<void> register_relations();
  Result<void> load_memory();
  // Retryable when the disk is too full for a checkpoint.
  Result<void> require_room() const;
  Result<void> create_or_check(TargetState& state);
  Result<void> check_columns(TargetState& state, const duckdb::Schema& found);
  Result<void> check_version_columns(TargetState& state, const duckdb::Schema& found);
  Result<void> teach_filter(TargetState& state);
  Result<void> learn_deletions(TargetState& state);
  Result<duckdb::Rows> read(const std::string& sql);  // on the reader
  static Result<PipelineState> read_state(duckdb::Connection& connection,
                                          const std::string& pipeline);
  Result<HeldRecords> read_held(const std::string& pipeline, const std::string& ids_query,
                                size_t limit);
  // SQL for "ids of held records of the pipeline that still miss a parent".
  Result<std::string> holders(const std::string& pipeline, const std::string& target, bool found);

  std::string path_;
  duckdb::Database database_;
  // `writing_` is held from begin() to the end of a transaction; the writer belongs to its holder.
  std::mutex writing_;
  duckdb::Connection writer_;
  // Look-ups and queries of other threads, on committed data.
  std::mutex reading_;
  duckdb::Connection reader_;

  std::unordered_map<std::string, std::unique_ptr<TargetState>> targets_;  // by target_name()
  int next_target_ = 0;                                                    // names relations
  std::unordered_map<std::string, std::shared_ptr<KeyFilter>> filters_;    // by table
  // Hashes of the identities of open quarantine entries, by pipeline: to know without a query that
  // an accepted record resolves nothing.
  std::unordered_map<std::string, KeyFilter> open_entries_;
  std::unordered_map<std::string, std::shared_ptr<KeyFilter>> deletions_;  // by table
  std::optional<duckdb::Relation> quarantine_, parked_, waits_, files_, accepted_, ids_, deleted_;
  std::optional<duckdb::Relation> lookup_;  // of the reader
  std::vector<duckdb::Chunk> id_chunks_;    // what ids_ reads
  int64_t next_id_ = 1;
  int64_t next_batch_ = 1;
};

// Key of targets_.
std::string target_name(const Target& target);

}  // namespace clearwell::warehouses
