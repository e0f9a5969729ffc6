// The mapping between our types and DuckDB's.
#include "base/result.h"
#include "drivers/duckdb/internal.h"

namespace clearwell::duckdb {
namespace {

struct Pair {
  TypeId ours;
  duckdb_type theirs;
};
constexpr Pair simple_types[] = {
    {TypeId::Boolean, DUCKDB_TYPE_BOOLEAN},
    {TypeId::Int32, DUCKDB_TYPE_INTEGER},
    {TypeId::Integer, DUCKDB_TYPE_BIGINT},
    {TypeId::Double, DUCKDB_TYPE_DOUBLE},
    {TypeId::Date, DUCKDB_TYPE_DATE},
    {TypeId::Timestamp, DUCKDB_TYPE_TIMESTAMP},
    {TypeId::TimestampTz, DUCKDB_TYPE_TIMESTAMP_TZ},
    {TypeId::Uuid, DUCKDB_TYPE_UUID},
    {TypeId::Text, DUCKDB_TYPE_VARCHAR},
    {TypeId::Blob, DUCKDB_TYPE_BLOB},
};

LogicalType struct_type(const Type& type) {
  std::vector<LogicalType> owned;
  std::vector<duckdb_logical_type> members;
  std::vector<const char*> names;
  for (size_t i = 0; i < type.children.size(); ++i) {
    owned.push_back(to_logical(type.children[i]));
    members.push_back(owned.back().get());
    names.push_back(type.names[i].c_str());
  }
  return LogicalType(duckdb_create_struct_type(members.data(), names.data(), members.size()));
}

Type struct_from(duckdb_logical_type type) {
  Type out = simple(TypeId::Struct);
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    char* name = duckdb_struct_type_child_name(type, i);
    out.names.emplace_back(name);
    duckdb_free(name);
    LogicalType member(duckdb_struct_type_child_type(type, i));
    out.children.push_back(from_logical(member.get()));
  }
  return out;
}

const char* other_name(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_HUGEINT:
      return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT:
      return "UHUGEINT";
    case DUCKDB_TYPE_TINYINT:
      return "TINYINT";
    case DUCKDB_TYPE_SMALLINT:
      return "SMALLINT";
    case DUCKDB_TYPE_UTINYINT:
      return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT:
      return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER:
      return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT:
      return "UBIGINT";
    case DUCKDB_TYPE_FLOAT:
      return "FLOAT";
    case DUCKDB_TYPE_TIME:
      return "TIME";
    case DUCKDB_TYPE_TIME_TZ:
      return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_INTERVAL:
      return "INTERVAL";
    case DUCKDB_TYPE_TIMESTAMP_S:
      return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return "TIMESTAMP_NS";
    case DUCKDB_TYPE_MAP:
      return "MAP";
    case DUCKDB_TYPE_ENUM:
      return "ENUM";
    case DUCKDB_TYPE_ARRAY:
      return "ARRAY";
    case DUCKDB_TYPE_UNION:
      return "UNION";
    case DUCKDB_TYPE_BIT:
      return "BIT";
    case DUCKDB_TYPE_SQLNULL:
      return "\"NULL\"";
    default:
      return "VARCHAR";
  }
}

}  // namespace

LogicalType to_logical(const Type& type) {
  switch (type.id) {
    case TypeId::Decimal:
      return LogicalType(duckdb_create_decimal_type(type.precision, type.scale));
    case TypeId::List: {
      LogicalType element = to_logical(type.children.front());
      return LogicalType(duckdb_create_list_type(element.get()));
    }
    case TypeId::Struct:
      return struct_type(type);
    case TypeId::Json: {
      LogicalType json(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
      duckdb_logical_type_set_alias(json.get(), "JSON");
      return json;
    }
    default:
      break;
  }
  for (const Pair& pair : simple_types) {
    if (pair.ours == type.id) return LogicalType(duckdb_create_logical_type(pair.theirs));
  }
  CW_ASSERT(type.id != TypeId::Other);
  return LogicalType(nullptr);
}

Type from_logical(duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_DECIMAL)
    return decimal(duckdb_decimal_width(type), duckdb_decimal_scale(type));
  if (id == DUCKDB_TYPE_STRUCT) return struct_from(type);
  if (id == DUCKDB_TYPE_LIST) {
    LogicalType element(duckdb_list_type_child_type(type));
    return list_of(from_logical(element.get()));
  }
  if (id == DUCKDB_TYPE_VARCHAR) {
    char* alias = duckdb_logical_type_get_alias(type);
    const bool json = alias != nullptr && std::string_view(alias) == "JSON";
    duckdb_free(alias);
    return simple(json ? TypeId::Json : TypeId::Text);
  }
  for (const Pair& pair : simple_types) {
    if (pair.theirs == id) return simple(pair.ours);
  }
  Type other = simple(TypeId::Other);
  other.names.emplace_back(other_name(id));
  return other;
}

}  // namespace clearwell::duckdb
