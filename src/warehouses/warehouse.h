// What a warehouse is: tables of the user, and Clearwell's own schema `clearwell` beside them, all
// changed in one transaction or not at all.
//
// Clearwell's tables (documented in docs/reference/tables.md, readable by anyone with SQL):
//   lanes       lane, pipeline, source, owner, epoch, position, batch, updated_at
//   files       pipeline, source, mark (16 bytes)
//   counts      pipeline, read, loaded, superseded, duplicate, skipped, quarantined, parked,
//               discarded, clock_us, updated_at
//   table_rows  pipeline, table_name, rows (written since the beginning)
//   quarantine  id, pipeline, kind, entry, key, state, source, partition, "offset", line, ord,
//               arrived, version, quarantined_at, contract_version, attempts, codes, reasons,
//               payload
//   parked      id, pipeline, kind, entry, key, source, partition, "offset", line, ord, arrived,
//               parked_at, deadline_us, contract_version, reasons, payload
//   waits       holder (id in quarantine or parked), pipeline, target ("users.user_id"), value
//   deletions   table_name, key (16 bytes), version: keys whose row has been deleted (delete_when)
//   runs        id, pipeline, started_at, ended_at, outcome, message
//   report_runs report, minutes, due, state, owner, taken_at, ended_at, rows, message
//   leases      pipeline, epoch, owner, process, instance, renewed_at (where several processes can
//               reach the warehouse)
//   meta        name, value (schema version, a warehouse uuid)
// Quarantine states: open, resolved (its key was accepted otherwise), released (its parents came),
// replayed, discarded. Only open and resolved ones count as quarantined.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "batch/fate.h"
#include "batch/record.h"
#include "config/project.h"
#include "drivers/duckdb/column.h"

namespace clearwell::warehouses {

// A table that a load writes: its columns are those of the load's SELECT without _record.
struct Target {
  std::string pipeline;
  std::string table;
  duckdb::Schema columns;
  std::vector<size_t> key;  // indexes into columns; empty for append
  config::LoadMode mode = config::LoadMode::Append;
  int version = -1;  // where versions are kept: index into columns, -1: order of the source
  bool history = false;
  bool first = false;  // decides the fate of each record
  // Some load of the project patches the table, or deletes rows of it.
  bool patched = false, deleted_from = false;
  // Later loads: columns of this table that hold the first load's key, in its order; empty if it
  // has none of it. With it, children of a replaced row can be found, and a key that contains it
  // cannot meet the rows of another record.
  std::vector<size_t> parent_key;
};

// Rows of a load. chunk column 0 is _record (BIGINT, index into the batch), then target.columns.
struct LoadRows {
  const Target* target = nullptr;
  duckdb::Rows rows;
  // Of each record of the batch: do its rows delete those of their keys? Empty: no record does.
  std::vector<bool> deletes = {};
  // Patch, of each record: '1' for each of target.columns that it brings, else '0', as for the key.
  std::vector<std::string> fields = {};
};

// What writing the first load's rows made of a record.
enum class Written : uint8_t {
  Nothing,     // the load made no row of it
  New,         // its rows are in
  Duplicate,   // the same content was there
  Superseded,  // a newer version was there
  Conflict,    // the same key with other content (insert)
  // Where versions are kept: it won over what was there, but a later record of this batch won over
  // it; counts as loaded, and none of its rows are written (its history rows are).
  Outrun,
  Missing,  // update, patch: there is no row of its key; none of its rows is written
  Deleted,  // its rows delete those of their keys; counts as loaded, as Outrun
};

// How the message of a later load's refusal begins where a row is missing; the table follows.
inline constexpr const char* missing_row = "there is no row with the key of the load into ";

// A record on its way into quarantine or park.
struct Held {
  int64_t id = 0;  // 0: new, the warehouse gives one; else it moves there or stays there
  std::string kind;
  std::string entry;  // identity: "kind:key" or "@partition:offset"
  std::optional<std::string> key;
  batch::Record record;  // payload, source, position, order, arrival
  std::string contract_version;
  // Where versions are kept: version and order of the record (version.h, encode_tuple without
  // content), if its version could be read. An entry is settled only by a record that is at least
  // as new.
  std::optional<std::string> tuple;
  std::vector<std::string> codes;  // distinct reason codes, sorted
  std::string reasons;             // JSON
  bool resolved = false;           // its key has been accepted already
  // References it misses: {"users.user_id", value}. It is released when none is missing any more.
  std::vector<std::pair<std::string, std::string>> waits;
  // Park: when it has waited enough, on the pipeline's waiting clock (PipelineState::clock).
  std::chrono::microseconds deadline{0};
};

// Who has been accepted.
struct Accepted {
  std::string entry;  // identity
  std::string order;  // encoded; empty where nothing has versions
  // Where versions are kept: version and order. None: whatever has this identity is settled.
  std::optional<std::string> tuple;
};

// A held record read back, to be judged again. Views point into `bytes`.
struct HeldRecords {
  std::vector<int64_t> ids;
  std::vector<bool> from_park;  // else from quarantine
  std::vector<std::string> kinds;
  batch::RawBatch raw;  // records, with their original position, order and arrival
};

enum class HeldState { Resolved, Released, Replayed, Discarded };

// Everything between begin and commit. Destroying it uncommitted rolls back. Errors: Retryable for
// systemic faults; Fatal with the database's message when it refuses a row.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // Writes the first load of a kind. written[r] for every record r of the batch (sized by the
  // caller, Nothing on entry). orders[r]: its encoded order. Rows of conflicting records are not
  // written.
  virtual Result<void> write_first(const LoadRows& load, std::span<const std::string> orders,
                                   std::vector<Written>& written) = 0;
  // Writes the rows of the records that write_first took (New; with history also Superseded,
  // Outrun and Deleted). Children of rows that were replaced or deleted are deleted first.
  virtual Result<void> write_next(const LoadRows& load, std::span<const std::string> orders,
                                  const std::vector<Written>& written) = 0;

