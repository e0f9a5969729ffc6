// SELECT, UNION, FROM, ORDER BY as Spark writes them.
#include <algorithm>

#include "batch/record_analysis.h"
#include "spark/printer.h"
#include "spark/sql_printer.h"
#include "spark/texts.h"

namespace clearwell::spark {

std::string word(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string lower_word(const Json& node, const char* key) { return batch::lower(word(node, key)); }

std::string Printer::fault(const std::string& text) {
  if (std::find(faults_.begin(), faults_.end(), text) == faults_.end()) faults_.push_back(text);
  return "NULL";
}

std::string Printer::query(const Json& node) {
  const std::string type = word(node, "type");
  const size_t seen = ctes_.size();
  std::string out = with(node);
  if (type == "SELECT_NODE") {
    out += select(node);
  } else if (type == "SET_OPERATION_NODE") {
    out += set_operation(node);
  } else {
    out += fault("a query of the kind " + type + " (recursive, perhaps) is not known on Spark");
  }
  ctes_.resize(seen);
  return out;
}

std::string Printer::condition(const Json& node) {
  selects_.push_back(&node);
  std::string out = expression(node["select_list"][0]);
  selects_.pop_back();
  return out;
}

std::string Printer::with(const Json& node) {
  if (!node.contains("cte_map") || node["cte_map"]["map"].empty()) return "";
  std::string out;
  for (const Json& entry : node["cte_map"]["map"]) {
    const Json& value = entry["value"];
    out += (out.empty() ? "WITH " : ", ") + quote_name(word(entry, "key"));
    std::string names;
    for (const Json& alias : value["aliases"]) {
      names += (names.empty() ? "" : ", ") + quote_name(alias.get<std::string>());
    }
    if (!names.empty()) out += "(" + names + ")";
    out += " AS " + subquery_body(value["query"]);
    ctes_.push_back(&entry);
  }
  return out + " ";
}

std::string Printer::select(const Json& node) {
  selects_.push_back(&node);
  std::string out = "SELECT ";
  for (const Json& modifier : node["modifiers"]) {
    if (word(modifier, "type") != "DISTINCT_MODIFIER") continue;
    if (!modifier["distinct_on_targets"].empty()) {
      fault("DISTINCT ON: number the rows with row_number() and keep the first");
    }
    out += "DISTINCT ";
  }
  out += select_list(node);
  if (word(node["from_table"], "type") != "EMPTY") out += " FROM " + from(node["from_table"]);
  if (!node["where_clause"].is_null()) out += " WHERE " + expression(node["where_clause"]);
  out += groups(node);
  if (!node["having"].is_null()) out += " HAVING " + expression(node["having"]);
  if (!node["qualify"].is_null()) {
    fault("QUALIFY: give the window a name in a subquery, and filter outside of it");
  }
  if (!node["sample"].is_null()) fault("SAMPLE picks rows at random");
  out += modifiers(node);
  selects_.pop_back();
  return out;
}

std::string Printer::select_list(const Json& node) {
  std::string out;
  for (const Json& item : node["select_list"]) {
    out += (out.empty() ? "" : ", ") + expression(item);
    const std::string alias = word(item, "alias");
    if (!alias.empty()) out += " AS " + quote_name(alias);
  }
  return out;
}

std::string Printer::groups(const Json& node) {
  if (word(node, "aggregate_handling") == "FORCE_AGGREGATES") {
    fault("GROUP BY ALL: name the columns");
  }
  if (node["group_sets"].size() > 1) {
    fault("GROUPING SETS, CUBE and ROLLUP: write one SELECT for each, joined by UNION ALL");
  }
  std::string out;
  for (const Json& group : node["group_expressions"]) {
    out += (out.empty() ? " GROUP BY " : ", ") + expression(group);
  }
  return out;
}

std::string Printer::modifiers(const Json& node) {
  std::string out;
  bool ordered = false;
  for (const Json& modifier : node["modifiers"]) {
    const std::string type = word(modifier, "type");
    if (type == "ORDER_MODIFIER") {
      out += " ORDER BY " + order(modifier["orders"]);
      ordered = true;
    } else if (type == "LIMIT_MODIFIER") {
      out += limit(modifier, ordered);
    } else if (type != "DISTINCT_MODIFIER") {
      fault("LIMIT with a share of the rows is not known on Spark");
    }
  }
  return out;
}

std::string Printer::limit(const Json& modifier, bool ordered) {
  const auto rows = integer_of(modifier["limit"]);
  if (!modifier["offset"].is_null()) {
    return fault("OFFSET: Spark has it since 3.4 only; number the rows with row_number()");
  }
  if (!rows) return fault("LIMIT must be a number");
  if (!ordered) return fault("LIMIT without ORDER BY takes any rows");
  return " LIMIT " + std::to_string(*rows);
}

// NULLs come last in DuckDB, whichever way values go.
std::string Printer::order(const Json& orders) {
  std::string out;
  for (const Json& one : orders) {
    const Json& value = one["expression"];
    if (word(value, "class") == "STAR") fault("ORDER BY ALL: name the columns");
    out += (out.empty() ? "" : ", ") + expression(value);
    out += word(one, "type") == "DESCENDING" ? " DESC" : " ASC";
    out += word(one, "null_order") == "NULLS FIRST" ? " NULLS FIRST" : " NULLS LAST";
  }
  return out;
}

std::string Printer::set_operation(const Json& node) {
  std::string kind = word(node, "setop_type");
  if (kind != "UNION" && kind != "EXCEPT" && kind != "INTERSECT") {
    return fault(kind + ": use UNION, EXCEPT or INTERSECT");
  }
  if (node.value("setop_all", false)) kind += " ALL";
  if (node.contains("children")) return fault(kind + " of more than two in one is not known");
  return "(" + query(node["left"]) + ") " + kind + " (" + query(node["right"]) + ")" +
         modifiers(node);
}

// --- FROM

std::string Printer::from(const Json& node) {
  const std::string type = word(node, "type");
  if (node.contains("sample") && !node["sample"].is_null()) fault("SAMPLE picks rows at random");
  if (type == "BASE_TABLE") return quote_name(word(node, "table_name")) + named(node);
  if (type == "SUBQUERY") return subquery_body(node["subquery"]) + named(node);
  if (type == "JOIN") return join(node);
  if (type == "EXPRESSION_LIST") return values(node);
  const std::string what =
      type == "TABLE_FUNCTION" ? lower_word(node["function"], "function_name") + "()" : type;
  return fault("FROM " + what + " is not known on Spark");
}

std::string Printer::named(const Json& node) {
  const std::string alias = word(node, "alias");
  std::string names;
  for (const Json& name : node["column_name_alias"]) {
    names += (names.empty() ? "" : ", ") + quote_name(name.get<std::string>());
  }
  if (!names.empty()) names = "(" + names + ")";
  if (alias.empty()) return names.empty() ? "" : fault("columns are renamed: name the table, too");
  return " AS " + quote_name(alias) + names;
}

std::string Printer::join(const Json& node) {
  const std::string kind = word(node, "join_type"), form = word(node, "ref_type");
  std::string left = from(node["left"]);
  const bool nested = word(node["right"], "type") == "JOIN";
  const std::string right = nested ? "(" + from(node["right"]) + ")" : from(node["right"]);
  if (form == "CROSS") return left + " CROSS JOIN " + right;
  const bool known = kind == "INNER" || kind == "LEFT" || kind == "RIGHT" || kind == "OUTER" ||
                     kind == "FULL" || kind == "SEMI" || kind == "ANTI";
  if (form != "REGULAR" || !known) {
    return fault("a join of the kind " + (form == "REGULAR" ? kind : form) +
                 ": use INNER, LEFT, RIGHT, FULL, SEMI or ANTI JOIN, with ON or USING");
  }
  const std::string prefix = kind == "SEMI" || kind == "ANTI" ? "LEFT " + kind
                             : kind == "OUTER"                ? "FULL"
                                                              : kind;
  std::string out = left + " " + prefix + " JOIN " + right;
  if (!node["condition"].is_null()) return out + " ON " + expression(node["condition"]);
  std::string names;
  for (const Json& name : node["using_columns"]) {
    names += (names.empty() ? "" : ", ") + quote_name(name.get<std::string>());
  }
  return out + " USING (" + names + ")";
}

std::string Printer::values(const Json& node) {
  std::string out;
  for (const Json& row : node["values"]) {
    out += (out.empty() ? "VALUES (" : ", (") + list(row) + ")";
  }
  return "(" + out + ")";
}

// --- types

namespace {

// The columns of the right side of a semi join can be named in its condition, not in the list.
void show_both_sides(Json& from) {
  if (word(from, "type") != "JOIN") return;
  const std::string kind = word(from, "join_type");
  if (kind == "SEMI" || kind == "ANTI") from["join_type"] = "INNER";
  show_both_sides(from["left"]);
  show_both_sides(from["right"]);
}

}  // namespace

std::optional<duckdb::Type> Printer::describe(const Json& select) {
  const Json tree = {
      {"error", false},
      {"statements", Json::array({{{"node", select}, {"named_param_map", Json::array()}}})}};
  auto sql = connection_.unparse(tree.dump());
  if (!sql.ok()) return std::nullopt;
  auto schema = connection_.describe(*sql);
  if (!schema.ok() || schema->empty()) return std::nullopt;
  return schema->back().type;
}

// DuckDB is asked for a SELECT of nothing but this value, from the same tables; where it stands on
// groups or on names of the list, of the list with this value at its end.
duckdb::Type Printer::type_of(const Json& node) {
  duckdb::Type none{duckdb::TypeId::Other, 0, 0, {""}, {}};
  if (selects_.empty()) return none;
  Json select = *selects_.back();
  const Json list = select["select_list"];
  select["modifiers"] = Json::array();
  show_both_sides(select["from_table"]);
  select["having"] = select["qualify"] = select["where_clause"] = nullptr;
  Json ctes = Json::array();
  for (const Json* entry : ctes_) ctes.push_back(*entry);
  select["cte_map"]["map"] = ctes;
  const Json groups = select["group_expressions"], sets = select["group_sets"];
  select["group_expressions"] = select["group_sets"] = Json::array();
  select["select_list"] = Json::array({node});
  if (const auto alone = describe(select)) return *alone;
  select["group_expressions"] = groups;
  select["group_sets"] = sets;
  select["select_list"] = list;
  select["select_list"].push_back(node);
  if (const auto beside = describe(select)) return *beside;
  fault("the type of a part of it depends on a query around it: write it without");
  return none;
}

// --- the door

namespace {

Result<Printed> print(duckdb::Connection& connection, const std::string& sql, bool whole) {
  CW_ASSIGN(const std::string text, connection.parse(sql));
  const Json tree = Json::parse(text, nullptr, false);
  if (tree.is_discarded()) return fatal("DuckDB's parse tree is no JSON");
  if (tree.value("error", false) || tree["statements"].size() != 1) {
    return fatal("DuckDB cannot parse: " + sql);
  }
  const Json& node = tree["statements"][0]["node"];
  Printer printer(connection);
  Printed out;
  out.sql = whole ? printer.query(node) : printer.condition(node);
  out.faults = printer.take_faults();
  return out;
}

}  // namespace

Result<Printed> print_select(duckdb::Connection& connection, const std::string& sql) {
  return print(connection, sql, true);
}

Result<Printed> print_condition(duckdb::Connection& connection, const std::string& condition) {
  return print(connection, "SELECT (" + condition + "\n) FROM accepted", false);
}

}  // namespace clearwell::spark
