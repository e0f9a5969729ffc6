#include "drivers/duckdb/types.h"

#include <algorithm>

namespace clearwell::duckdb {
namespace {

std::string struct_to_sql(const Type& type) {
  std::string sql = "STRUCT(";
  for (size_t i = 0; i < type.children.size(); ++i) {
    if (i > 0) sql += ", ";
    sql += quote_name(type.names[i]) + " " + to_sql(type.children[i]);
  }
  return sql + ")";
}

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

Type simple(TypeId id) {
  Type type;
  type.id = id;
  return type;
}

Type decimal(uint8_t precision, uint8_t scale) {
  Type type = simple(TypeId::Decimal);
  type.precision = precision;
  type.scale = scale;
  return type;
}

Type list_of(Type element) {
  Type type = simple(TypeId::List);
  type.children.push_back(std::move(element));
  return type;
}

Type struct_of(std::vector<std::string> names, TypeList members) {
  Type type = simple(TypeId::Struct);
  type.names = std::move(names);
  type.children = std::move(members);
  return type;
}

std::string to_sql(const Type& type) {
  switch (type.id) {
    case TypeId::Boolean:
      return "BOOLEAN";
    case TypeId::Int32:
      return "INTEGER";
    case TypeId::Integer:
      return "BIGINT";
    case TypeId::Double:
      return "DOUBLE";
    case TypeId::Decimal:
      return "DECIMAL(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case TypeId::Date:
      return "DATE";
    case TypeId::Timestamp:
      return "TIMESTAMP";
    case TypeId::TimestampTz:
      return "TIMESTAMP WITH TIME ZONE";
    case TypeId::Uuid:
      return "UUID";
    case TypeId::Text:
      return "VARCHAR";
    case TypeId::Json:
      return "JSON";
    case TypeId::Blob:
      return "BLOB";
    case TypeId::List:
      return to_sql(type.children.front()) + "[]";
    case TypeId::Struct:
      return struct_to_sql(type);
    case TypeId::Other:
      return type.names.empty() ? "VARCHAR" : type.names.front();
  }
  return "VARCHAR";
}

std::string quote_name(std::string_view name) { return quoted(name, '"'); }
std::string quote_text(std::string_view text) { return quoted(text, '\''); }

std::string quote_table(std::string_view qualified) {
  std::string out;
  for (size_t start = 0; start <= qualified.size();) {
    size_t dot = qualified.find('.', start);
    if (dot == std::string_view::npos) dot = qualified.size();
    if (!out.empty()) out += '.';
    out += quote_name(qualified.substr(start, dot - start));
    start = dot + 1;
  }
  return out;
}

std::optional<Type> stored_type(const Type& type) {
  if (type.id == TypeId::Other) {
    const std::string& name = type.names.front();
    const auto is = [&](std::initializer_list<const char*> names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (is({"TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"})) return simple(TypeId::Int32);
    if (is({"UINTEGER"})) return simple(TypeId::Integer);
    if (is({"HUGEINT", "UHUGEINT", "UBIGINT"})) return decimal(38, 0);
    if (is({"FLOAT"})) return simple(TypeId::Double);
    return std::nullopt;
  }
  Type out = type;
  for (Type& child : out.children) {
    const std::optional<Type> stored = stored_type(child);
    if (!stored) return std::nullopt;
    child = *stored;
  }
  return out;
}

}  // namespace clearwell::duckdb
