// Values, conditions and casts as Spark writes them. All that has operators is put into
// parentheses: the tree knows no precedence.
#include <algorithm>

#include "batch/numbers.h"
#include "batch/record_analysis.h"
#include "batch/record_sql.h"
#include "batch/times.h"
#include "spark/printer.h"
#include "spark/texts.h"

namespace clearwell::spark {

using duckdb::TypeId;

Family family(const duckdb::Type& type) {
  switch (type.id) {
    case TypeId::Int32:
    case TypeId::Integer:
      return Family::Integer;
    case TypeId::Decimal:
      return Family::Decimal;
    case TypeId::Double:
      return Family::Double;
    case TypeId::Text:
      return Family::Text;
    case TypeId::Date:
      return Family::Date;
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return Family::Time;
    case TypeId::Boolean:
      return Family::Boolean;
    case TypeId::Uuid:
      return Family::Uuid;
    case TypeId::Other: {
      const std::string name = type.names.empty() ? "" : type.names.front();
      if (name == "TINYINT" || name == "SMALLINT" || name == "HUGEINT") return Family::Integer;
      return name == "\"NULL\"" || name == "NULL" ? Family::Null : Family::Other;
    }
    default:
      return Family::Other;
  }
}

Family Printer::family_of(const Json& node) {
  const Json* value = constant_of(node);
  if (value == &node && (*value)["value"].value("is_null", false)) return Family::Null;
  return family(type_of(node));
}

const Json* constant_of(const Json& node) {
  if (word(node, "class") == "CONSTANT") return &node;
  if (word(node, "class") == "CAST") return constant_of(node["child"]);
  const bool wrapped = word(node, "class") == "FUNCTION" && node["children"].size() == 1 &&
                       word(node, "function_name") == "trunc";
  return wrapped ? constant_of(node["children"][0]) : nullptr;
}

std::optional<int64_t> integer_of(const Json& node) {
  if (!node.is_object()) return std::nullopt;
  if (word(node, "class") == "FUNCTION" && word(node, "function_name") == "-" &&
      node["children"].size() == 1) {
    const auto value = integer_of(node["children"][0]);
    return value ? std::optional(-*value) : std::nullopt;
  }
  const Json* constant = constant_of(node);
  if (constant == nullptr) return std::nullopt;
  const auto value = (*constant)["value"].find("value");
  if (value == (*constant)["value"].end() || !value->is_number_integer()) return std::nullopt;
  const std::string type = word((*constant)["value"]["type"], "id");
  const bool whole = type == "INTEGER" || type == "BIGINT";
  return whole ? std::optional(value->get<int64_t>()) : std::nullopt;
}

std::optional<std::string> text_of(const Json& node) {
  if (!node.is_object() || word(node, "class") != "CONSTANT") return std::nullopt;
  const auto value = node["value"].find("value");
  const bool text = value != node["value"].end() && value->is_string();
  return text ? std::optional(value->get<std::string>()) : std::nullopt;
}

std::string Printer::expression(const Json& node) {
  const std::string kind = word(node, "class");
  if (kind == "COLUMN_REF") return column(node);
  if (kind == "STAR") return star(node);
  if (kind == "CONSTANT") return constant(node);
  if (kind == "OPERATOR") return operation(node);
  if (kind == "COMPARISON") return comparison(node);
  if (kind == "CONJUNCTION") return conjunction(node);
  if (kind == "BETWEEN") return between(node);
  if (kind == "CASE") return choice(node);
  if (kind == "CAST") return cast(node);
  if (kind == "COLLATE") return collation(node);
  if (kind == "SUBQUERY") return subquery(node);
  if (kind == "FUNCTION") return call(node);
  if (kind == "WINDOW") return window(node);
  return fault("an expression of the kind " + kind + " is not known on Spark");
}

std::string Printer::list(const Json& nodes) {
  std::string out;
  for (const Json& node : nodes) out += (out.empty() ? "" : ", ") + expression(node);
  return out;
}

std::string Printer::column(const Json& node) {
  const std::vector<std::string> names = node["column_names"];
  for (const duckdb::ColumnSchema& system : batch::system_columns()) {
    if (batch::lower(names.back()) != system.name) continue;
    return fault(system.name + " is known only where records are read by Clearwell itself");
  }
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ".") + quote_name(name);
  return out;
}

std::string Printer::star(const Json& node) {
  const bool plain = node["expr"].is_null() && !node.value("columns", false);
  for (const char* changes :
       {"exclude_list", "replace_list", "rename_list", "qualified_exclude_list"}) {
    if (!plain || !node[changes].empty()) {
      return fault("* with EXCLUDE, REPLACE, RENAME or COLUMNS: name the columns");
    }
  }
  const std::string table = word(node, "relation_name");
  return table.empty() ? "*" : quote_name(table) + ".*";
}

