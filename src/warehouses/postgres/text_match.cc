#include "warehouses/postgres/text_match.h"

namespace clearwell::warehouses {

std::string matches_text(const std::string& column, const duckdb::Type& type,
                         const std::string& text) {
  const auto when = [&](const std::string& pattern, const std::string& to) {
    return column + " = CASE WHEN " + text + " ~ '" + pattern + "' THEN " + text + "::" + to +
           " END";
  };
  switch (type.id) {
    case duckdb::TypeId::Uuid:
      return when("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "uuid");
    case duckdb::TypeId::Int32:
    case duckdb::TypeId::Integer:
      // Of 19 digits some are no bigint; numeric takes them all.
      return column + " = CASE WHEN " + text + " ~ '^[+-]?[0-9]{1,18}$' THEN " + text +
             "::bigint WHEN " + text + " ~ '^[+-]?[0-9]{19}$' THEN CASE WHEN " + text +
             "::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN " + text +
             "::bigint END END";
    case duckdb::TypeId::Decimal:
      return when("^[+-]?[0-9]{1,60}([.][0-9]{1,60})?$", "numeric");
    case duckdb::TypeId::Double:
      return when("^[+-]?[0-9]{1,60}([.][0-9]{1,60})?$", "float8");
    case duckdb::TypeId::Boolean:
      return when("^(true|false)$", "boolean");
    default:
      return column + "::text = " + text;
  }
}

}  // namespace clearwell::warehouses
