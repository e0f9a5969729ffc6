// Rows of a load beside what is to be done with each of them, as SQL reads them through a relation:
// the load's own columns, then
//
//   _action INTEGER, _version BLOB, and for tables that take patches _fields VARCHAR, _patches BLOB
#pragma once

#include <span>
#include <string>
#include <vector>

#include "drivers/duckdb/column.h"

namespace clearwell::warehouses {

struct Marks {
  std::vector<int32_t> actions;  // of each row
  // Of each row; empty: NULL.
  std::span<const std::string> versions = {};
  std::span<const std::string> fields = {}, patches = {};
  bool patched = false;  // the last two columns are there
};

// In _action, besides the values of Action: look its key up.
inline constexpr int32_t look_up = 9;
// Patches that are written one after another: added to Action::Patch for each turn.
inline constexpr int32_t next_turn = 16;

const duckdb::Schema& mark_columns(bool patched);

// Copies of the chunks, which share the memory of the rows.
std::vector<duckdb::Chunk> marked(const duckdb::Rows& rows, const Marks& marks);

}  // namespace clearwell::warehouses
