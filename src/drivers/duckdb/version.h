// The version of the DuckDB library that is linked, e.g. "1.5.6". Opens no database.
#pragma once

#include <string>

namespace clearwell::duckdb {

std::string library_version();

}  // namespace clearwell::duckdb
