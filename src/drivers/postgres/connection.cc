#include "drivers/postgres/connection.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <poll.h>

#include "drivers/postgres/binary.h"
#include "drivers/postgres/state.h"

namespace clearwell::postgres {
namespace {

using Clock = std::chrono::steady_clock;

// The server ends a statement itself after statement_timeout; when even that news does not come,
// the connection is dead.
constexpr std::chrono::milliseconds grace{30'000};

std::string without_newline(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text);
}

int poll_socket(PGconn* connection, short events, std::chrono::milliseconds timeout) {
  pollfd socket{PQsocket(connection), events, 0};
  return ::poll(&socket, 1, static_cast<int>(std::clamp<int64_t>(timeout.count(), 0, 60'000)));
}

// Runs libpq's state machine of a connection to its end.
bool connected(PGconn* connection, std::chrono::milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  auto wanted = PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK && wanted != PGRES_POLLING_FAILED) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return false;
    poll_socket(connection, wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, left);
    wanted = PQconnectPoll(connection);
  }
  return true;
}

std::string session_settings(const Options& options) {
  std::string sql = fmt::format(
      "SET client_min_messages = warning; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; "
      "SET IntervalStyle = 'postgres'; SET synchronous_commit = on; SET bytea_output = 'hex'; "
      "SET standard_conforming_strings = on; SET idle_in_transaction_session_timeout = '1h'; "
      // What the role, the database or the URL's options say of these two is meant.
      "SELECT set_config(name, value, false) FROM (VALUES ('statement_timeout', '{}'), "
      "('lock_timeout', '{}')) w(name, value) WHERE current_setting(name) = '0'",
      options.statement_timeout.count(), options.lock_timeout.count());
  if (!options.schema.empty()) {
    sql += "; SET search_path = " + duckdb::quote_name(options.schema) + ", public";
  }
  if (options.read_only) sql += "; SET default_transaction_read_only = on";
  return sql;
}

// Why no connection came about. libpq keeps no SQLSTATE of it, so its words must do.
Error not_connected(const std::string& message) {
  const auto says = [&message](const char* words) {
    return message.find(words) != std::string::npos;
  };
  const std::string text = "PostgreSQL: " + without_newline(message);
  const bool starting = says("starting up") || says("shutting down") || says("recovery mode");
  const bool refused = says("authentication failed") || says("no password supplied") ||
                       says("no pg_hba.conf entry") || says("is not permitted to log in") ||
                       says("permission denied") ||
                       (says("database \"") && says("does not exist")) ||
                       (says("role \"") && says("does not exist")) || says("invalid ");
  return refused && !starting ? config_error(text) : retryable(text);
}

}  // namespace

ErrorKind classify(const std::string& sqlstate) {
  const auto in = [&sqlstate](std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return sqlstate.starts_with(prefix); });
  };
  if (in({"08", "53", "57P", "57014", "58", "40", "55P03", "55006", "25P03", "25006", "XX"})) {
    return ErrorKind::Retryable;
  }
  if (in({"28", "3D", "42501"})) return ErrorKind::Config;
  return ErrorKind::Fatal;
}

bool is_refusal(const std::string& sqlstate) {
  const std::string_view kind = std::string_view(sqlstate).substr(0, 2);
  return kind == "22" || kind == "23" || kind == "44" || kind == "P0" || kind == "54";
}

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\\x";
  for (unsigned char byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string array_literal(std::span<const std::string> values) {
  std::string out = "{";
  for (const std::string& value : values) {
    out += out.size() > 1 ? ",\"" : "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out += '"';
  }
  return out + "}";
}

bool Connection::State::wait(bool also_write) const {
  const auto end = Clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return false;
    const short events = static_cast<short>(also_write ? POLLIN | POLLOUT : POLLIN);
    if (poll_socket(get(), events, left) != 0) return true;
  }
}

Error Connection::State::broken(const std::string& what) {
  sqlstate.clear();
  constraint.clear();
  failed = true;
  lost = PQstatus(get()) != CONNECTION_OK || lost;
  return retryable("PostgreSQL: " + without_newline(what));
}

Error Connection::State::failure(const PGresult* result) {
  const auto field = [result](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string(text == nullptr ? "" : text);
  };
  failed = true;
  sqlstate = field(PG_DIAG_SQLSTATE);
  constraint = field(PG_DIAG_CONSTRAINT_NAME);
  if (sqlstate.empty()) {
    lost = lost || PQstatus(get()) != CONNECTION_OK;
    return retryable("PostgreSQL: " + without_newline(PQresultErrorMessage(result)));
  }
  // Told by the server that it ends the session.
  lost = lost || PQstatus(get()) != CONNECTION_OK || sqlstate.starts_with("57P");
  std::string message = fmt::format("{} (SQLSTATE {})", field(PG_DIAG_MESSAGE_PRIMARY), sqlstate);
  constexpr int parts[] = {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT, PG_DIAG_CONTEXT};
  for (const int code : parts) {
    if (const std::string more = field(code); !more.empty()) message += "\n" + more;
  }
  return {classify(sqlstate), std::move(message)};
}

