// Which rows of a load are written, and what that makes of their records: the rules of the modes
// that have keys, apart from any database. Rows are judged one after another in the order of the
// records, as if each came in a batch of its own, so results do not depend on where batches end.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "batch/row_hash.h"
#include "warehouses/version.h"
#include "warehouses/warehouse.h"

namespace clearwell::warehouses {

enum class Action : int32_t {
  None,     // not written
  Insert,   // its key is new
  Replace,  // takes the place of the stored row of its key, in the columns that `fields` marks
  Touch,    // nothing but the versions of the stored row change: it came again, but later
  Delete,   // the stored row of its key goes
  Patch,    // changes columns of the stored row, those that `fields` marks
};

struct Incoming {
  config::LoadMode mode = config::LoadMode::Insert;
  std::vector<uint32_t> record;  // of each row
  std::vector<batch::RowHash> key;
  std::vector<batch::RowHash> content;  // over all columns; deletion_content for a deletion
  // Where there are versions:
  std::vector<std::string> version;  // encode_version of each row
  std::vector<std::string> tuple;    // encode_tuple of each row
  std::vector<bool> deletes;         // of each row; empty: none is a deletion
  // Names of the columns as the warehouse tells them apart; where the table takes patches.
  std::vector<std::string> columns;
  // Patch, of each row: '1' for each column that its record brings, else '0'; the key's are '0'.
  std::vector<std::string> fields;
  std::vector<std::vector<batch::RowHash>> cells;  // Patch: by column, of each row
};

// All deletions of a key are alike.
inline constexpr batch::RowHash deletion_content{0, 0};

struct Decision {
  std::vector<Action> actions;  // of each row
  // Where there are versions, of each row that is written: the tuple to store with it (a later
  // duplicate may have raised it), and the patches (encode_patches).
  std::vector<std::string> tuples, patches;
  // Which columns are written, as in Incoming; empty where each row that is written is written
  // whole. Of one key several rows may change columns, each others.
  std::vector<std::string> fields;
  // Patch: of each row that changes columns, how many others of its key do so too and stand before
  // it in this list: rows with the same number can be written at once.
  std::vector<int32_t> turns;
  std::vector<size_t> conflicts;  // insert: rows whose key has other content
  // Keys that are deleted now, with the tuple of their deletion; and those that no longer are.
  std::vector<std::pair<batch::RowHash, std::string>> buried;
  std::vector<batch::RowHash> raised;
};

// What the table holds: content by key.
using StoredContent = std::unordered_map<batch::RowHash, batch::RowHash>;

// insert: written[record] is set for every record that has a row. A record with a conflicting row
// is Conflict and none of its rows is written.
Decision decide_insert(const Incoming& rows, const StoredContent& stored,
                       std::vector<Written>& written);

// What is known of a key: the version tuple of its row (empty: older than any) and the patches of
// it; or of its deletion.
struct StoredVersion {
  std::string tuple, patches;
  bool deleted = false;
};
using StoredVersions = std::unordered_map<batch::RowHash, StoredVersion>;

// upsert, update, patch and deletions. An update or patch of a key that has no row makes its record
// Missing, and none of its rows is written, unless the key has been deleted by something newer.
Decision decide_versions(const Incoming& rows, const StoredVersions& stored,
                         std::vector<Written>& written);

// Row numbers sorted by record; rows of one record keep their order.
std::vector<size_t> by_record(const Incoming& rows);

}  // namespace clearwell::warehouses
