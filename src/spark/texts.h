// How names, texts, numbers and types are written in Spark's SQL.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/duckdb/types.h"

namespace clearwell::spark {

// `name`, inner backticks doubled.
std::string quote_name(std::string_view name);
// 'text' with backslash escapes, as Spark reads them by default (escapedStringLiterals off).
// Never holds a newline, so that a script is readable whatever is in it.
std::string quote_text(std::string_view text);
// The type in which Spark holds values of a column: BIGINT, DECIMAL(10,2), STRING (also uuids) …
// Empty if it has none that is the same.
std::string type_name(const duckdb::Type& type);

// A SELECT of these values, each with its name, from a table or subquery. Unlike in a plain SELECT
// they are worked out once for each row: Spark puts the text of a value wherever its name stands,
// and so on through all views, until there are millions of them.
std::string select_once(const std::vector<std::pair<std::string, std::string>>& named_values,
                        const std::string& from);

}  // namespace clearwell::spark
