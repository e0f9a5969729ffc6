// Judge: from the bytes of a batch to verdicts and rows. One for each pipeline, used by one thread.
//
// A batch goes through decode → rules → references → checks → loads, kind by kind, parents first.
// A record finds the parents that were delivered before it, in earlier batches or in its own, and
// no others (docs/decisions/0010-parents-in-order.md).
// Nothing is written here; the loader (loader.h) commits what a Judged says.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "batch/columns.h"
#include "batch/reason.h"
#include "batch/record.h"
#include "config/project.h"
#include "decode/decoder.h"
#include "drivers/duckdb/connection.h"
#include "transform/loads.h"
#include "validate/checks.h"
#include "validate/references.h"
#include "validate/rules.h"
#include "warehouses/warehouse.h"

namespace clearwell::engine {

enum class Verdict : uint8_t {
  Accept,
  Reject,
  Park,
  Retry,  // not settled and not parsable yet: the source reads it again
};

// Where the records of a batch come from: it decides what commits with them.
enum class Origin {
  Source,   // read for the first time: positions advance
  Release,  // held records whose parents have come
  Expiry,   // parked records whose time is up: judged once more, not parked again
  Replay,   // quarantined records that a person sent again
};

struct Input {
  Origin origin = Origin::Source;
  batch::RawBatch raw;
  // Of held records: their ids and where they are held now.
  std::vector<int64_t> ids;
  std::vector<bool> from_park;
  // Replay with repairs: the payloads as they came. A record that fails again keeps them.
  std::vector<std::string_view> originals;
};
Input to_input(warehouses::HeldRecords held, Origin origin);

// One kind's share of a judged batch.
struct KindShare {
  batch::Columns columns;                   // contract columns, with taken ones filled
  std::vector<warehouses::LoadRows> loads;  // of the accepted records, in the order of the kind's
  // Column 0 is _record, then KindPlan::gathers of the accepted records.
  duckdb::Rows gathered = {};
  // The first record that refers to a row which an earlier one of these makes, or one of another
  // kind changes.
  std::optional<uint32_t> first_child;
};

struct Judged {
  Input input;
  std::vector<int> kind_of;      // index into Judge::kinds(), -1: unknown kind
  std::vector<uint32_t> row_of;  // row of the record in its share's columns
  batch::Reasons reasons;
  std::vector<Verdict> verdicts;
  std::unordered_map<uint32_t, std::vector<std::pair<std::string, std::string>>> waits;
  std::unordered_map<uint32_t, std::chrono::microseconds> patience;  // of parked ones
  // Children whose parents are loaded by this very batch: void if the parent does not get in.
  std::vector<validate::BatchParent> batch_parents;
  std::vector<KindShare> shares;
  std::map<std::string, int64_t> warnings;  // by check
  // The first record that a check with action stop refuses; records from it on are not judged yet.
  std::optional<uint32_t> stop_at;
  std::string stopped_by;
  // The first record that refers to a row which an earlier record of its own kind brings, or that
  // has a row which an earlier record of another kind changes: it can only be judged when that row
  // is in its table, so what comes before it is to be judged and committed alone. Nothing else of
  // this Judged is to be used then.
  std::optional<uint32_t> split_at;

  // Rejects a record after the fact: its rows leave all loads.
  void reject(uint32_t record, batch::Reason reason);
  // Rejects the children of rejected parents of this batch.
  void reject_children();
  // Drops the rows of records that are not accepted any more. To be called after reject().
  void filter_loads();
};

// Types of columns of tables, "table.column" → type: what loads of the project make, else what the
// warehouse has.
using TypeBook = std::map<std::string, duckdb::Type>;

// One record kind, compiled.
struct KindPlan {
  const config::Kind* kind = nullptr;
  duckdb::Schema contract;                  // schema of KindShare::columns
  std::vector<duckdb::ColumnPath> key;      // its key fields, in `contract`
  std::vector<transform::LoadQuery> loads;  // those of single records first
  std::vector<warehouses::Target> targets;  // of each load
  // Contract columns that the first load's key copies, in its order; empty if computed.
  std::vector<duckdb::ColumnPath> known_key;
  // Contract column that the first load's version copies; empty if there is none.
  duckdb::ColumnPath version;
  // Columns of `accepted` that loads over all records need; empty if there are none.
  duckdb::Schema gathers;
  // Does any SQL of the kind ask for _order?
  bool reads_order = false;
};

class Judge {
 public:
  // Compiles the pipeline; what is wrong with it goes to `faults` (then the judge may be used no
  // further). The types of its tables join `types`.
  static Result<std::unique_ptr<Judge>> make(duckdb::Database& database,
                                             const config::Pipeline& pipeline, TypeBook& types,
                                             config::Faults& faults);
  ~Judge();

  struct Options {
    validate::LookUp look_up;
    // May a record wait for rows of this table? (Is somebody about to bring them?)
    std::function<bool(const std::string& table)> can_wait;
    bool may_split = true;  // else split_at is never set, and such records wait for their parents
  };
  Result<Judged> judge(Input input, const Options& options);

  const config::Pipeline& pipeline() const;
  const std::vector<KindPlan>& kinds() const;
  // References of all kinds: "users.user_id".
  const std::vector<std::string>& reference_targets() const;
  // Tables of the loads.
  std::vector<std::string> tables() const;
  // Does a reference go to a table of the pipeline's own loads, or do several kinds change one
  // table? Then a batch is to be judged when those before it have been committed.
  bool has_own_parents() const;
  // Rows of the table have changed otherwise than by new ones. From any thread.
  void invalidate(const std::string& table);

 private:
  struct State;
  explicit Judge(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Pipelines in the order of their references, parents first.
std::vector<const config::Pipeline*> parents_first(const config::Project& project);

}  // namespace clearwell::engine
