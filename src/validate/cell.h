// A value apart from the chunk it came in: what references take from a parent's row.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/duckdb/column.h"

namespace clearwell::validate {

struct Cell {
  bool null = true;
  std::array<char, 16> fixed{};
  std::string text;
  std::vector<Cell> parts;  // of a list or struct
};

Cell read_cell(const duckdb::Column& column, const duckdb::Type& type, uint64_t row);
void write_cell(duckdb::Column column, const duckdb::Type& type, uint64_t row, const Cell& cell);

// The bytes by which a key is found: what lies in the column. REQUIRES: valid, and is_scalar(type).
std::string_view key_bytes(const duckdb::Column& column, const duckdb::Type& type, size_t row);

bool is_scalar(const duckdb::Type& type);

}  // namespace clearwell::validate
