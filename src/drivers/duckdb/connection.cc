#include <duckdb.h>

#include "base/cure.h"
#include "drivers/duckdb/state.h"

namespace clearwell::duckdb {
namespace {

class QueryResult {
 public:
  ~QueryResult() { duckdb_destroy_result(&result_); }
  duckdb_result* get() { return &result_; }
  std::string message() {
    const char* text = duckdb_result_error(&result_);
    return text == nullptr ? "unknown error" : text;
  }

 private:
  duckdb_result result_{};
};

class Statements {
 public:
  ~Statements() { duckdb_destroy_extracted(&statements_); }
  duckdb_extracted_statements* get() { return &statements_; }

 private:
  duckdb_extracted_statements statements_ = nullptr;
};

class Prepared {
 public:
  ~Prepared() { duckdb_destroy_prepare(&statement_); }
  duckdb_prepared_statement* get() { return &statement_; }

 private:
  duckdb_prepared_statement statement_ = nullptr;
};

// Faults of the machine or of other transactions, which no record is to blame for.
bool is_retryable(duckdb_error_type type, const std::string& message) {
  switch (type) {
    case DUCKDB_ERROR_TRANSACTION:
      return message.find("onflict") != std::string::npos || is_of_files(message);
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return true;
    default:
      return is_of_files(message);
  }
}

Error to_error(QueryResult& result) {
  std::string message = result.message();
  const duckdb_error_type type = duckdb_result_error_type(result.get());
  if (type == DUCKDB_ERROR_INTERRUPT) return {ErrorKind::Stopped, "interrupted"};
  // After a checkpoint that failed DuckDB refuses everything; the file is whole.
  if (message.find("has been invalidated") != std::string::npos ||
      message.find("Failed to create checkpoint") != std::string::npos) {
    return fatal(with_cure(std::move(message)) +
                 "; nothing that was committed is lost: start clearwell again");
  }
  if (is_retryable(type, message)) return retryable(with_cure(std::move(message)));
  return fatal(std::move(message));
}

Rows fetch(duckdb_result& result) {
  Rows rows;
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
    LogicalType type(duckdb_column_logical_type(&result, i));
    rows.schema.push_back({duckdb_column_name(&result, i), from_logical(type.get())});
  }
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
    Chunk owned = Chunk::adopt(chunk);
    if (owned.rows() > 0) rows.chunks.push_back(std::move(owned));
  }
  return rows;
}

// First cell of a one-cell text result.
Result<std::string> text_of(Result<Rows> rows) {
  if (!rows.ok()) return std::move(rows).error();
  if (rows->size() != 1) return fatal("expected one row");
  return std::string(rows->chunks.front().column(0).text(0));
}

}  // namespace

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Rows> Connection::query(const std::string& sql) {
  QueryResult result;
  if (duckdb_query(state_->connection, sql.c_str(), result.get()) == DuckDBError) {
    state_->failed = true;
    return to_error(result);
  }
  return fetch(*result.get());
}

Result<uint64_t> Connection::execute(const std::string& sql) {
  QueryResult result;
  if (duckdb_query(state_->connection, sql.c_str(), result.get()) == DuckDBError) {
    state_->failed = true;
    return to_error(result);
  }
  return static_cast<uint64_t>(duckdb_rows_changed(result.get()));
}

Result<void> Connection::begin() {
  CW_ASSERT(!state_->in_transaction);
  CW_TRY(execute("BEGIN TRANSACTION"));
  state_->in_transaction = true;
  state_->failed = false;
  return {};
}

Result<void> Connection::commit() {
  CW_ASSERT(state_->in_transaction);
  if (state_->failed) {
    rollback();
    return fatal("a statement of the transaction had failed; rolled back");
  }
  auto done = execute("COMMIT");
  if (!done.ok()) {
    rollback();
    return std::move(done).error();
  }
  state_->in_transaction = false;
  return {};
}

void Connection::rollback() {
  if (!state_->in_transaction) return;
  state_->in_transaction = false;
  // After a failed COMMIT there may be no transaction left to roll back; both ends are the same.
  auto ignored = execute("ROLLBACK");
  static_cast<void>(ignored.ok());
}

Result<Schema> Connection::describe(const std::string& select) {
  Statements statements;
  const idx_t count =
      duckdb_extract_statements(state_->connection, select.c_str(), statements.get());
  if (count != 1) {
    const char* text = duckdb_extract_statements_error(*statements.get());
    return config_error(text != nullptr ? text : "expected exactly one SELECT");
  }
  Prepared prepared;
  if (duckdb_prepare_extracted_statement(state_->connection, *statements.get(), 0,
                                         prepared.get()) == DuckDBError) {
    return config_error(duckdb_prepare_error(*prepared.get()));
  }
  if (duckdb_prepared_statement_type(*prepared.get()) != DUCKDB_STATEMENT_TYPE_SELECT) {
    return config_error("expected a SELECT");
  }
  Schema schema;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(*prepared.get()); ++i) {
    const char* name = duckdb_prepared_statement_column_name(*prepared.get(), i);
    LogicalType type(duckdb_prepared_statement_column_logical_type(*prepared.get(), i));
    schema.push_back({name, from_logical(type.get())});
    duckdb_free(const_cast<char*>(name));
  }
  return schema;
}

Result<std::string> Connection::parse(const std::string& sql) {
  return text_of(query("SELECT json_serialize_sql(" + quote_text(sql) + ")::VARCHAR"));
}

Result<std::string> Connection::unparse(const std::string& tree) {
  return text_of(query("SELECT json_deserialize_sql(" + quote_text(tree) + "::JSON)"));
}

void Connection::interrupt() { duckdb_interrupt(state_->connection); }

}  // namespace clearwell::duckdb
