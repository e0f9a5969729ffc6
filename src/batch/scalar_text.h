// A column's value as text, as it stands in keys and identities: uuids and dates in their usual
// form, numbers in decimal, times as ISO 8601.
#pragma once

#include <string>

#include "drivers/duckdb/column.h"

namespace clearwell::batch {

// REQUIRES: the row is valid and the type is no list, struct or Other.
std::string scalar_text(const duckdb::Column& column, const duckdb::Type& type, size_t row);
void append_scalar(std::string& out, const duckdb::Column& column, const duckdb::Type& type,
                   size_t row);

}  // namespace clearwell::batch
