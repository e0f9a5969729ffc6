#include "warehouses/postgres/postgres_warehouse.h"

#include <cstring>
#include <thread>

#include "base/step.h"
#include "warehouses/postgres/schema.h"
#include "warehouses/postgres/text_match.h"
#include "warehouses/postgres/transaction.h"

namespace clearwell::warehouses {
namespace {

using duckdb::quote_name;
using duckdb::TypeId;

constexpr int oldest_server = 110000;
// How long the server may be away after a COMMIT without an answer.
constexpr std::chrono::seconds doubt{60};

int64_t integer_at(const duckdb::Rows& rows, size_t column) {
  return rows.chunks.front().column(column).data<int64_t>()[0];
}

// A column of the table t, in a type that can be read.
std::string taken_column(const duckdb::Schema& schema, const std::string& name) {
  for (const duckdb::ColumnSchema& found : schema) {
    if (found.name == name && found.type.id == TypeId::Other) {
      return "t." + quote_name(name) + "::text AS " + quote_name(name);
    }
  }
  return "t." + quote_name(name);
}

bool is_missing(const postgres::Connection& connection) {
  return connection.sqlstate() == "42P01" || connection.sqlstate() == "3F000";
}

}  // namespace

Result<std::unique_ptr<Warehouse>> PostgresWarehouse::open(const std::string& url,
                                                           const std::string& schema,
                                                           Access access) {
  postgres::Options options;
  options.url = url;
  options.schema = schema;
  options.read_only = access == Access::ReadOnly;
  std::unique_ptr<PostgresWarehouse> warehouse(new PostgresWarehouse(std::move(options)));
  CW_ASSIGN(postgres::Connection* const connection,
            warehouse->connect(access == Access::Write ? warehouse->writer_ : warehouse->reader_));
  if (connection->server_version() < oldest_server) {
    return config_error("warehouse: the server is PostgreSQL " +
                        std::to_string(connection->server_version() / 10000) +
                        ", but 11 is the oldest that clearwell writes to");
  }
  if (access == Access::Write) {
    CW_TRY(warehouse->leases_.mark(*connection));
    CW_TRY(ensure_schema(*connection, schema));
    step("warehouse.opened");
  }
  return std::unique_ptr<Warehouse>(std::move(warehouse));
}

Result<postgres::Connection*> PostgresWarehouse::connect(Session& session) {
  if (session.connection != nullptr && !session.connection->lost()) {
    return session.connection.get();
  }
  session.connection.reset();
  CW_ASSIGN(postgres::Connection connection, postgres::Connection::open(options_));
  session.connection = std::make_unique<postgres::Connection>(std::move(connection));
  return session.connection.get();
}

Result<postgres::Connection*> PostgresWarehouse::connect_writer() {
  if (options_.read_only) return fatal("the warehouse is open for reading only");
  const bool there = writer_.connection != nullptr && !writer_.connection->lost();
  CW_ASSIGN(postgres::Connection* const connection, connect(writer_));
  if (there) return connection;
  CW_TRY(leases_.mark(*connection));
  // Temporary tables went with the session before.
  for (const auto& [name, state] : targets_) CW_TRY(make_stages(*state));
  return connection;
}

Result<duckdb::Rows> PostgresWarehouse::read(const std::string& sql,
                                             const postgres::Params& params) {
  const std::lock_guard lock(reader_.mutex);
  CW_ASSIGN(postgres::Connection* const connection, connect(reader_));
  return connection->query(sql, params);
}

Result<std::optional<duckdb::Schema>> PostgresWarehouse::columns(const std::string& table) {
  const std::lock_guard lock(reader_.mutex);
  CW_ASSIGN(postgres::Connection* const connection, connect(reader_));
  auto schema = connection->describe("SELECT * FROM " + duckdb::quote_table(table));
  if (schema.ok()) return std::optional(std::move(schema).value());
  if (is_missing(*connection)) return std::optional<duckdb::Schema>();
  return std::move(schema).error();
}

Result<std::map<std::string, std::string>> PostgresWarehouse::lanes(const std::string& pipeline,
                                                                    const std::string& source) {
  CW_ASSIGN(const duckdb::Rows rows,
            read("SELECT lane, position FROM clearwell.lanes WHERE pipeline = $1 AND source = $2",
                 {pipeline, source}));
  std::map<std::string, std::string> out;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      out.emplace(chunk.column(0).text(i), chunk.column(1).text(i));
    }
  }
  return out;
}

Result<std::vector<batch::FileMark>> PostgresWarehouse::marks(const std::string& pipeline,
                                                              const std::string& source) {
  CW_ASSIGN(const duckdb::Rows rows,
            read("SELECT mark FROM clearwell.files WHERE pipeline = $1 AND source = $2",
                 {pipeline, source}));
  std::vector<batch::FileMark> out;
  out.reserve(rows.size());
  for (const duckdb::Chunk& chunk : rows.chunks) {
    const duckdb::Column marks = chunk.column(0);
    for (size_t i = 0; i < chunk.rows(); ++i) {
      const std::string_view bytes = marks.text(i);
      CW_ASSERT(bytes.size() == sizeof(batch::FileMark));
      std::memcpy(out.emplace_back().data(), bytes.data(), bytes.size());
    }
  }
  return out;
}

