#include "batch/record_sql.h"

#include <algorithm>
#include <initializer_list>

#include <nlohmann/json.hpp>

#include "batch/names_read.h"
#include "batch/record_analysis.h"

namespace clearwell::batch {
namespace {

using Json = nlohmann::json;
using duckdb::simple;
using duckdb::TypeId;

// The parse tree of one SELECT; void if there are faults.
Result<Json> parse_one(duckdb::Connection& connection, const std::string& sql,
                       std::vector<std::string>& faults) {
  CW_ASSIGN(const std::string text, connection.parse(sql));
  Json tree = Json::parse(text, nullptr, false);
  if (tree.is_discarded()) return fatal("DuckDB's parse tree is no JSON");
  if (tree.value("error", false)) {
    faults.emplace_back(tree.value("error_message", std::string("it cannot be parsed")));
  } else if (tree["statements"].size() != 1) {
    faults.emplace_back("expected exactly one SELECT");
  }
  return tree;
}

Result<RecordSql> analyse(duckdb::Connection& connection, const std::string& sql,
                          const char* table) {
  RecordSql out;
  CW_ASSIGN(Json tree, parse_one(connection, sql, out.faults));
  if (!out.faults.empty()) return out;
  CW_ASSIGN(const Functions* functions, Functions::get(connection));
  out.faults = analyse_records(*functions, table, tree["statements"][0]["node"]);
  if (!out.faults.empty()) return out;
  CW_ASSIGN(out.plain, connection.unparse(tree.dump()));
  out.sql = "SELECT _record, * EXCLUDE (_record) FROM (" + out.plain + ")";
  return out;
}

}  // namespace

Result<RecordSql> record_select(duckdb::Connection& connection, const std::string& sql) {
  return analyse(connection, sql, "accepted");
}

Result<RecordSql> record_expression(duckdb::Connection& connection, const std::string& expression) {
  return analyse(connection, "SELECT _record, (" + expression + "\n) AS holds FROM judged",
                 "judged");
}

Result<AllSql> all_select(duckdb::Connection& connection, const std::string& sql) {
  AllSql out;
  CW_ASSIGN(Json tree, parse_one(connection, sql, out.faults));
  if (!out.faults.empty()) return out;
  CW_ASSIGN(const Functions* functions, Functions::get(connection));
  Json& node = tree["statements"][0]["node"];
  NamesRead read = names_read(node);
  out.faults = analyse_all(*functions, read.names, node);
  if (!out.faults.empty()) return out;
  out.columns = std::move(read.names);
  out.every_column = read.every;
  CW_ASSIGN(out.sql, connection.unparse(tree.dump()));
  return out;
}

namespace {

// The node of a plain SELECT over `accepted`, or null.
Result<Json> plain_select(duckdb::Connection& connection, const std::string& sql) {
  CW_ASSIGN(const std::string text, connection.parse(sql));
  const Json tree = Json::parse(text, nullptr, false);
  if (tree.is_discarded() || tree.value("error", false)) return Json();
  const Json& node = tree["statements"][0]["node"];
  if (text_at(node, "type") != "select_node") return Json();
  return text_at(node["from_table"], "table_name") == "accepted" ? node : Json();
}

// "payload.id" of a reference to a column. "a.id" is a column of table a, else the member of an
// object a.
std::string path_of(const Json& column, const std::string& alias_of_table) {
  std::vector<std::string> names = column["column_names"];
  const std::string table = alias_of_table.empty() ? "accepted" : alias_of_table;
  if (names.size() > 1 && lower(names.front()) == table) names.erase(names.begin());
  std::string path;
  for (const std::string& part : names) path += (path.empty() ? "" : ".") + part;
  return path;
}

// A star without a pattern, for which these lists are empty.
bool stands_for_itself(const Json& star, std::initializer_list<const char*> lists) {
  return star["expr"].is_null() && std::all_of(lists.begin(), lists.end(), [&](const char* list) {
           return star[list].empty();
         });
}

void collect_paths(const Json& node, const std::string& table, std::vector<std::string>& out) {
  if (!node.is_structured()) return;
  if (node.is_object() && text_at(node, "class") == "column_ref") {
    out.push_back(path_of(node, table));
  }
  for (const Json& child : node) collect_paths(child, table, out);
}

}  // namespace

Result<std::optional<std::vector<std::string>>> columns_read(duckdb::Connection& connection,
                                                             const std::string& sql,
                                                             const std::string& name) {
  CW_ASSIGN(const Json node, plain_select(connection, sql));
  if (node.is_null()) return std::optional<std::vector<std::string>>();
  const std::string table = text_at(node["from_table"], "alias");
  std::vector<std::string> out;
  bool by_star = false;
  for (const Json& column : node["select_list"]) {
    by_star =
        by_star || (is_star(column) && stands_for_itself(column, {"replace_list", "rename_list"}));
    const bool plain = text_at(column, "class") == "column_ref";
    std::string alias = column.value("alias", std::string());
    if (alias.empty() && plain) alias = column["column_names"].back().get<std::string>();
    if (lower(alias) != lower(name)) continue;
    collect_paths(column, table, out);
    return std::optional(std::move(out));
  }
  if (!by_star) return std::optional<std::vector<std::string>>();  // named by DuckDB
  return std::optional(std::vector<std::string>{name});
}

Result<std::string> copied_column(duckdb::Connection& connection, const std::string& sql,
                                  const std::string& name) {
  CW_ASSIGN(const Json node, plain_select(connection, sql));
  if (node.is_null()) return std::string();
  const std::string table = text_at(node["from_table"], "alias");
  bool by_star = false;
  for (const Json& column : node["select_list"]) {
    if (is_star(column)) {
      // With EXCLUDE, REPLACE, RENAME or a pattern it may be anything.
      by_star = stands_for_itself(
          column, {"exclude_list", "qualified_exclude_list", "replace_list", "rename_list"});
    }
    const std::string alias = column.value("alias", std::string());
    if (text_at(column, "class") != "column_ref") {
      if (lower(alias) == lower(name)) return std::string();
      continue;
    }
    const std::string last = column["column_names"].back();
    if (lower(alias.empty() ? last : alias) == lower(name)) return path_of(column, table);
  }
  return by_star ? name : std::string();
}

const duckdb::Schema& system_columns() {
  static const duckdb::Schema schema = {
      {"_record", simple(TypeId::Integer)}, {"_arrived", simple(TypeId::TimestampTz)},
      {"_payload", simple(TypeId::Text)},   {"_source", simple(TypeId::Text)},
      {"_partition", simple(TypeId::Text)}, {"_offset", simple(TypeId::Integer)},
      {"_line", simple(TypeId::Integer)},   {"_order", simple(TypeId::Blob)}};
  return schema;
}

}  // namespace clearwell::batch
