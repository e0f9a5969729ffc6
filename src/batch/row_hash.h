// 128-bit hashes of rows, over any columns of any type: equal rows have equal hashes, and no two
// others ever will by chance (2^-128), so keys and contents are compared by them.
//
// The content hash is stored beside versions: it must never change. Fixed-width values are mixed as
// they lie in memory (-0.0 as 0.0, every NaN as one), texts as XXH3-128 of their bytes, NULL as a
// constant, lists and structs as their length and members in turn.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "drivers/duckdb/column.h"

namespace clearwell::batch {

struct RowHash {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const RowHash&) const = default;
};

// One hash a row of `rows`, over these columns (indexes into the schema).
std::vector<RowHash> hash_rows(const duckdb::Rows& rows, std::span<const size_t> columns);

// Row numbers in which one of these columns is NULL.
std::vector<size_t> rows_with_null(const duckdb::Rows& rows, std::span<const size_t> columns);

}  // namespace clearwell::batch

template <>
struct std::hash<clearwell::batch::RowHash> {
  size_t operator()(const clearwell::batch::RowHash& hash) const { return hash.low; }
};
