// Connection: RAII over libpq, the only door to it. Every wait has an end, sessions are UTC and
// commit synchronously, results come in binary and become rows in DuckDB's memory layout.
//
// A failed statement gives an Error whose first line is PostgreSQL's message with its SQLSTATE in
// brackets; `sqlstate()` keeps the code. Kinds (classify):
//   Retryable  the server cannot at present: connection, shutdown, deadlock, serialisation, locks,
//              time-outs, resources
//   Config     who may not, or what is not there to connect to: password, database, permission
//   Fatal      all else; is_refusal() tells those that are about values
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/duckdb/column.h"
#include "drivers/postgres/types.h"

namespace clearwell::postgres {

struct Options {
  // A URI (postgres://…) or "name=value …", as libpq takes it; PG* variables, service and password
  // files fill what it leaves out.
  std::string url;
  // Where unqualified names are looked for, before public; empty: as the server says.
  std::string schema = {};
  bool read_only = false;
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds statement_timeout{600'000};  // 0: none
  std::chrono::milliseconds lock_timeout{30'000};
};

// A value of a parameterised statement, as text; none: NULL.
using Params = std::vector<std::optional<std::string>>;

// Rows of one COPY: those of `rows` whose numbers `order` lists, in its order.
struct CopyRows {
  const duckdb::Rows& rows;
  std::vector<size_t> columns;    // of rows.schema, in the order of the statement's columns
  std::span<const size_t> order;  // row numbers
  // More fields behind the columns, where not empty, by row number of `rows`.
  std::span<const int32_t> actions = {};
  std::span<const std::string> versions = {};  // bytea
  std::span<const std::string> fields = {};    // text
  std::span<const std::string> patches = {};   // bytea
  bool numbered = false;                       // one more in front: the row's number, a bigint
};

ErrorKind classify(const std::string& sqlstate);
// Does the code blame the values of a row (constraint, range, trigger)? Then the row is at fault;
// any other failure is nobody's among the records.
bool is_refusal(const std::string& sqlstate);

// "\\x616b": bytes as a parameter.
std::string hex(std::string_view bytes);
// "{a,b}": a parameter of an array type.
std::string array_literal(std::span<const std::string> values);

class Connection {
 public:
  static Result<Connection> open(const Options& options);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // One statement; several are an error. At most 2^31 bytes of parameters.
  Result<duckdb::Rows> query(const std::string& sql, const Params& params = {});
  // How many rows it changed.
  Result<uint64_t> execute(const std::string& sql, const Params& params);
  // One or more statements; the rows that the last one changed.
  Result<uint64_t> execute(const std::string& sql);
  // The columns of a statement's result, without running it.
  Result<duckdb::Schema> describe(const std::string& select);
  // COPY `into` FROM STDIN, binary; `into` is a quoted table with its column list. How many rows.
  Result<uint64_t> copy(const std::string& into, const CopyRows& rows);

  Result<void> begin();
  // An Error if the transaction had failed. Retryable with lost() set if nobody knows: settle it
  // with txid_status().
  Result<void> commit();
  void rollback();  // harmless outside a transaction
  // Undoes what came after the savepoint, a failure included.
  Result<void> rollback_to(const std::string& savepoint);

  // Of the last failed statement; empty if it did not come from the server.
  const std::string& sqlstate() const;
  // The name of the constraint that the last failed statement violated; or empty.
  const std::string& constraint() const;
  bool lost() const;           // the connection is gone; open another one
  int server_version() const;  // 150018

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace clearwell::postgres
