#include "drivers/postgres/types.h"

namespace clearwell::postgres {
namespace {

using duckdb::simple;
using duckdb::Type;
using duckdb::TypeId;

// Oids are fixed in src/include/catalog/pg_type.dat. The first row of a TypeId is the one we make.
struct Row {
  TypeId id;
  Oid oid;
  Oid array;
  const char* name;
};
constexpr Row table[] = {
    {TypeId::Boolean, 16, 1000, "boolean"},
    {TypeId::Int32, 23, 1007, "integer"},
    {TypeId::Int32, 21, 1005, "smallint"},
    {TypeId::Integer, 20, 1016, "bigint"},
    {TypeId::Double, 701, 1022, "double precision"},
    {TypeId::Double, 700, 1021, "real"},
    {TypeId::Decimal, 1700, 1231, "numeric"},
    {TypeId::Date, 1082, 1182, "date"},
    {TypeId::Timestamp, 1114, 1115, "timestamp"},
    {TypeId::TimestampTz, 1184, 1185, "timestamptz"},
    {TypeId::Uuid, 2950, 2951, "uuid"},
    {TypeId::Text, 25, 1009, "text"},
    {TypeId::Text, 1043, 1015, "character varying"},
    {TypeId::Text, 1042, 1014, "character"},
    {TypeId::Text, 19, 1003, "name"},
    {TypeId::Text, 705, 0, "unknown"},
    {TypeId::Json, 3802, 3807, "jsonb"},
    {TypeId::Json, 114, 199, "json"},
    {TypeId::Blob, 17, 1001, "bytea"},
};

const Row* find(TypeId id) {
  for (const Row& row : table) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

Type from_row(const Row& row, int modifier) {
  if (row.id != TypeId::Decimal) return simple(row.id);
  // The modifier is ((precision << 16) | scale) + 4, the scale in 11 bits with a sign.
  const int packed = modifier - 4;
  const int precision = packed >> 16 & 0xFFFF, scale = ((packed & 0x7FF) ^ 1024) - 1024;
  if (modifier < 4 || precision > 38 || scale < 0 || scale > precision) return simple(TypeId::Text);
  return duckdb::decimal(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale));
}

}  // namespace

bool kept_as_json(const Type& type) {
  if (type.id == TypeId::Struct) return true;
  if (type.id != TypeId::List) return false;
  const TypeId element = type.children.front().id;
  return element == TypeId::List || element == TypeId::Struct;
}

std::string type_name(const Type& type) {
  if (kept_as_json(type)) return "jsonb";
  if (type.id == TypeId::List) return type_name(type.children.front()) + "[]";
  if (type.id == TypeId::Decimal) {
    return "numeric(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
  }
  if (type.id == TypeId::Other) return type.names.empty() ? "text" : type.names.front();
  return find(type.id)->name;
}

Type kept_as(const Type& type) { return kept_as_json(type) ? simple(TypeId::Json) : type; }

Type from_oid(Oid oid, int modifier) {
  for (const Row& row : table) {
    if (row.oid == oid) return from_row(row, modifier);
    if (row.array == oid) return duckdb::list_of(from_row(row, modifier));
  }
  Type other = simple(TypeId::Other);
  other.names.push_back("a type with oid " + std::to_string(oid));
  return other;
}

Oid element_of(Oid array) {
  for (const Row& row : table) {
    if (row.array == array && array != 0) return row.oid;
  }
  return 0;
}

Oid to_oid(const Type& type) { return kept_as_json(type) ? 3802 : find(type.id)->oid; }

}  // namespace clearwell::postgres
