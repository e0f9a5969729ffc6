// What becomes of records that their contract accepts: a reference model of the load modes, worked
// out record by record in the order of delivery. It shares no code with warehouses/.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "generate/drafts.h"
#include "generate/evaluator.h"

namespace clearwell::generate {

// Rows that a load leaves in its table.
struct Rowset {
  const config::Load* load = nullptr;
  duckdb::Schema columns;
  struct Entry {
    int phase;  // after which it is there
    Row row;    // row.record: index of the draft
  };
  std::vector<Entry> entries;
  // False: which rows stay depends on more than this model knows (history, children of upserts
  // whose parents have several rows, the place of a record).
  bool exact = true;
};

// Sets `expected` of every draft's delivery, and its fault to "none" or "key.conflict" where the
// key it has turned out otherwise than planned.
Result<std::vector<Rowset>> fold(const config::Kind& kind, Evaluator& evaluator,
                                 std::deque<Draft>& drafts);

}  // namespace clearwell::generate
