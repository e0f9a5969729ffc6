#include <fmt/format.h>

#include "base/step.h"
#include "batch/select.h"
#include "models/models.h"

namespace clearwell::models {
namespace {

using duckdb::quote_table;
using duckdb::quote_text;

enum class Standing { Nothing, Table, View };

// First cell of a query of texts, or nothing.
Result<std::string> first_text(warehouses::Warehouse& warehouse, const std::string& sql) {
  CW_ASSIGN(const duckdb::Rows rows, warehouse.query(sql));
  if (rows.size() == 0) return std::string();
  return std::string(rows.chunks.front().column(0).text(0));
}

// The schema of "schema.name", or nothing.
std::string schema_of(const std::string& name) {
  const size_t dot = name.find('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

// What has the model's name now. information_schema is the same in both warehouses.
Result<Standing> standing(warehouses::Warehouse& warehouse, const std::string& name) {
  const std::string schema = schema_of(name);
  const std::string table = schema.empty() ? name : name.substr(schema.size() + 1);
  CW_ASSIGN(const std::string type,
            first_text(warehouse,
                       "SELECT table_type FROM information_schema.tables WHERE table_catalog = "
                       "current_database() AND table_schema = " +
                           (schema.empty() ? "current_schema()" : quote_text(schema)) +
                           " AND table_name = " + quote_text(table)));
  if (type.empty()) return Standing::Nothing;
  return type == "VIEW" ? Standing::View : Standing::Table;
}

// What must come before a model that is made for the first time.
std::vector<std::string> make_schema(Standing now, const std::string& name) {
  const std::string schema = schema_of(name);
  if (now != Standing::Nothing || schema.empty()) return {};
  return {"CREATE SCHEMA IF NOT EXISTS " + duckdb::quote_name(schema)};
}

Result<void> in_transaction(warehouses::Warehouse& warehouse,
                            const std::vector<std::string>& statements) {
  CW_ASSIGN(auto transaction, warehouse.begin());
  step("model.begun");
  for (const std::string& sql : statements) {
    CW_TRY(transaction->execute(sql));
    step("model.statement");
  }
  step("model.before_commit");
  CW_TRY(transaction->commit());
  step("model.after_commit");
  return {};
}

Result<void> build_table(warehouses::Warehouse& warehouse, const std::string& name,
                         const std::string& select) {
  const std::string table = quote_table(name);
  CW_ASSIGN(const Standing now, standing(warehouse, name));
  bool keeps = false;
  if (now == Standing::Table) {
    CW_ASSIGN(const auto columns, warehouse.columns(name));
    CW_ASSIGN(const duckdb::Rows wanted,
              warehouse.query("SELECT * FROM (" + select + "\n) AS model LIMIT 0"));
    keeps = columns == wanted.schema;
  }
  if (keeps) {
    return in_transaction(warehouse,
                          {"DELETE FROM " + table, "INSERT INTO " + table + " " + select});
  }
  std::vector<std::string> statements = make_schema(now, name);
  if (now == Standing::View) statements.push_back("DROP VIEW " + table);
  if (now == Standing::Table) statements.push_back("DROP TABLE " + table);
  statements.push_back("CREATE TABLE " + table + " AS " + select);
  return in_transaction(warehouse, statements);
}

// A view is made anew only when its SQL has changed: what it was made of is kept in clearwell.meta,
// since databases give back a view's SQL only in their own spelling.
Result<void> build_view(warehouses::Warehouse& warehouse, const std::string& name,
                        const std::string& select) {
  const std::string view = quote_table(name), meta = quote_text("view:" + name);
  CW_ASSIGN(const Standing now, standing(warehouse, name));
  CW_ASSIGN(const std::string made_of,
            first_text(warehouse, "SELECT value FROM clearwell.meta WHERE name = " + meta));
  if (now == Standing::View && made_of == select) return {};
  std::vector<std::string> statements = make_schema(now, name);
  if (now == Standing::Table) statements.push_back("DROP TABLE " + view);
  if (now == Standing::View) statements.push_back("DROP VIEW " + view);
  statements.push_back("CREATE VIEW " + view + " AS " + select);
  statements.push_back("DELETE FROM clearwell.meta WHERE name = " + meta);
  statements.push_back(fmt::format("INSERT INTO clearwell.meta (name, value) VALUES ({}, {})", meta,
                                   quote_text(select)));
  return in_transaction(warehouse, statements);
}

}  // namespace

Result<void> build(warehouses::Warehouse& warehouse, const Plan::Step& step) {
  const config::Model& model = *step.model;
  const std::string select = batch::without_end(model.sql);
  auto done = model.materialized == config::Materialization::View
                  ? build_view(warehouse, model.name, select)
                  : build_table(warehouse, model.name, select);
  if (!done.ok()) return std::move(done).error().context("model " + model.name);
  return {};
}

}  // namespace clearwell::models
