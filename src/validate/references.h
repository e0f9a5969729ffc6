// References: "article_id must be in articles.article_id", answered from the batch, a cache, then
// the warehouse (one look-up for all keys that are missing in a batch). Brings the `take` columns.
//
// The cache holds committed, present keys only, emptied beyond a number and an age; absence is
// never cached, so that a parent which arrives is seen by the next batch.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/columns.h"
#include "batch/reason.h"
#include "config/contract.h"
#include "drivers/duckdb/column.h"

namespace clearwell::validate {

// A reference that a record misses.
struct MissingParent {
  uint32_t record;
  const config::Reference* reference;
  std::string value;  // as text
};

// A reference that is answered by a row which this very batch loads.
struct BatchParent {
  uint32_t record;
  uint32_t parent;
  batch::Reason reason;  // what it is if the parent does not get in
  MissingParent missing;
};

// Rows of a table whose `column` is in `keys` (texts): the key as VARCHAR, then `take`.
using LookUp = std::function<Result<duckdb::Rows>(
    const std::string& table, const std::string& column, const std::vector<std::string>& take,
    const std::vector<std::string>& keys)>;

class References {
 public:
  // `schema`: that of the columns which apply() will get. The cache of each reference is emptied
  // between batches when it holds more than `cache_keys`.
  References(const config::Kind& kind, const duckdb::Schema& schema, size_t cache_keys = 1'000'000);
  References(References&&) noexcept;
  ~References();

  bool empty() const;
  // References of the kind, each target once: "users.user_id".
  std::vector<std::string> targets() const;

  // Adds reason reference.missing for every value without parent and fills the taken columns of the
  // others. `missing` gets one entry a record and missing value.
  Result<void> apply(const LookUp& look_up, batch::Columns& columns, batch::Reasons& reasons,
                     std::vector<MissingParent>& missing);

  // Of the last apply().
  const std::vector<BatchParent>& batch_parents() const;

  // The pipeline's own loads put newer versions of a key into this table: its rows are compared by
  // their version tuples, which look-ups ask for as the column `_version`. Before the first
  // apply().
  void compare_versions(const std::string& table);
  bool refer_to(const std::string& table) const;

  // Rows (_record first) that this very batch loads into a parent table count as present for the
  // records delivered after theirs, in apply() of this batch (call before it); forget_parents()
  // ends that. tuples[i]: the version tuple of row i; empty where the first row of a key stays.
  void add_parents(const std::string& table, const duckdb::Rows& rows,
                   const std::vector<std::string>& tuples);
  void forget_parents();

  // The first record of `columns` that refers to a row of `table` which an earlier record of the
  // same batch makes (`rows`, _record first).
  std::optional<uint32_t> first_child(const std::string& table, const duckdb::Rows& rows,
                                      const batch::Columns& columns);

  // The table has changed otherwise than by new rows: cached rows of it are dropped.
  void invalidate(const std::string& table);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clearwell::validate
