// Clearwell's own tables in a DuckDB warehouse: their definition, and their migration by version.
#pragma once

#include "base/result.h"
#include "drivers/duckdb/connection.h"

namespace clearwell::warehouses {

// Grows by one with every change of the tables below.
inline constexpr int schema_version = 3;

// Creates what is missing. A Config error if the file was written by a newer program.
Result<void> ensure_schema(duckdb::Connection& connection);

// Columns of rows that are written in bulk, in the tables' order.
const duckdb::Schema& quarantine_schema();
const duckdb::Schema& parked_schema();
const duckdb::Schema& waits_schema();
const duckdb::Schema& files_schema();
const duckdb::Schema& lanes_schema();

// Of the relation that tells who has been accepted (Transaction::resolve).
const duckdb::Schema& accepted_schema();
// Of the relation that names deleted keys (16 bytes) and the versions of their deletion.
const duckdb::Schema& deleted_schema();

}  // namespace clearwell::warehouses