  // Appends all rows of another table of the warehouse, which has the target's columns (stages of
  // Spark's). `from` is quoted. How many rows.
  virtual Result<uint64_t> write_from(const Target& target, const std::string& from) = 0;

  // Which of these keys are in the target's table, this transaction's rows included: nothing if
  // not, else the version tuple of the row (empty for tables without versions), or of its deletion,
  // which is as good for whoever asks what is newest. The columns of
  // `keys` are those of the target's key, in its order and of its types.
  virtual Result<std::vector<std::optional<std::string>>> known(const Target& target,
                                                                const duckdb::Rows& keys) = 0;

  virtual Result<void> quarantine(const std::string& pipeline, std::span<const Held> records) = 0;
  virtual Result<void> park(const std::string& pipeline, std::span<const Held> records) = 0;
  // Takes records out of park, or changes the state of quarantined ones; drops their waits.
  virtual Result<void> settle(const std::string& pipeline, std::span<const int64_t> ids,
                              HeldState state) = 0;
  // Are there open quarantine entries at all? False spares the work of naming identities.
  virtual bool may_resolve(const std::string& pipeline) = 0;
  // Has this identity perhaps an open entry? False only if it surely has none.
  virtual bool may_resolve(const std::string& pipeline, std::string_view entry) = 0;
  // Marks open quarantine records of these identities as resolved, by an accepted record that is
  // at least as new as they are. Those with reason key.conflict stay open.
  virtual Result<void> resolve(const std::string& pipeline, std::span<const Accepted> accepted) = 0;

  // Compare-and-set of every lane; the marks of files join the ledger. An Error if a lane has
  // moved.
  virtual Result<void> advance(const std::string& pipeline, const batch::RawBatch& batch,
                               const std::vector<bool>& left_out) = 0;
  // Adds to the stored counts and sets the clock. Asserts the equation on the new totals, which
  // are returned.
  virtual Result<batch::Counts> count(const std::string& pipeline, const batch::Counts& change,
                                      std::chrono::microseconds clock) = 0;

  // Replace: empties the tables of these targets and forgets all of the pipeline's own state
  // (counts, quarantine, park, lanes, ledger): the run starts over, and all of it becomes visible
  // with the commit.
  virtual Result<void> start_over(const std::string& pipeline,
                                  std::span<const Target* const> targets) = 0;

  virtual Result<void> execute(const std::string& sql) = 0;  // models

  virtual Result<void> commit() = 0;
};