std::string Printer::constant(const Json& node) {
  const Json& value = node["value"];
  const std::string type = word(value["type"], "id");
  if (value.value("is_null", false)) return "NULL";
  if (type == "VARCHAR") return quote_text(value["value"].get<std::string>());
  if (type == "BOOLEAN") return value["value"].get<bool>() ? "TRUE" : "FALSE";
  if (type == "INTEGER") return value["value"].dump();
  if (type == "BIGINT") return value["value"].dump() + "L";
  if (type == "DOUBLE") return value["value"].dump() + "D";
  if (type == "DECIMAL" && value["value"].is_number_integer()) {
    const auto scale = value["type"]["type_info"].value("scale", 0);
    return batch::decimal_text(value["value"].get<int64_t>(), scale) + "BD";
  }
  return fault("a number as large as " + value["value"].dump() + " is not known on Spark");
}

std::string Printer::operation(const Json& node) {
  const std::string type = word(node, "type");
  const Json& parts = node["children"];
  if (type == "OPERATOR_IS_NULL") return "(" + expression(parts[0]) + " IS NULL)";
  if (type == "OPERATOR_IS_NOT_NULL") return "(" + expression(parts[0]) + " IS NOT NULL)";
  if (type == "OPERATOR_NOT") return "(NOT " + expression(parts[0]) + ")";
  if (type == "OPERATOR_COALESCE") return "coalesce(" + list(parts) + ")";
  if (type != "COMPARE_IN" && type != "COMPARE_NOT_IN") {
    return fault("the operator " + type + " is not known on Spark");
  }
  std::string left, rest;
  for (size_t i = 1; i < parts.size(); ++i) {
    const auto [one, other] = alike(parts[0], parts[i]);
    if (!left.empty() && one != left) fault("IN compares values of different types: cast them");
    left = one;
    rest += (rest.empty() ? "" : ", ") + other;
  }
  return "(" + left + (type == "COMPARE_IN" ? " IN (" : " NOT IN (") + rest + "))";
}

// A text beside a date is read as one by both, but not every text alike: only written dates are.
std::string Printer::date_constant(const Json& node, Family wanted) {
  const auto text = text_of(node);
  int32_t days = 0;
  batch::Civil civil;
  int64_t micros = 0;
  if (text && batch::parse_date(*text, days) == batch::ValueFault::None) {
    return (wanted == Family::Date ? "DATE" : "TIMESTAMP") + quote_text(*text);
  }
  const bool clock = wanted == Family::Time && text &&
                     batch::parse_iso8601(*text, civil) == batch::ValueFault::None &&
                     batch::read_clock(civil, micros) == batch::ValueFault::None && !civil.zoned;
  if (clock) return "TIMESTAMP" + quote_text(*text);
  return fault(
      "a text is taken for a date or a time: write it as YYYY-MM-DD or YYYY-MM-DD hh:mm:ss");
}

std::pair<std::string, std::string> Printer::alike(const Json& left, const Json& right) {
  const Family a = family_of(left), b = family_of(right);
  const auto is_time = [](Family one) { return one == Family::Date || one == Family::Time; };
  if (a == Family::Text && is_time(b)) return {date_constant(left, b), expression(right)};
  if (b == Family::Text && is_time(a)) return {expression(left), date_constant(right, a)};
  const std::string one = expression(left), other = expression(right);
  if (a == Family::Date && b == Family::Time) return {"CAST(" + one + " AS TIMESTAMP)", other};
  if (a == Family::Time && b == Family::Date) return {one, "CAST(" + other + " AS TIMESTAMP)"};
  const bool same =
      a == b || (is_exact(a) && is_exact(b)) || a == Family::Null || b == Family::Null;
  if (is_number(a) && is_number(b) && !same) {
    return {"CAST(" + one + " AS DOUBLE)", "CAST(" + other + " AS DOUBLE)"};
  }
  if (!same || a == Family::Other) {
    fault(
        "values of different types are compared: cast one of them, or declare it in the contract");
  }
  return {one, other};
}

