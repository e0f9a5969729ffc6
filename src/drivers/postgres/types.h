// Which PostgreSQL type keeps which of ours, and what is read back.
//
//   Boolean boolean          Date date                     Text text (varchar, char(n), name)
//   Int32 integer (smallint) Timestamp timestamp           Json jsonb (json)
//   Integer bigint           TimestampTz timestamptz       Blob bytea
//   Double double precision  Uuid uuid                     List of these: an array
//   Decimal numeric(p,s)     Struct, and lists of structs or lists: jsonb
//
// In parentheses: what is read as the same. A numeric without precision is read as Text, exact; it
// has no scale of which a Decimal could be made. Other types are Other, their name in names[0].
#pragma once

#include <cstdint>
#include <string>

#include "drivers/duckdb/types.h"

namespace clearwell::postgres {

using Oid = uint32_t;

// The type of a column that keeps values of this type: "numeric(12,2)", "text[]".
std::string type_name(const duckdb::Type& type);

// What values of that column are when read back: Struct becomes Json, and so on.
duckdb::Type kept_as(const duckdb::Type& type);

// Is the type kept as jsonb although it is none itself?
bool kept_as_json(const duckdb::Type& type);

// A column of a result. `modifier` is atttypmod: -1 if there is none.
duckdb::Type from_oid(Oid oid, int modifier);

// The element's oid of an array that we read, else 0.
Oid element_of(Oid array);
// The oid of the elements in a binary array of values of this type.
Oid to_oid(const duckdb::Type& type);

}  // namespace clearwell::postgres
