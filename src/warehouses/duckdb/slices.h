// Reading a whole table at opening, piece by piece: the result of one query for all of it would
// have to fit into memory.
#pragma once

#include <functional>
#include <string>

#include "drivers/duckdb/connection.h"

namespace clearwell::warehouses {

// Calls `use` with "SELECT columns FROM table WHERE where" for up to a million rows of the table at
// a time, in its order; not at all where nothing is found. `table` is quoted. The connection must
// see the same rows throughout: nobody else writes meanwhile.
Result<void> for_each_slice(duckdb::Connection& connection, const std::string& columns,
                            const std::string& table, const std::string& where,
                            const std::function<void(const duckdb::Rows&)>& use);

}  // namespace clearwell::warehouses