std::string Printer::comparison(const Json& node) {
  const std::string type = word(node, "type");
  const auto [left, right] = alike(node["left"], node["right"]);
  if (type == "COMPARE_DISTINCT_FROM") return "(NOT (" + left + " <=> " + right + "))";
  const char* sign = type == "COMPARE_EQUAL"                  ? " = "
                     : type == "COMPARE_NOTEQUAL"             ? " <> "
                     : type == "COMPARE_LESSTHAN"             ? " < "
                     : type == "COMPARE_LESSTHANOREQUALTO"    ? " <= "
                     : type == "COMPARE_GREATERTHAN"          ? " > "
                     : type == "COMPARE_GREATERTHANOREQUALTO" ? " >= "
                     : type == "COMPARE_NOT_DISTINCT_FROM"    ? " <=> "
                                                              : nullptr;
  if (sign == nullptr) return fault("the comparison " + type + " is not known on Spark");
  return "(" + left + sign + right + ")";
}

std::string Printer::conjunction(const Json& node) {
  const char* sign = word(node, "type") == "CONJUNCTION_AND" ? " AND " : " OR ";
  std::string out;
  for (const Json& child : node["children"]) out += (out.empty() ? "(" : sign) + expression(child);
  return out + ")";
}

std::string Printer::between(const Json& node) {
  const auto [least, lower] = alike(node["input"], node["lower"]);
  const auto [most, upper] = alike(node["input"], node["upper"]);
  return "((" + least + " >= " + lower + ") AND (" + most + " <= " + upper + "))";
}

std::string Printer::choice(const Json& node) {
  std::string out = "(CASE";
  for (const Json& check : node["case_checks"]) {
    out += " WHEN " + expression(check["when_expr"]);
    out += " THEN " + expression(check["then_expr"]);
  }
  return out + " ELSE " + expression(node["else_expr"]) + " END)";
}

namespace {

// Do both cast such values to the same, and fail on the same?
bool casts_alike(const duckdb::Type& from, const duckdb::Type& to) {
  const Family a = family(from), b = family(to);
  switch (a) {
    case Family::Null:
      return true;
    case Family::Integer:
      return is_number(b) || b == Family::Text;
    case Family::Decimal:
      // A double of up to 15 digits is the same however it is made.
      return b == Family::Decimal || (b == Family::Double && from.precision <= 15) ||
             (b == Family::Text && from.scale <= 6);
    case Family::Boolean:
      return b == Family::Boolean || b == Family::Integer || b == Family::Text;
    case Family::Date:
      return b == Family::Date || b == Family::Text || to.id == duckdb::TypeId::Timestamp;
    case Family::Time:
      return b == Family::Date || from.id == to.id;
    case Family::Uuid:
      return b == Family::Uuid || b == Family::Text;
    default:
      return a == b;
  }
}

}  // namespace

std::string Printer::cast(const Json& node) {
  const Json& child = node["child"];
  const std::string name = lower_word(node["cast_type"], "id");
  if (name == "boolean" && text_of(child)) {
    if (*text_of(child) == "t") return "TRUE";
    if (*text_of(child) == "f") return "FALSE";
  }
  if (node.value("try_cast", false)) {
    return fault("TRY_CAST: declare the type in the contract, so that what does not fit is told");
  }
  const duckdb::Type to = type_of(node);
  const std::string type = type_name(to);
  if (type.empty()) return fault("a cast to " + name + " is not known on Spark");
  const bool time = family(to) == Family::Date || family(to) == Family::Time;
  if (time && text_of(child)) return date_constant(child, family(to));
  const duckdb::Type from = type_of(child);
  const Json* null = constant_of(child);
  const bool nothing = null == &child && (*null)["value"].value("is_null", false);
  if (!nothing && !casts_alike(from, to)) {
    return fault("a cast from " + duckdb::to_sql(from) + " to " + duckdb::to_sql(to) +
                 " differs on Spark: declare the type in the contract, or round first");
  }
  return "CAST(" + expression(child) + " AS " + type + ")";
}

std::string Printer::collation(const Json& node) {
  const std::string name = lower_word(node, "collation");
  if (name == "c" || name == "binary" || name == "posix") return expression(node["child"]);
  return fault("the collation " + name + ": Spark compares texts by their bytes, as \"C\" does");
}

std::string Printer::subquery(const Json& node) {
  const std::string type = word(node, "subquery_type");
  std::string inner = subquery_body(node["subquery"]);
  if (type == "SCALAR") return inner;
  if (type == "EXISTS") return "(EXISTS " + inner + ")";
  if (type == "NOT_EXISTS") return "(NOT EXISTS " + inner + ")";
  if (type == "ANY" && word(node, "comparison_type") == "COMPARE_EQUAL") {
    return "(" + expression(node["child"]) + " IN " + inner + ")";
  }
  return fault("a subquery with ANY or ALL: use IN or EXISTS");
}

}  // namespace clearwell::spark
