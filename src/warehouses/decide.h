// Which rows of a load are written, and what that makes of their records: the rules of `insert` and
// `upsert`, apart from any database. Rows are judged one after another in the order of the records,
// as if each came in a batch of its own, so results do not depend on where batches end.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "batch/row_hash.h"
#include "warehouses/warehouse.h"

namespace clearwell::warehouses {

enum class Action : int32_t {
  None,     // not written
  Insert,   // its key is new
  Replace,  // upsert: takes the place of the stored row of its key
  Touch,    // upsert: same content as the stored row, but later: only its version tuple is stored
};

struct Incoming {
  std::vector<uint32_t> record;  // of each row
  std::vector<batch::RowHash> key;
  std::vector<batch::RowHash> content;  // over all columns
  std::vector<std::string> version;     // upsert: encode_version of each row
  std::vector<std::string> tuple;       // upsert: encode_tuple of each row
};

struct Decision {
  std::vector<Action> actions;  // of each row
  // upsert: the tuple to store with a row that is written (a later duplicate may have raised it)
  std::vector<std::string> tuples;
  std::vector<size_t> conflicts;  // insert: rows whose key has other content
};

// What the table holds: content by key.
using StoredContent = std::unordered_map<batch::RowHash, batch::RowHash>;
// Version tuple by key.
using StoredTuples = std::unordered_map<batch::RowHash, std::string>;

// written[record] is set for every record that has a row. A record with a conflicting row is
// Conflict and none of its rows is written.
Decision decide_insert(const Incoming& rows, const StoredContent& stored,
                       std::vector<Written>& written);

Decision decide_upsert(const Incoming& rows, const StoredTuples& stored,
                       std::vector<Written>& written);

}  // namespace clearwell::warehouses
