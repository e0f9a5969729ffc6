// Database, Connection and Relation: RAII over DuckDB's C API; the only door to it.
//
// Every connection is opened with TimeZone UTC and without the optimiser rule that makes prepared
// plans answer wrongly once their tables have grown (statistics_propagation, duckdb#23704). We plan
// each statement anew: a plan costs 0.2 ms, a stale one may cost the truth.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/duckdb/column.h"
#include "drivers/duckdb/types.h"

namespace clearwell::duckdb {

struct DatabaseOptions {
  std::string path;  // empty: in memory
  std::string memory_limit = "512MB";
  std::string temp_directory;  // where it spills; empty: DuckDB's default beside the file
  int threads = 1;
  // Rows in a row group of what is written from now on (a multiple of 2048); 0: DuckDB's 122,880.
  int64_t row_group_rows = 0;
  bool read_only = false;
  bool external_access = false;  // may SQL read and write files? Off wherever users' SQL runs.
};

class Connection;

class Database {
 public:
  struct State;

  // Error kinds: Retryable if another process holds the file, else Config.
  static Result<Database> open(const DatabaseOptions& options);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // One connection for each thread that uses the database.
  Result<Connection> connect();

 private:
  friend class Connection;
  explicit Database(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// A named set of rows that SQL can read as often as it likes, without a copy: `FROM name`.
// The schema is fixed when it is made; the rows are changed between statements, never during one.
// One relation belongs to one connection at a time.
class Relation {
 public:
  struct State;

  const Schema& schema() const;
  // Borrows: the chunks (and the bytes that their strings point to) must outlive every statement
  // that reads them.
  void set(const std::vector<Chunk>* chunks);
  void clear() { set(nullptr); }
  const std::string& name() const;

 private:
  friend class Connection;
  std::shared_ptr<State> state_;
};

class Connection {
 public:
  struct State;

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // Runs one or more statements separated by ';' and returns the rows of the last one.
  // A failed statement gives Fatal with DuckDB's message, Retryable for a write conflict or a full
  // disk.
  Result<Rows> query(const std::string& sql);
  // The same without fetching rows: returns how many rows were changed.
  Result<uint64_t> execute(const std::string& sql);

  // Transactions. commit() of a transaction in which a statement failed is an error (DuckDB itself
  // would answer "done" and have rolled back).
  Result<void> begin();
  Result<void> commit();
  void rollback();  // harmless outside a transaction

  // Makes `FROM "name"` read the relation, on this database, for as long as the relation's handle
  // and this connection live. `name` may be "schema.name".
  Result<Relation> add_relation(const std::string& name, const Schema& schema);

  // Schema of a SELECT's result, without running it. Config error with DuckDB's message otherwise.
  Result<Schema> describe(const std::string& select);
  // DuckDB's parse tree of the statements as JSON (json_serialize_sql), and back.
  Result<std::string> parse(const std::string& sql);
  Result<std::string> unparse(const std::string& tree);

  // Ends a running query from another thread within about 1 ms.
  void interrupt();

 private:
  friend class Database;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace clearwell::duckdb
