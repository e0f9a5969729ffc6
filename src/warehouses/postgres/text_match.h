// Comparing a column of any type with a key that is written as text, in SQL. PostgreSQL has no
// TRY_CAST, and a cast of "no uuid" would end the query: so a text is cast only when a pattern says
// that it can be.
#pragma once

#include <string>

#include "drivers/duckdb/types.h"

namespace clearwell::warehouses {

// "column = text": true if the column, of this type, holds what the text says; an index of the
// column can be used where its type allows.
std::string matches_text(const std::string& column, const duckdb::Type& type,
                         const std::string& text);

}  // namespace clearwell::warehouses
