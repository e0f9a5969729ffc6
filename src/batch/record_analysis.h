// The parse tree of SQL over records (record_sql.h), judged and completed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "drivers/duckdb/connection.h"

namespace clearwell::batch {

// Names of DuckDB's functions by what they do to us.
struct Functions {
  std::set<std::string> unstable;  // another answer at another call or query
  std::set<std::string> aggregates;

  // They are the library's own, so they are asked for once in the life of the program.
  static Result<const Functions*> get(duckdb::Connection& connection);
};

// Judges the query node of a SELECT and everything below it. `table` is the relation that has the
// records, "accepted" or "judged". Returns the faults; without any, every row of the node has the
// column _record of the record it came from, and its stars bring no other system column.
std::vector<std::string> analyse_records(const Functions& functions, const std::string& table,
                                         nlohmann::json& node);

// The same for a SELECT over `accepted` that may mix records, and has no _record. `columns`: those
// of `accepted`. Its stars bring no system column.
std::vector<std::string> analyse_all(const Functions& functions,
                                     const std::set<std::string>& columns, nlohmann::json& node);

// Parts of trees, for those that look into them further.
std::string lower(std::string text);
// The text at a key in lower case, or nothing.
std::string text_at(const nlohmann::json& node, const char* key);
bool is_star(const nlohmann::json& expression);

}  // namespace clearwell::batch
