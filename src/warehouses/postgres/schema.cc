#include "warehouses/postgres/schema.h"

#include "base/step.h"

namespace clearwell::warehouses {
namespace {

using duckdb::ColumnSchema;
using duckdb::Schema;
using duckdb::simple;
using duckdb::TypeId;

// Grows by one with every change of the tables below.
constexpr int newest_version = 4;

constexpr const char* tables = R"(
CREATE SCHEMA IF NOT EXISTS clearwell;
CREATE SEQUENCE IF NOT EXISTS clearwell.ids;
CREATE SEQUENCE IF NOT EXISTS clearwell.batches;
CREATE TABLE IF NOT EXISTS clearwell.meta (name text PRIMARY KEY, value text);
CREATE TABLE IF NOT EXISTS clearwell.lanes (lane text PRIMARY KEY, pipeline text, source text,
  owner text, epoch bigint, position text, batch bigint, updated_at timestamptz);
CREATE TABLE IF NOT EXISTS clearwell.files (pipeline text, source text, mark bytea,
  PRIMARY KEY (pipeline, source, mark));
CREATE TABLE IF NOT EXISTS clearwell.counts (pipeline text PRIMARY KEY, read bigint, loaded bigint,
  superseded bigint, duplicate bigint, skipped bigint, quarantined bigint, parked bigint,
  discarded bigint, clock_us bigint, updated_at timestamptz);
CREATE TABLE IF NOT EXISTS clearwell.table_rows (pipeline text, table_name text, rows bigint,
  PRIMARY KEY (pipeline, table_name));
CREATE TABLE IF NOT EXISTS clearwell.quarantine (id bigint PRIMARY KEY, pipeline text, kind text,
  entry text, key text, state text, source text, partition text, "offset" bigint, line bigint,
  ord bytea, arrived timestamptz, version bytea, quarantined_at timestamptz,
  contract_version text, attempts bigint, codes text[], reasons json, payload bytea);
CREATE INDEX IF NOT EXISTS quarantine_open ON clearwell.quarantine (pipeline, entry)
  WHERE state = 'open';
CREATE TABLE IF NOT EXISTS clearwell.parked (id bigint PRIMARY KEY, pipeline text, kind text,
  entry text, key text, source text, partition text, "offset" bigint, line bigint, ord bytea,
  arrived timestamptz, parked_at timestamptz, deadline_us bigint, contract_version text,
  reasons json, payload bytea);
CREATE INDEX IF NOT EXISTS parked_deadline ON clearwell.parked (pipeline, deadline_us);
CREATE TABLE IF NOT EXISTS clearwell.waits (holder bigint, pipeline text, target text, value text);
CREATE INDEX IF NOT EXISTS waits_holder ON clearwell.waits (holder);
CREATE INDEX IF NOT EXISTS waits_target ON clearwell.waits (pipeline, target);
CREATE TABLE IF NOT EXISTS clearwell.deletions (table_name text, key bytea, version bytea,
  PRIMARY KEY (table_name, key));
CREATE TABLE IF NOT EXISTS clearwell.runs (id bigint, pipeline text, started_at timestamptz,
  ended_at timestamptz, outcome text, message text);
CREATE SEQUENCE IF NOT EXISTS clearwell.run_ids;
SELECT setval('clearwell.run_ids', coalesce((SELECT max(id) FROM clearwell.runs), 0) + 1, false);
CREATE TABLE IF NOT EXISTS clearwell.report_runs (report text, minutes bigint, due timestamptz,
  state text, owner text, taken_at timestamptz, ended_at timestamptz, rows bigint, message text,
  PRIMARY KEY (report, minutes, due));
CREATE TABLE IF NOT EXISTS clearwell.leases (pipeline text PRIMARY KEY, epoch bigint, owner text,
  process text, instance bigint, renewed_at timestamptz);
)";

Result<int64_t> found_version(postgres::Connection& connection) {
  CW_ASSIGN(const duckdb::Rows there,
            connection.query("SELECT to_regclass('clearwell.meta') IS NOT NULL"));
  if (there.chunks.front().column(0).data<uint8_t>()[0] == 0) return int64_t{0};
  CW_ASSIGN(const duckdb::Rows version,
            connection.query("SELECT coalesce(max(value::bigint), 0) FROM clearwell.meta WHERE "
                             "name = 'schema_version'"));
  return version.chunks.front().column(0).data<int64_t>()[0];
}

Result<void> create(postgres::Connection& connection, int64_t found) {
  if (found > newest_version) {
    return config_error("the warehouse was written by a newer clearwell (its tables have version " +
                        std::to_string(found) + ", this program knows " +
                        std::to_string(newest_version) + "): use that version or a newer one");
  }
  if (found == newest_version) return {};
  CW_TRY(connection.execute(tables));
  // No function of version 11 makes random uuids, but a hash of such numbers looks the same.
  CW_TRY(connection.execute(
      "INSERT INTO clearwell.meta VALUES ('warehouse_id', md5(random()::text || "
      "clock_timestamp()::text)::uuid::text) ON CONFLICT (name) DO NOTHING; INSERT INTO "
      "clearwell.meta VALUES ('schema_version', '" +
      std::to_string(newest_version) +
      "') ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value"));
  step("warehouse.schema_made");
  return {};
}

// CREATE SCHEMA IF NOT EXISTS would ask for the right to make it also where it exists.
Result<void> create_missing(postgres::Connection& connection, const std::string& schema) {
  const std::string name = duckdb::quote_name(schema);
  CW_ASSIGN(const duckdb::Rows known,
            connection.query("SELECT to_regnamespace($1) IS NOT NULL", {name}));
  if (known.chunks.front().column(0).data<uint8_t>()[0] != 0) return {};
  CW_TRY(connection.execute("CREATE SCHEMA " + name));
  return {};
}

Schema held(std::vector<ColumnSchema> after_key, std::vector<ColumnSchema> at_end) {
  const duckdb::Type text = simple(TypeId::Text), integer = simple(TypeId::Integer);
  Schema schema = {
      {"id", integer}, {"pipeline", text}, {"kind", text}, {"entry", text}, {"key", text}};
  schema.insert(schema.end(), after_key.begin(), after_key.end());
  for (const ColumnSchema& column : Schema{{"source", text},
                                           {"partition", text},
                                           {"offset", integer},
                                           {"line", integer},
                                           {"ord", simple(TypeId::Blob)},
                                           {"arrived", simple(TypeId::TimestampTz)}}) {
    schema.push_back(column);
  }
  schema.insert(schema.end(), at_end.begin(), at_end.end());
  return schema;
}

}  // namespace

