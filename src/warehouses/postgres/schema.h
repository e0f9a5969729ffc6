// Clearwell's own tables in a PostgreSQL warehouse: the same columns as in DuckDB
// (docs/reference/tables.md), with the keys and indexes that look-ups need there.
#pragma once

#include "base/result.h"
#include "drivers/postgres/connection.h"

namespace clearwell::warehouses {

// Creates what is missing; several processes may do so at once. A Config error if a newer program
// wrote them.
Result<void> ensure_schema(postgres::Connection& connection);

// Rows of those tables that are written in bulk: the columns in their order, JSON as Text, since
// the column `reasons` is of the type json and keeps its text as it is.
const duckdb::Schema& quarantine_columns();
const duckdb::Schema& parked_columns();
const duckdb::Schema& waits_columns();
const duckdb::Schema& files_columns();

}  // namespace clearwell::warehouses