Result<PipelineState> PostgresWarehouse::state(const std::string& pipeline) {
  CW_ASSIGN(const duckdb::Rows rows,
            read("SELECT read, loaded, superseded, duplicate, skipped, quarantined, parked, "
                 "discarded, clock_us FROM clearwell.counts WHERE pipeline = $1",
                 {pipeline}));
  PipelineState state;
  if (rows.size() > 0) {
    const auto at = [&](size_t i) { return integer_at(rows, i); };
    state.counts = {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
    state.clock = std::chrono::microseconds(at(8));
  }
  CW_ASSIGN(const duckdb::Rows bytes,
            read("SELECT coalesce(sum(octet_length(payload)), 0)::bigint FROM "
                 "clearwell.quarantine WHERE state IN ('open', 'resolved') AND pipeline = $1",
                 {pipeline}));
  state.quarantined_bytes = integer_at(bytes, 0);
  return state;
}

Result<duckdb::Rows> PostgresWarehouse::lookup(const Lookup& lookup) {
  CW_ASSIGN(const std::optional<duckdb::Schema> found, columns(lookup.table));
  const duckdb::Schema schema = found.value_or(duckdb::Schema{});
  std::string match, taken;
  for (const duckdb::ColumnSchema& column : schema) {
    if (column.name != lookup.column) continue;
    match = matches_text("t." + quote_name(column.name), column.type, "s.key");
  }
  if (match.empty()) {
    return fatal("there is no table " + lookup.table + " with a column " + lookup.column);
  }
  for (const std::string& name : lookup.take) taken += ", " + taken_column(schema, name);
  // No key of a table has a NUL byte.
  std::vector<std::string> keys;
  for (const std::string& key : lookup.keys) {
    if (key.find('\0') == std::string::npos) keys.push_back(key);
  }
  return read("SELECT s.key" + taken + " FROM unnest($1::text[]) s(key) JOIN " +
                  duckdb::quote_table(lookup.table) + " t ON " + match,
              {postgres::array_literal(keys)});
}

Result<std::string> PostgresWarehouse::claim(const std::string& pipeline) {
  return leases_.claim(pipeline);
}

Result<std::unique_ptr<Transaction>> PostgresWarehouse::begin() {
  auto transaction = std::make_unique<PostgresTransaction>(*this);
  CW_TRY(transaction->start());
  return std::unique_ptr<Transaction>(std::move(transaction));
}

// A cursor takes nothing but one SELECT.
Result<duckdb::Rows> PostgresWarehouse::query(const std::string& sql) {
  const std::lock_guard lock(asker_.mutex);
  CW_ASSIGN(postgres::Connection* const connection, connect(asker_));
  CW_TRY(connection->execute("BEGIN READ ONLY"));
  auto done = connection->execute("DECLARE clearwell_query NO SCROLL CURSOR FOR " + sql,
                                  postgres::Params{});
  Result<duckdb::Rows> rows = done.ok() ? connection->query("FETCH ALL FROM clearwell_query")
                                        : Result<duckdb::Rows>(std::move(done).error());
  connection->rollback();
  return rows;
}

Result<void> PostgresWarehouse::execute(const std::string& sql) {
  const std::lock_guard lock(writer_.mutex);
  CW_ASSIGN(postgres::Connection* const connection, connect_writer());
  CW_TRY(connection->begin());
  auto done = connection->execute(sql);
  if (done.ok()) return connection->commit();
  connection->rollback();
  return std::move(done).error();
}

Result<void> PostgresWarehouse::note_run(const RunNote& note) {
  const std::lock_guard lock(writer_.mutex);
  CW_ASSIGN(postgres::Connection* const connection, connect_writer());
  CW_TRY(connection->execute(
      "INSERT INTO clearwell.runs VALUES (nextval('clearwell.run_ids'), $1, $2, $3, $4, $5)",
      {note.pipeline, to_iso8601(note.began), to_iso8601(note.ended), note.outcome, note.message}));
  return {};
}

// "committed", "aborted", "in progress"; empty when the server cannot be asked, or knows it no
// more.
Result<std::string> PostgresWarehouse::status_of(const std::string& transaction,
                                                 const std::string& backend) {
  CW_ASSIGN(postgres::Connection* const connection, connect_writer());
  CW_ASSIGN(const duckdb::Rows rows,
            connection->query("SELECT txid_status($1::bigint)", {transaction}));
  const duckdb::Column text = rows.chunks.front().column(0);
  const std::string status(text.is_valid(0) ? text.text(0) : "");
  // Its session has not noticed yet that we are gone.
  if (status == "in progress") {
    CW_TRY(connection->query("SELECT pg_terminate_backend($1::integer)", {backend}));
  }
  return status;
}

Result<void> PostgresWarehouse::settle_commit(const std::string& transaction,
                                              const std::string& backend) {
  const auto end = Steady::now() + doubt;
  while (Steady::now() < end) {
    auto status = status_of(transaction, backend);
    if (status.ok() && *status == "committed") return {};
    if (status.ok() && *status == "aborted") {
      return retryable("the connection was lost during COMMIT; the server rolled back");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return fatal(
      "the connection was lost during COMMIT and the server did not come back to say whether it "
      "committed; start again: positions are read anew");
}

}  // namespace clearwell::warehouses
