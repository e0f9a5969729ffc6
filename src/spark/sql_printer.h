// DuckDB's SQL as Spark's: what a pipeline's checks and loads are compiled with.
//
// The text is parsed by DuckDB (json_serialize_sql) and printed node by node from an allow-list.
// Whatever is not on it, or would not give the same rows on both, is a fault that names it and says
// what to write instead: nothing is printed in the hope that it means the same. Where a meaning
// depends on types (day - 1, a / b, a text beside a date), DuckDB is asked for them.
//
// What is printed needs Spark 3.1, and a session as compile.h sets it: ANSI mode, so that what
// fails on DuckDB fails here and is no NULL, and time zone UTC.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/duckdb/connection.h"

namespace clearwell::spark {

struct Printed {
  std::string sql;                  // void if there are faults
  std::vector<std::string> faults;  // sentences, each once
};

// A SELECT over `accepted`, which `connection` must have as a table or view with the contract's
// columns. REQUIRES: DuckDB can bind it.
Result<Printed> print_select(duckdb::Connection& connection, const std::string& sql);
// A condition over a row of `accepted`.
Result<Printed> print_condition(duckdb::Connection& connection, const std::string& condition);

}  // namespace clearwell::spark
