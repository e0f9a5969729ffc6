// Private state of the classes of connection.h.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <duckdb.h>

#include "drivers/duckdb/connection.h"
#include "drivers/duckdb/internal.h"

namespace clearwell::duckdb {

struct Database::State {
  duckdb_database database = nullptr;
  std::string name;  // that the file is attached by; empty: all is in memory
  bool lock_down = true;
  bool configured = false;
  std::atomic<int> next_relation{0};

  ~State() {
    if (database != nullptr) duckdb_close(&database);
  }
};

struct Connection::State {
  std::shared_ptr<Database::State> database;
  duckdb_connection connection = nullptr;
  bool in_transaction = false;
  bool failed = false;  // a statement failed inside the transaction: it must not be committed

  ~State() {
    if (connection != nullptr) duckdb_disconnect(&connection);
  }
};

struct Relation::State {
  std::string name;
  Schema schema;
  const std::vector<Chunk>* chunks = nullptr;
};

}  // namespace clearwell::duckdb
