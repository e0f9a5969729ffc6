// What a SELECT reads, taken from DuckDB's parse tree of it, and where its text ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drivers/duckdb/connection.h"

namespace clearwell::batch {

struct Select {
  enum class Verdict {
    One,        // exactly one SELECT (also WITH, VALUES, FROM …, SHOW, DESCRIBE)
    Several,    // more statements than one, or none
    OtherKind,  // not a SELECT
    SyntaxError,
  };
  Verdict verdict = Verdict::One;
  std::string message;                 // SyntaxError: the parser's
  std::optional<size_t> error_offset;  // SyntaxError: bytes into the SQL, where the parser says so
  // Tables and views named in it, each once, sorted: "table" or "schema.table" as written. Names
  // that stand for a WITH clause are none of them.
  std::vector<std::string> reads;
};

// `connection` may be to any database, also an empty one: nothing is bound or run. An Error only
// when DuckDB itself fails.
Result<Select> read_select(duckdb::Connection& connection, const std::string& sql);

// The SQL without the semicolons and comments that may follow its statement, so that it can stand
// in parentheses; a line comment inside ends with its line.
std::string without_end(std::string_view sql);

}  // namespace clearwell::batch
