#include "spark/texts.h"

namespace clearwell::spark {

using duckdb::TypeId;

std::string quote_name(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`') out += c;
    out += c;
  }
  return out += '`';
}

std::string quote_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\0') {
      out += "\\u0000";
    } else {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out += '\'';
}

std::string type_name(const duckdb::Type& type) {
  switch (type.id) {
    case TypeId::Boolean:
      return "BOOLEAN";
    case TypeId::Int32:
      return "INT";
    case TypeId::Integer:
      return "BIGINT";
    case TypeId::Double:
      return "DOUBLE";
    case TypeId::Decimal:
      return "DECIMAL(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case TypeId::Date:
      return "DATE";
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return "TIMESTAMP";
    case TypeId::Uuid:
    case TypeId::Text:
      return "STRING";
    case TypeId::Other: {
      std::string name = type.names.empty() ? "" : type.names.front();
      if (name == "TINYINT" || name == "SMALLINT") return name;
      return name == "HUGEINT" ? "DECIMAL(38,0)" : "";
    }
    case TypeId::Json:
    case TypeId::Blob:
    case TypeId::List:
    case TypeId::Struct:
      break;
  }
  return "";
}

std::string select_once(const std::vector<std::pair<std::string, std::string>>& named_values,
                        const std::string& from) {
  std::string values, names, columns;
  for (const auto& [name, value] : named_values) {
    const char* separator = names.empty() ? "" : ", ";
    values += separator + value + " AS " + quote_name(name);
    names += separator + quote_name(name);
    columns += separator + ("`_once`." + quote_name(name)) + " AS " + quote_name(name);
  }
  return "SELECT " + columns + " FROM " + from + " LATERAL VIEW inline(array(struct(" + values +
         "))) `_once` AS " + names;
}

}  // namespace clearwell::spark
