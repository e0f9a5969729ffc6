// Column types of a batch: a plain value that maps one to one onto DuckDB's logical types, so that
// no other folder needs duckdb.h.
//
// Physical layout of each type inside a Column (column.h), as DuckDB fixes it:
//   Boolean      uint8_t, 0 or 1
//   Integer      int64_t (BIGINT)        Int32: int32_t (INTEGER), only in results
//   Double       double
//   Decimal(p,s) value * 10^s in int16_t (p <= 4), int32_t (p <= 9), int64_t (p <= 18),
//                else Hugeint
//   Date         int32_t, days since 1970-01-01
//   Timestamp    int64_t, microseconds since 1970-01-01, no zone (TIMESTAMP)
//   TimestampTz  int64_t, microseconds since 1970-01-01 UTC (TIMESTAMPTZ)
//   Uuid         Hugeint, its top bit flipped so that it sorts as text does
//   Text, Json, Blob  StringRef
//   List         ListEntry, elements in child()
//   Struct       nothing of its own, members in field(i)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clearwell::duckdb {

enum class TypeId {
  Boolean,
  Int32,
  Integer,
  Double,
  Decimal,
  Date,
  Timestamp,
  TimestampTz,
  Uuid,
  Text,
  Json,
  Blob,
  List,
  Struct,
  Other,  // any other type of a query's result, its SQL name in names[0]; cast it to read it
};

struct Type;
using TypeList = std::vector<Type>;

struct Type {
  TypeId id = TypeId::Text;
  uint8_t precision = 0;           // Decimal
  uint8_t scale = 0;               // Decimal
  std::vector<std::string> names;  // Struct: one for each child
  TypeList children;               // List: exactly one; Struct: its members

  bool operator==(const Type&) const = default;
};

Type simple(TypeId id);
Type decimal(uint8_t precision, uint8_t scale);
Type list_of(Type element);
Type struct_of(std::vector<std::string> names, TypeList members);

// As SQL spells it: "STRUCT(article_id VARCHAR, quantity BIGINT)[]". Names are quoted if needed.
std::string to_sql(const Type& type);

// The type in which a warehouse keeps values of this type: itself, or what DuckDB's arithmetic
// widens to (HUGEINT of sum, FLOAT …) as one that we can read and every warehouse has. Nothing if
// there is none.
std::optional<Type> stored_type(const Type& type);

// A column of a relation or of a result.
struct ColumnSchema {
  std::string name;
  Type type;
  bool operator==(const ColumnSchema&) const = default;
};
using Schema = std::vector<ColumnSchema>;

// "name" in double quotes, inner quotes doubled; 'text' likewise.
std::string quote_name(std::string_view name);
std::string quote_text(std::string_view text);
// A possibly qualified table name "schema.table": each part quoted.
std::string quote_table(std::string_view qualified);

}  // namespace clearwell::duckdb
