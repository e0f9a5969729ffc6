// A bounded pipeline as one script of Spark SQL, for spark-sql -f.
//
// The script reads the lines of the input, judges each by the contract and the checks, and fills
// stages; what is in a stage becomes a table only by Clearwell, in one transaction of the
// warehouse:
//   rejected   payload (bytes), reasons ("code path", one a line), records: of each rejected
//   payload
//              how often it was read, and one row without payload with the number of accepted ones
//   one a load _row (unique in a run), then the columns of the load
// Whatever Spark would judge or compute otherwise is a fault.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/project.h"
#include "drivers/duckdb/types.h"

namespace clearwell::spark {

struct LoadSql {
  const config::Load* load = nullptr;
  duckdb::Schema columns;
  std::string select;  // gives _row and the columns
};

struct Compiled {
  std::vector<std::string> views;  // statements that make them
  std::string rejected;            // the SELECT that fills the stage of rejected payloads
  std::vector<LoadSql> loads;
};

// What Spark must have at least, for check and its messages.
inline constexpr const char* least_version = "3.1";

// `columns` are those of each load's SELECT, in the order of the loads, as DuckDB finds them.
// Faults (spark_unsupported) are added at the marks of what cannot be compiled.
Result<Compiled> compile(const config::Project& project, const config::Pipeline& pipeline,
                         const std::vector<duckdb::Schema>& columns, config::Faults& faults);

// Where the stages are.
struct Stages {
  // JDBC; empty: Parquet files below `folder`, one folder a stage.
  std::string url, user, password;
  std::string folder;
  // Tables (JDBC) or folders, in the order rejected, loads.
  std::vector<std::string> names;
};

// The whole script. With `shown` a password is not in it.
std::string script(const Compiled& compiled, const Stages& stages, bool shown);
// How many statements it has: spark-sql tells the end of each.
size_t statements(const Compiled& compiled, const Stages& stages);

}  // namespace clearwell::spark
