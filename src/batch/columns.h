// The typed columns of one record kind's share of a batch: what decoders fill, rules and references
// read, and SQL sees as the relation `accepted`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/contract.h"
#include "drivers/duckdb/column.h"

namespace clearwell::batch {

// Row r of the columns is record rows[r] of the batch. Chunk r / 2048, row r % 2048 in it.
// Schema: one column a contract field, in the contract's order, a reference's `take` columns
// right after their field (in objects too); then, when asked for, `_extra` JSON and the system
// columns (validate and transform add those).
struct Columns {
  duckdb::Rows data;
  std::vector<uint32_t> rows;  // record of each row
  // Fields that payloads do not bring, for kinds with a patch: the row, and the field_number().
  struct Absent {
    uint32_t row, field;
  };
  std::vector<Absent> absent;
};

// Type of a contract field as a column. `taken` gives the types of columns that references bring
// ("table.column" → type); a missing one is Text.
struct TakenType {
  std::string table, column;
  duckdb::Type type;
};
duckdb::Type column_type(const config::Field& field, const std::vector<TakenType>& taken);

// Schema of the columns that come from the contract, `_extra` last if the kind keeps unknown
// fields.
duckdb::Schema contract_schema(const config::Kind& kind, const std::vector<TakenType>& taken);

// Index of each child field in the struct/schema: fields and their `take`s interleave, so
// position[i] is where fields[i] stands; its takes follow it.
std::vector<size_t> field_positions(const std::vector<config::Field>& fields);

// The columns of a kind's key fields, those inside objects included, in the contract's order.
std::vector<duckdb::ColumnPath> key_columns(const std::vector<config::Field>& fields);

// The column of a field by its path in the record ("payload.id"), or nothing. Lists have no such
// columns.
std::optional<duckdb::ColumnPath> find_column(const std::vector<config::Field>& fields,
                                              std::string_view path);

// The number of the field that a path in the record leads to, or into ("payload.id"; a column that
// its reference takes counts as the field), as fields are met depth first. Items of lists have
// none.
std::optional<uint32_t> field_number(const std::vector<config::Field>& fields,
                                     std::string_view path);
// How many numbers a field and those in it take.
uint32_t field_count(const config::Field& field);

}  // namespace clearwell::batch
