#include <cerrno>
#include <filesystem>

#include <duckdb.h>

#include "base/cure.h"
#include "base/file.h"
#include "drivers/duckdb/state.h"

namespace clearwell::duckdb {
namespace {

class Config {
 public:
  Config() {
    const bool made = duckdb_create_config(&config_) == DuckDBSuccess;
    CW_ASSERT(made);
  }
  ~Config() { duckdb_destroy_config(&config_); }
  void set(const char* name, const std::string& value) {
    const bool known = duckdb_set_config(config_, name, value.c_str()) == DuckDBSuccess;
    CW_ASSERT(known);
  }
  duckdb_config get() const { return config_; }

 private:
  duckdb_config config_ = nullptr;
};

Error open_error(const std::string& path, const std::string& message) {
  if (message.find("Conflicting lock") != std::string::npos) {
    return retryable("the warehouse file " + path + " is in use by another process: " + message);
  }
  return config_error("cannot open the warehouse file " + path + ": " + with_cure(message));
}

// DuckDB makes a missing file in several steps, one of which removes the log that lies there: that
// of another process which is a moment ahead, and with it what that one commits. So only one
// process at a time may find a file missing or empty; `lock` holds until the file is made.
Result<void> prepare_creation(const std::string& path, Fd& lock) {
  constexpr std::chrono::seconds wait(20);
  FileStat info;
  const auto to_make = [&] {
    return stat_path(path, info) == ENOENT || (info.regular && info.size == 0);
  };
  if (!to_make()) return {};
  const std::string folder = std::filesystem::path(path).parent_path();
  // Network file systems that cannot lock a folder must do without.
  if (lock_folder(folder.empty() ? "." : folder, wait, lock) == ETIMEDOUT) {
    return retryable("the warehouse file " + path + " is being made by another process");
  }
  // A process that was killed while it made the file leaves it empty, which DuckDB refuses.
  std::error_code ignored;
  if (to_make()) std::filesystem::remove(path, ignored);
  return {};
}

// What DuckDB would call the file, so that SQL may name it.
std::string name_of(const std::string& path) {
  const std::string stem = std::filesystem::path(path).stem();
  const bool reserved = stem.empty() || stem == "memory" || stem == "temp" || stem == "system";
  return reserved ? stem + "_db" : stem;
}

// The file is attached to a database in memory, for only so its row groups can be made smaller.
Result<void> attach(duckdb_database database, const DatabaseOptions& options,
                    const std::string& name) {
  std::string sql = "ATTACH " + quote_text(options.path) + " AS " + quote_name(name) + " (" +
                    (options.read_only ? "READ_ONLY" : "READ_WRITE");
  if (options.row_group_rows > 0) {
    sql += ", ROW_GROUP_SIZE " + std::to_string(options.row_group_rows);
  }
  // Columns may be packed with zstd; readers older than DuckDB 1.2 cannot open the file.
  if (!options.read_only) sql += ", STORAGE_VERSION 'v1.2.0'";
  sql += ")";
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database, &connection) == DuckDBError) return fatal("DuckDB: cannot connect");
  duckdb_result result;
  const bool done = duckdb_query(connection, sql.c_str(), &result) == DuckDBSuccess;
  const char* said = done ? nullptr : duckdb_result_error(&result);
  const std::string message = said == nullptr ? "unknown error" : said;
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  if (!done) return open_error(options.path, message);
  return {};
}

}  // namespace

Database::Database(std::shared_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const DatabaseOptions& options) {
  Config config;
  config.set("threads", std::to_string(options.threads));
  config.set("memory_limit", options.memory_limit);
  config.set("autoinstall_known_extensions", "false");
  config.set("autoload_known_extensions", "false");
  // A checkpoint in the middle of a load stalls commits by half a second (16 MB default);
  // the warehouse checkpoints when it is idle instead.
  config.set("checkpoint_threshold", "1GB");
  // Appends that go straight into the file are written a row group at a time, not five.
  config.set("write_buffer_row_group_count", "1");
  // A checkpoint joins neighbouring row groups that are not full by writing them again. A few each
  // time keep up with deletes; the default of 100 rewrites most of what a long load has written.
  config.set("max_vacuum_tasks", "4");
  const std::string spill =
      options.temp_directory.empty() ? options.path + ".tmp" : options.temp_directory;
  if (!options.path.empty() || !options.temp_directory.empty()) {
    config.set("temp_directory", spill);
  }
  auto state = std::make_shared<State>();
  char* message = nullptr;
  if (duckdb_open_ext(nullptr, &state->database, config.get(), &message) == DuckDBError) {
    std::string text = message == nullptr ? "unknown error" : message;
    duckdb_free(message);
    return open_error(options.path, text);
  }
  if (!options.path.empty()) {
    Fd lock;
    if (!options.read_only) CW_TRY(prepare_creation(options.path, lock));
    state->name = name_of(options.path);
    CW_TRY(attach(state->database, options, state->name));
  }
  state->lock_down = !options.external_access;
  return Database(std::move(state));
}

Result<Connection> Database::connect() {
  auto connection = std::make_unique<Connection::State>();
  connection->database = state_;
  if (duckdb_connect(state_->database, &connection->connection) == DuckDBError) {
    return fatal("DuckDB: cannot connect");
  }
  Connection out(std::move(connection));
  if (!state_->name.empty()) CW_TRY(out.execute("USE " + quote_name(state_->name)));
  if (!std::exchange(state_->configured, true)) {
    // Settings of the whole database, before users' SQL can run.
    CW_TRY(out.execute("SET GLOBAL TimeZone = 'UTC'"));
    CW_TRY(out.execute("SET GLOBAL disabled_optimizers = 'statistics_propagation'"));
    if (state_->lock_down) {
      CW_TRY(out.execute("SET GLOBAL enable_external_access = false"));
      CW_TRY(out.execute("SET GLOBAL lock_configuration = true"));
    }
  }
  return out;
}

}  // namespace clearwell::duckdb
