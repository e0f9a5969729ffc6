#include "batch/record_sql.h"

#include <nlohmann/json.hpp>

#include "batch/record_analysis.h"

namespace clearwell::batch {
namespace {

using Json = nlohmann::json;
using duckdb::simple;
using duckdb::TypeId;

Result<RecordSql> analyse(duckdb::Connection& connection, const std::string& sql,
                          const char* table) {
  RecordSql out;
  CW_ASSIGN(const std::string text, connection.parse(sql));
  Json tree = Json::parse(text, nullptr, false);
  if (tree.is_discarded()) return fatal("DuckDB's parse tree is no JSON");
  if (tree.value("error", false)) {
    out.faults.emplace_back(tree.value("error_message", std::string("it cannot be parsed")));
    return out;
  }
  if (tree["statements"].size() != 1) {
    out.faults.emplace_back("expected exactly one SELECT");
    return out;
  }
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

Result<std::string> copied_column(duckdb::Connection& connection, const std::string& sql,
                                  const std::string& name) {
  CW_ASSIGN(const std::string text, connection.parse(sql));
  const Json tree = Json::parse(text, nullptr, false);
  if (tree.is_discarded() || tree.value("error", false)) return std::string();
  const Json& node = tree["statements"][0]["node"];
  if (text_at(node, "type") != "select_node") return std::string();
  if (text_at(node["from_table"], "table_name") != "accepted") return std::string();
  const std::string table = text_at(node["from_table"], "alias");
  bool by_star = false;
  for (const Json& column : node["select_list"]) {
    if (is_star(column)) {
      // With EXCLUDE, REPLACE, RENAME or a pattern it may be anything.
      by_star = column["expr"].is_null();
      for (const char* list :
           {"exclude_list", "qualified_exclude_list", "replace_list", "rename_list"}) {
        by_star = by_star && column[list].empty();
      }
    }
    const std::string alias = column.value("alias", std::string());
    if (text_at(column, "class") != "column_ref") {
      if (lower(alias) == lower(name)) return std::string();
      continue;
    }
    std::vector<std::string> names = column["column_names"];
    if (lower(alias.empty() ? names.back() : alias) != lower(name)) continue;
    // "a.id" is a column of table a, else the member of an object a.
    const bool qualified = lower(names.front()) == (table.empty() ? "accepted" : table);
    if (qualified && names.size() > 1) names.erase(names.begin());
    std::string path;
    for (const std::string& part : names) path += (path.empty() ? "" : ".") + part;
    return path;
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
