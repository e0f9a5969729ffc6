// Values of a column as JSON, for columns that PostgreSQL keeps as jsonb (structs, lists of them).
// Integers and decimals are numbers, exact; doubles that are no numbers, dates, times, uuids and
// blobs (hexadecimal, "\\x00ff") are texts as PostgreSQL spells them.
#pragma once

#include <string>

#include "drivers/duckdb/column.h"

namespace clearwell::postgres {

void put_json(const duckdb::Column& column, const duckdb::Type& type, uint64_t row,
              std::string& out);

// The value times 10^scale, whatever its width. REQUIRES: a valid row of a Decimal.
duckdb::Hugeint decimal_at(const duckdb::Column& column, const duckdb::Type& type, uint64_t row);

}  // namespace clearwell::postgres