Result<void> Connection::State::flush() {
  for (;;) {
    const int left = PQflush(get());
    if (left == 0) return {};
    if (left < 0) return broken(PQerrorMessage(get()));
    if (!wait(true)) {
      lost = true;
      return broken("the server has not taken our data for too long");
    }
    if (PQconsumeInput(get()) == 0) return broken(PQerrorMessage(get()));
  }
}

Result<ResultPtr> Connection::State::next() {
  CW_TRY(flush());
  while (PQisBusy(get()) != 0) {
    if (!wait(false)) {
      lost = true;
      return broken("the server has not answered for too long");
    }
    if (PQconsumeInput(get()) == 0) return broken(PQerrorMessage(get()));
  }
  return ResultPtr(PQgetResult(get()));
}

Result<ResultPtr> Connection::State::last() {
  ResultPtr kept;
  std::optional<Error> error;
  for (;;) {
    CW_ASSIGN(ResultPtr result, next());
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      if (!error) error = failure(result.get());
    } else if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
      lost = true;
      return broken("COPY is not possible here");
    }
    kept = std::move(result);
  }
  if (error) return *std::move(error);
  if (kept == nullptr) return broken(PQerrorMessage(get()));
  return kept;
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const Options& options) {
  // What stands before dbname may be overridden by it.
  const std::array<const char*, 9> names = {"fallback_application_name",
                                            "keepalives_idle",
                                            "keepalives_interval",
                                            "keepalives_count",
                                            "tcp_user_timeout",
                                            "dbname",
                                            "client_encoding",
                                            nullptr,
                                            nullptr};
  const std::array<const char*, 9> values = {"clearwell",         "30",   "10",    "3",    "60000",
                                             options.url.c_str(), "UTF8", nullptr, nullptr};
  auto state = std::make_unique<State>();
  state->connection.reset(PQconnectStartParams(names.data(), values.data(), 1));
  if (state->get() == nullptr) return retryable("PostgreSQL: no memory for a connection");
  if (PQstatus(state->get()) == CONNECTION_BAD) return not_connected(PQerrorMessage(state->get()));
  if (!connected(state->get(), options.connect_timeout)) {
    return retryable("PostgreSQL: no connection within " +
                     std::to_string(options.connect_timeout.count() / 1000) + " s");
  }
  if (PQstatus(state->get()) != CONNECTION_OK) return not_connected(PQerrorMessage(state->get()));
  PQsetNoticeProcessor(state->get(), [](void*, const char*) {}, nullptr);
  PQsetnonblocking(state->get(), 1);
  state->patience =
      (options.statement_timeout.count() > 0 ? options.statement_timeout : std::chrono::hours(24)) +
      grace;
  Connection connection(std::move(state));
  CW_TRY(connection.execute(session_settings(options)));
  return connection;
}

Result<uint64_t> Connection::execute(const std::string& sql) {
  if (PQsendQuery(state_->get(), sql.c_str()) == 0) {
    return state_->broken(PQerrorMessage(state_->get()));
  }
  CW_ASSIGN(const ResultPtr result, state_->last());
  const std::string_view changed = PQcmdTuples(result.get());
  uint64_t rows = 0;
  std::from_chars(changed.data(), changed.data() + changed.size(), rows);
  return rows;
}

Result<void> Connection::begin() {
  state_->failed = false;
  CW_TRY(execute("BEGIN"));
  return {};
}

Result<void> Connection::commit() {
  const bool failed = state_->failed;
  auto done = execute(failed ? "ROLLBACK" : "COMMIT");
  if (!done.ok()) return std::move(done).error();
  if (failed) return fatal("a statement of the transaction failed, so it was rolled back");
  return {};
}

void Connection::rollback() {
  if (lost() || PQtransactionStatus(state_->get()) == PQTRANS_IDLE) return;
  // Whatever it answers: without a ROLLBACK the server rolls back when the connection ends.
  if (!execute("ROLLBACK").ok()) state_->lost = true;
}

Result<void> Connection::rollback_to(const std::string& savepoint) {
  CW_TRY(execute("ROLLBACK TO SAVEPOINT " + savepoint));
  state_->failed = false;
  return {};
}

const std::string& Connection::sqlstate() const { return state_->sqlstate; }
const std::string& Connection::constraint() const { return state_->constraint; }
bool Connection::lost() const { return state_->lost || PQstatus(state_->get()) != CONNECTION_OK; }
int Connection::server_version() const { return PQserverVersion(state_->get()); }

}  // namespace clearwell::postgres
