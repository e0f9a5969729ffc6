#include "warehouses/duckdb/schema.h"

#include "base/step.h"

namespace clearwell::warehouses {
namespace {

using duckdb::Schema;
using duckdb::simple;
using duckdb::TypeId;

const duckdb::Type text = simple(TypeId::Text);
const duckdb::Type integer = simple(TypeId::Integer);
const duckdb::Type instant = simple(TypeId::TimestampTz);
const duckdb::Type blob = simple(TypeId::Blob);

// How texts are packed. DuckDB would try every method on every column at each checkpoint, which
// takes longer than what it finds (much the same) is worth. "": as it thinks.
std::string_view packing(const duckdb::ColumnSchema& column) {
  for (const char* name : {"reasons", "payload"}) {
    if (column.name == name) return " USING COMPRESSION zstd";
  }
  // Hardly two are alike.
  for (const char* name : {"entry", "key", "ord", "mark"}) {
    if (column.name == name) return " USING COMPRESSION uncompressed";
  }
  for (const char* name :
       {"pipeline", "kind", "state", "source", "partition", "contract_version"}) {
    if (column.name == name) return " USING COMPRESSION dictionary";
  }
  return "";
}

std::string create(const std::string& name, const Schema& schema) {
  std::string sql = "CREATE TABLE IF NOT EXISTS clearwell." + name + " (";
  for (size_t i = 0; i < schema.size(); ++i) {
    if (i > 0) sql += ", ";
    sql += duckdb::quote_name(schema[i].name) + " " + duckdb::to_sql(schema[i].type);
    sql += packing(schema[i]);
  }
  return sql + ")";
}

Schema counts_schema() {
  Schema schema = {{"pipeline", text}};
  for (const char* fate : {"read", "loaded", "superseded", "duplicate", "skipped", "quarantined",
                           "parked", "discarded", "clock_us"}) {
    schema.push_back({fate, integer});
  }
  schema.push_back({"updated_at", instant});
  return schema;
}

const Schema table_rows = {{"pipeline", text}, {"table_name", text}, {"rows", integer}};
const Schema runs = {{"id", integer},       {"pipeline", text}, {"started_at", instant},
                     {"ended_at", instant}, {"outcome", text},  {"message", text}};
// With a key: who inserts a row makes that report.
constexpr const char* report_runs =
    "CREATE TABLE IF NOT EXISTS clearwell.report_runs (report VARCHAR, minutes BIGINT, "
    "due TIMESTAMPTZ, state VARCHAR, owner VARCHAR, taken_at TIMESTAMPTZ, ended_at TIMESTAMPTZ, "
    "rows BIGINT, message VARCHAR, PRIMARY KEY (report, minutes, due))";
const Schema deletions = {{"table_name", text}, {"key", blob}, {"version", blob}};
const Schema meta = {{"name", text}, {"value", text}};

// What is known of a record wherever it is held.
Schema held(std::vector<duckdb::ColumnSchema> after_key) {
  Schema schema = {
      {"id", integer}, {"pipeline", text}, {"kind", text}, {"entry", text}, {"key", text}};
  schema.insert(schema.end(), after_key.begin(), after_key.end());
  for (const duckdb::ColumnSchema& column : Schema{{"source", text},
                                                   {"partition", text},
                                                   {"offset", integer},
                                                   {"line", integer},
                                                   {"ord", blob},
                                                   {"arrived", instant}}) {
    schema.push_back(column);
  }
  return schema;
}

}  // namespace

const Schema& quarantine_schema() {
  static const Schema schema = [] {
    Schema out = held({{"state", text}});
    for (const duckdb::ColumnSchema& column : Schema{{"version", blob},
                                                     {"quarantined_at", instant},
                                                     {"contract_version", text},
                                                     {"attempts", integer},
                                                     {"codes", duckdb::list_of(text)},
                                                     {"reasons", simple(TypeId::Json)},
                                                     {"payload", blob}}) {
      out.push_back(column);
    }
    return out;
  }();
  return schema;
}

const Schema& parked_schema() {
  static const Schema schema = [] {
    Schema out = held({});
    for (const duckdb::ColumnSchema& column : Schema{{"parked_at", instant},
                                                     {"deadline_us", integer},
                                                     {"contract_version", text},
                                                     {"reasons", simple(TypeId::Json)},
                                                     {"payload", blob}}) {
      out.push_back(column);
    }
    return out;
  }();
  return schema;
}

const Schema& waits_schema() {
  static const Schema schema = {
      {"holder", integer}, {"pipeline", text}, {"target", text}, {"value", text}};
  return schema;
}

const Schema& accepted_schema() {
  static const Schema schema = {{"entry", text}, {"ord", blob}, {"tuple", blob}};
  return schema;
}

const Schema& deleted_schema() {
  static const Schema schema = {{"key", blob}, {"version", blob}};
  return schema;
}

const Schema& files_schema() {
  static const Schema schema = {{"pipeline", text}, {"source", text}, {"mark", blob}};
  return schema;
}

const Schema& lanes_schema() {
  static const Schema schema = {{"lane", text},     {"pipeline", text},     {"source", text},
                                {"owner", text},    {"epoch", integer},     {"position", text},
                                {"batch", integer}, {"updated_at", instant}};
  return schema;
}

Result<void> ensure_schema(duckdb::Connection& connection) {
  CW_TRY(connection.begin());
  CW_TRY(connection.execute("CREATE SCHEMA IF NOT EXISTS clearwell"));
  CW_TRY(connection.execute(create("meta", meta)));
  CW_ASSIGN(auto version, connection.query("SELECT coalesce(max(value::BIGINT), 0)::BIGINT FROM "
                                           "clearwell.meta WHERE name = 'schema_version'"));
  const int64_t found = version.chunks.front().column(0).data<int64_t>()[0];
  if (found > schema_version) {
    connection.rollback();
    return config_error("the warehouse was written by a newer clearwell (its tables have version " +
                        std::to_string(found) + ", this program knows " +
                        std::to_string(schema_version) + "): use that version or a newer one");
  }
  CW_TRY(connection.execute(create("lanes", lanes_schema())));
  CW_TRY(connection.execute(create("files", files_schema())));
  CW_TRY(connection.execute(create("counts", counts_schema())));
  CW_TRY(connection.execute(create("table_rows", table_rows)));
  CW_TRY(connection.execute(create("quarantine", quarantine_schema())));
  CW_TRY(connection.execute(create("parked", parked_schema())));
  CW_TRY(connection.execute(create("waits", waits_schema())));
  CW_TRY(connection.execute(create("deletions", deletions)));
  CW_TRY(connection.execute(create("runs", runs)));
  CW_TRY(connection.execute(report_runs));
  if (found == 0) {
    CW_TRY(
        connection.execute("INSERT INTO clearwell.meta VALUES ('warehouse_id', uuid()::VARCHAR)"));
  }
  if (found != schema_version) {
    CW_TRY(connection.execute("DELETE FROM clearwell.meta WHERE name = 'schema_version'"));
    CW_TRY(connection.execute("INSERT INTO clearwell.meta VALUES ('schema_version', '" +
                              std::to_string(schema_version) + "')"));
  }
  step("warehouse.schema_made");
  return connection.commit();
}

}  // namespace clearwell::warehouses
