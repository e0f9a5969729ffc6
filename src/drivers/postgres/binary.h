// Values in PostgreSQL's binary formats, as COPY … (FORMAT binary) and binary results carry them.
// Sources of the formats: the *_send and *_recv functions in src/backend/utils/adt/. Dates count
// from 2000-01-01, days or microseconds; bytes are in network order.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "drivers/duckdb/column.h"
#include "drivers/postgres/types.h"

namespace clearwell::postgres {

// Appends one field: 4 bytes of length (-1: NULL) and the value, in the type type_name(type) says.
void put_field(const duckdb::Column& column, const duckdb::Type& type, uint64_t row,
               std::string& out);

// Writes a field of a result of that oid, whose type is from_oid()'s, into a row. An Error (Fatal)
// for a value that our type does not hold (numeric NaN) and for types that cannot be read.
Result<void> get_field(std::string_view bytes, Oid oid, const duckdb::Type& type,
                       duckdb::Column& column, uint64_t row);

}  // namespace clearwell::postgres