// Values of a reference looked up: row i of `rows` has the key in column 0 (as VARCHAR) and the
// taken columns after it. Absent keys have no row.
struct Lookup {
  std::string table, column;
  std::vector<std::string> take;
  std::vector<std::string> keys;
};

struct PipelineState {
  batch::Counts counts;
  int64_t quarantined_bytes = 0;  // payloads of the records that count as quarantined
  // Time for which parked records have been waiting while their parents' sources were running and
  // caught up. Deadlines of parked records are points on it.
  std::chrono::microseconds clock{0};
};

// How a pipeline's part in a run went, for clearwell.runs.
struct RunNote {
  std::string pipeline;
  Instant began, ended;
  std::string outcome, message;
};

class Warehouse {
 public:
  virtual ~Warehouse() = default;

  // Creates the table when missing, adds new nullable columns, checks the others. A Config error
  // says which column differs and how. REQUIRES: no transaction under way.
  virtual Result<void> prepare(const Target& target) = 0;
  // Columns of a table or view, or nothing when there is none.
  virtual Result<std::optional<duckdb::Schema>> columns(const std::string& table) = 0;
  virtual Result<std::map<std::string, std::string>> lanes(const std::string& pipeline,
                                                           const std::string& source) = 0;
  virtual Result<std::vector<batch::FileMark>> marks(const std::string& pipeline,
                                                     const std::string& source) = 0;
  // May read all of the quarantine: for the start of a run, not for each batch.
  virtual Result<PipelineState> state(const std::string& pipeline) = 0;

  virtual Result<duckdb::Rows> lookup(const Lookup& lookup) = 0;

  // Is any record of the pipeline held that waits for parents in one of these targets?
  virtual Result<bool> any_waits(const std::string& pipeline,
                                 const std::vector<std::string>& targets) = 0;
  // Up to `limit` held records of the pipeline, none of whose waits is missing any more, in their
  // order; `targets` are the references of the pipeline ("users.user_id").
  virtual Result<HeldRecords> releasable(const std::string& pipeline,
                                         const std::vector<std::string>& targets, size_t limit) = 0;
  // Parked records whose deadline is not after `clock`, in their order.
  virtual Result<HeldRecords> expired(const std::string& pipeline, std::chrono::microseconds clock,
                                      size_t limit) = 0;
  virtual Result<HeldRecords> held(const std::string& pipeline,
                                   const std::vector<int64_t>& ids) = 0;

  // Makes this process the only one that commits for the pipeline, until the warehouse is closed.
  // Empty: it is. Else who is so at present ("process 4711 on db-host"): ask again. Positions are
  // to be read after it. Who never claims is not kept from committing.
  virtual Result<std::string> claim(const std::string& pipeline) = 0;
  // Fatal once another process is known to have taken over a pipeline that we claimed, because this
  // one gave no sign of life. Commits find that out by themselves.
  virtual Result<void> still_ours() const = 0;

  // Exclusive: waits for the transaction of another thread to end.
  virtual Result<std::unique_ptr<Transaction>> begin() = 0;

  // One SELECT (several statements are an error) on a connection of its own, read-only, external
  // access off. For people and models.
  virtual Result<duckdb::Rows> query(const std::string& sql) = 0;
  // Changes made by hand or by models, outside of loads, in a transaction of their own.
  virtual Result<void> execute(const std::string& sql) = 0;
  virtual Result<void> note_run(const RunNote& note) = 0;
  // Housekeeping when nothing else is to be done (DuckDB: checkpoint).
  virtual Result<void> idle() = 0;
};

enum class Access {
  Write,     // exclusive for DuckDB
  ReadOnly,  // DuckDB: fails while another process writes; the file must exist
};

// What a url may begin with: "duckdb:". The conformance suite has a bench for each.
std::span<const std::string_view> schemes();

struct Place {
  std::string url;     // "duckdb:path", "postgres://…"
  std::string folder;  // relative paths begin here
  // PostgreSQL: of tables that name none, before public; made when missing. Empty: as the server's
  // search_path says.
  std::string schema = {};
};

// Config error for an unknown scheme.
Result<std::unique_ptr<Warehouse>> open(const Place& place, const config::Limits& limits,
                                        Access access);

}  // namespace clearwell::warehouses
