// Private state of Connection, and the waiting that its files share.
#pragma once

#include <memory>
#include <string>

#include <libpq-fe.h>

#include "drivers/postgres/connection.h"

namespace clearwell::postgres {

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, FreeResult>;

struct FreeConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

struct Connection::State {
  std::unique_ptr<PGconn, FreeConnection> connection;
  std::chrono::milliseconds patience{0};  // for an answer of the server
  std::string sqlstate, constraint;
  bool lost = false;
  bool failed = false;  // a statement failed inside the transaction

  PGconn* get() const { return connection.get(); }
  // Waits until the socket can be read (or also written); false if patience ran out.
  bool wait(bool also_write) const;
  // Sends what libpq holds back.
  Result<void> flush();
  // The next result, null when the statement is through.
  Result<ResultPtr> next();
  // Reads all results of a statement; the last one, or the first failure.
  Result<ResultPtr> last();
  // Notes a failure and makes an Error of it.
  Error failure(const PGresult* result);
  Error broken(const std::string& what);
};

}  // namespace clearwell::postgres