Result<void> ensure_schema(postgres::Connection& connection, const std::string& users) {
  CW_TRY(connection.begin());
  CW_TRY(connection.execute(tables_lock));
  CW_ASSIGN(const int64_t found, found_version(connection));
  auto done = create(connection, found);
  if (done.ok() && !users.empty()) done = create_missing(connection, users);
  if (done.ok()) return connection.commit();
  connection.rollback();
  return done;
}

const Schema& quarantine_columns() {
  static const Schema schema =
      held({{"state", simple(TypeId::Text)}}, {{"version", simple(TypeId::Blob)},
                                               {"quarantined_at", simple(TypeId::TimestampTz)},
                                               {"contract_version", simple(TypeId::Text)},
                                               {"attempts", simple(TypeId::Integer)},
                                               {"codes", duckdb::list_of(simple(TypeId::Text))},
                                               {"reasons", simple(TypeId::Text)},
                                               {"payload", simple(TypeId::Blob)}});
  return schema;
}

const Schema& parked_columns() {
  static const Schema schema = held({}, {{"parked_at", simple(TypeId::TimestampTz)},
                                         {"deadline_us", simple(TypeId::Integer)},
                                         {"contract_version", simple(TypeId::Text)},
                                         {"reasons", simple(TypeId::Text)},
                                         {"payload", simple(TypeId::Blob)}});
  return schema;
}

const Schema& waits_columns() {
  static const Schema schema = {{"holder", simple(TypeId::Integer)},
                                {"pipeline", simple(TypeId::Text)},
                                {"target", simple(TypeId::Text)},
                                {"value", simple(TypeId::Text)}};
  return schema;
}

const Schema& files_columns() {
  static const Schema schema = {{"pipeline", simple(TypeId::Text)},
                                {"source", simple(TypeId::Text)},
                                {"mark", simple(TypeId::Blob)}};
  return schema;
}

}  // namespace clearwell::warehouses
