// Who a record is, in quarantine: by its contract key when that can be read, else by where it was.
//
//   "purchase:3f2a…"            kind, then the key fields as text, joined by '|'
//   "@inbox:/blob/a.json:0"     source, partition, offset (files: path and 0)
// Two sightings of one broken thing have the same identity, whatever path they came by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/judge.h"

namespace clearwell::engine {

// The keys of a kind's rows as text; both must outlive it. Quick for rows in their order.
class KeyTexts {
 public:
  KeyTexts(const KindPlan& plan, const KindShare& share) : plan_(plan), share_(share) {}
  // False, and `out` undefined, if the kind has none, or a part of it is NULL or could not be read.
  bool append(std::string& out, uint32_t row);
  // The same for the identity: as key_identity().
  bool append_identity(std::string& out, uint32_t row);

 private:
  const KindPlan& plan_;
  const KindShare& share_;
  std::optional<size_t> chunk_;          // that `columns_` are of
  std::vector<duckdb::Column> columns_;  // of the key
  duckdb::TypeList types_;
};
// One key; nothing if there is none.
std::optional<std::string> key_text(const KindPlan& plan, const KindShare& share, uint32_t row);

// Version and order of a record whose first load keeps versions, as they compare with what is
// stored (warehouses/version.h). Nothing if its version could not be read; an empty text if the
// version is computed in the load's SQL: then only the order can tell. Nothing too for other kinds.
std::optional<std::string> version_tuple(const KindPlan& plan, const KindShare& share, uint32_t row,
                                         const batch::Order& order);

std::string key_identity(const KindPlan& plan, const std::string& key);
std::string place_identity(const batch::Record& record);

}  // namespace clearwell::engine
