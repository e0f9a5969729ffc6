// Clearwell's own tables in a PostgreSQL warehouse: the same columns as in DuckDB
// (docs/reference/tables.md), with the keys and indexes that look-ups need there.
#pragma once

#include "base/result.h"
#include "drivers/postgres/connection.h"

namespace clearwell::warehouses {

// Statements that wait until nobody else is at the same work, to the end of the transaction: making
// or changing tables, and building models.
inline constexpr const char* tables_lock = "SELECT pg_advisory_xact_lock(6172451093172541)";
inline constexpr const char* models_lock = "SELECT pg_advisory_xact_lock(6172451093172542)";

// Creates what is missing, and the schema of the user's tables where one is named; several
// processes may do so at once. A Config error if a newer program wrote them.
Result<void> ensure_schema(postgres::Connection& connection, const std::string& users);

// Rows of those tables that are written in bulk: the columns in their order, JSON as Text, since
// the column `reasons` is of the type json and keeps its text as it is.
const duckdb::Schema& quarantine_columns();
const duckdb::Schema& parked_columns();
const duckdb::Schema& waits_columns();
const duckdb::Schema& files_columns();

}  // namespace clearwell::warehouses
