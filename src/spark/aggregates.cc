// Aggregates and windows.
#include "spark/printer.h"
#include "spark/texts.h"

namespace clearwell::spark {

std::string Printer::aggregate(const Json& node, const std::string& name, const Json& filter) {
  if (!node["order_bys"]["orders"].empty()) {
    return fault(name + "() with ORDER BY is not known on Spark");
  }
  std::string condition = filter.is_null() ? "" : expression(filter);
  const bool picks = name.starts_with("arg") || name == "max_by" || name == "min_by";
  // DuckDB passes over rows whose first value is NULL.
  if (picks && node["children"].size() == 2) {
    const std::string there = "(" + expression(node["children"][0]) + " IS NOT NULL)";
    condition = condition.empty() ? there : "(" + condition + " AND " + there + ")";
  }
  return aggregate_over(node, name, condition.empty() ? "" : " FILTER (WHERE " + condition + ")");
}

// With FILTER or OVER behind each call.
std::string Printer::aggregate_over(const Json& node, const std::string& name,
                                    const std::string& over) {
  const Json& parts = node["children"];
  const std::string distinct = node.value("distinct", false) ? "DISTINCT " : "";
  const bool counts = name == "count" || name == "count_star";
  if (counts && parts.empty()) return "count(1)" + over;
  const bool picks = name.starts_with("arg") || name == "max_by" || name == "min_by";
  if (parts.size() != (picks ? 2u : 1u)) return fault(name + "() with so many arguments");
  const duckdb::Type type = type_of(parts[0]);
  const Family found = family(type);
  const std::string value = expression(parts[0]);
  if (counts) return "count(" + distinct + value + ")" + over;
  if (name == "min" || name == "max") {
    if (found == Family::Other) return fault(name + "() of such values is not known on Spark");
    return name + "(" + value + ")" + over;
  }
  if (name == "bool_and" || name == "bool_or" || name == "count_if") {
    return name + "(" + value + ")" + over;
  }
  if (picks) {
    if (!distinct.empty()) return fault(name + "() with DISTINCT is not known on Spark");
    const bool most = name.find("max") != std::string::npos;
    return std::string(most ? "max_by(" : "min_by(") + value + ", " + expression(parts[1]) + ")" +
           over;
  }
  if (!is_exact(found)) {
    return fault(name + "() of doubles depends on their order: make them decimals");
  }
  // DuckDB adds integers in 128 bits. 19 digits are those of 64 bits, and Spark adds ten for the
  // sum.
  const bool whole = found == Family::Integer, short_one = type.id != duckdb::TypeId::Other;
  const std::string digits = whole && short_one ? "19" : "38";
  const std::string wide =
      "DECIMAL(" + digits + "," + (whole ? "0" : std::to_string(type.scale)) + ")";
  std::string sum = "sum(" + distinct + "CAST(" + value + " AS " + wide + "))" + over;
  if (name == "sum") return sum;
  if (!whole) return fault(name + "() of decimals is rounded differently on Spark");
  return "(CAST(" + sum + " AS DOUBLE) / CAST(nullif(count(" + distinct + value + ")" + over +
         ", 0) AS DOUBLE))";
}

std::string Printer::window(const Json& node) {
  const std::string name = lower_word(node, "function_name");
  if (!node["filter_expr"].is_null()) {
    fault("FILTER with OVER is not known on Spark: use CASE inside of " + name + "()");
  }
  if (node.value("ignore_nulls", false)) fault("IGNORE NULLS: Spark has it since 3.2 only");
  if (word(node, "exclude_clause") != "NO_OTHER")
    fault("EXCLUDE in a window is not known on Spark");
  if (!node["arg_orders"].empty()) fault(name + "() with ORDER BY inside is not known on Spark");
  std::string over;
  for (const Json& part : node["partitions"]) {
    over += (over.empty() ? "PARTITION BY " : ", ") + expression(part);
  }
  if (!node["orders"].empty()) {
    over += (over.empty() ? "ORDER BY " : " ORDER BY ") + order(node["orders"]);
  }
  if (word(node, "type") == "WINDOW_AGGREGATE") {
    if (node.value("distinct", false)) fault("DISTINCT with OVER is not known on Spark");
    if (name.starts_with("arg") || name.ends_with("_by")) {
      return fault(name + "() with OVER is not known on Spark");
    }
    return aggregate_over(node, name, " OVER (" + over + frame(node) + ")");
  }
  if (node["orders"].empty()) fault(name + "() without ORDER BY takes rows in any order");
  return window_value(node, name, " OVER (" + over);
}

std::string Printer::window_value(const Json& node, const std::string& name,
                                  const std::string& over) {
  const Json& parts = node["children"];
  if (name == "row_number" || name == "rank" || name == "dense_rank") {
    return "CAST(" + name + "()" + over + ") AS BIGINT)";
  }
  if (name == "ntile" && integer_of(parts[0])) {
    return "CAST(ntile(" + expression(parts[0]) + ")" + over + ") AS BIGINT)";
  }
  if (name == "first_value" || name == "last_value" || name == "first" || name == "last") {
    const std::string value = name.starts_with("first") ? "first_value(" : "last_value(";
    return value + expression(parts[0]) + ")" + over + frame(node) + ")";
  }
  if (name == "lag" || name == "lead") {
    std::string arguments = expression(parts[0]);
    if (!node["offset_expr"].is_null()) {
      const auto offset = integer_of(node["offset_expr"]);
      if (!offset) return fault(name + "() takes a number of rows that is written out");
      arguments += ", " + std::to_string(*offset);
      if (!node["default_expr"].is_null()) {
        const std::string type = type_name(type_of(parts[0]));
        arguments += ", CAST(" + expression(node["default_expr"]) + " AS " + type + ")";
      }
    }
    return name + "(" + arguments + ")" + over + ")";
  }
  return fault("the window function " + name + "() is not known on Spark");
}

// Empty for the default, which is the same on both.
std::string Printer::frame(const Json& node) {
  const auto end_of = [&](const std::string& end, const char* count) -> std::string {
    if (end == "UNBOUNDED_PRECEDING") return "UNBOUNDED PRECEDING";
    if (end == "UNBOUNDED_FOLLOWING") return "UNBOUNDED FOLLOWING";
    if (end == "CURRENT_ROW_ROWS") return "CURRENT ROW";
    const auto rows = integer_of(node[count]);
    if (rows && end == "EXPR_PRECEDING_ROWS") return std::to_string(*rows) + " PRECEDING";
    if (rows && end == "EXPR_FOLLOWING_ROWS") return std::to_string(*rows) + " FOLLOWING";
    return "";
  };
  const std::string start = word(node, "start"), end = word(node, "end");
  if (start == "UNBOUNDED_PRECEDING" && end == "CURRENT_ROW_RANGE") return "";
  const std::string from = end_of(start, "start_expr"), to = end_of(end, "end_expr");
  if (from.empty() || to.empty()) {
    return fault("a window frame in RANGE or GROUPS: use ROWS with numbers");
  }
  return " ROWS BETWEEN " + from + " AND " + to;
}

}  // namespace clearwell::spark
