#include "warehouses/postgres/leases.h"

#include <random>

#include "base/log.h"
#include "base/process_identity.h"
#include "base/step.h"
#include "base/time.h"

namespace clearwell::warehouses {
namespace {

using namespace std::chrono_literals;

constexpr auto renew_every = 2s;
constexpr const char* void_after = "interval '10 seconds'";

int64_t random_number() {
  std::random_device random;
  return static_cast<int64_t>((uint64_t{random()} << 31 ^ random()) >> 1 | 1);
}

// A lease must not wait long: it is asked for again.
postgres::Options impatient(postgres::Options options) {
  options.connect_timeout = 3s;
  options.statement_timeout = 5s;
  options.lock_timeout = 1s;
  return options;
}

}  // namespace

struct Leases::Row {
  int64_t epoch = 0, instance = 0;
  std::string owner, process;
  bool expired = false;
};

Leases::Leases(postgres::Options options)
    : options_(impatient(std::move(options))), instance_(random_number()) {}

Leases::~Leases() {
  {
    const std::lock_guard lock(state_);
    closing_ = true;
  }
  closed_.notify_all();
  if (renewer_.joinable()) renewer_.join();
  if (epochs_.empty()) return;
  const std::lock_guard lock(connecting_);
  // If this fails, the next one waits until the lease is void or sees that we have ended.
  if (!connect().ok()) return;
  auto given_back = connection_->execute(
      "UPDATE clearwell.leases SET instance = 0 WHERE instance = $1", {std::to_string(instance_)});
  if (!given_back.ok()) log_info("leases were not given back: " + given_back.error().message);
}

Result<void> Leases::connect() {
  if (connection_ != nullptr && !connection_->lost()) return {};
  connection_.reset();
  CW_ASSIGN(postgres::Connection connection, postgres::Connection::open(options_));
  connection_ = std::make_unique<postgres::Connection>(std::move(connection));
  return {};
}

Result<void> Leases::mark(postgres::Connection& writer) const {
  CW_TRY(writer.execute("SELECT pg_advisory_lock_shared($1)", {std::to_string(instance_)}));
  return {};
}

Result<std::string> Leases::claim(const std::string& pipeline) {
  {
    const std::lock_guard lock(state_);
    if (epochs_.contains(pipeline)) return std::string();
  }
  const std::lock_guard lock(connecting_);
  CW_TRY(connect());
  return take(pipeline);
}

bool Leases::is_ours(const std::string& pipeline) const {
  const std::lock_guard lock(state_);
  return epochs_.contains(pipeline);
}

Result<Leases::Row> Leases::read(const std::string& pipeline) {
  CW_ASSIGN(const duckdb::Rows rows,
            connection_->query(std::string("SELECT epoch, instance, owner, process, renewed_at < "
                                           "clock_timestamp() - ") +
                                   void_after + " FROM clearwell.leases WHERE pipeline = $1",
                               {pipeline}));
  Row row;
  if (rows.size() == 0) return row;
  const duckdb::Chunk& chunk = rows.chunks.front();
  row.epoch = chunk.column(0).data<int64_t>()[0];
  row.instance = chunk.column(1).data<int64_t>()[0];
  row.owner = chunk.column(2).text(0);
  row.process = chunk.column(3).text(0);
  row.expired = chunk.column(4).data<uint8_t>()[0] != 0;
  return row;
}

// A COMMIT of the holder that is under way keeps the row for a moment: then the lease is asked for
// again. So does one that was stopped between its look at the lease and its COMMIT; once the lease
// is void, its session is ended.
Result<std::string> Leases::take(const std::string& pipeline) {
  CW_TRY(connection_->execute(
      "INSERT INTO clearwell.leases VALUES ($1, 0, 'another process', '', 0, clock_timestamp()) ON "
      "CONFLICT (pipeline) DO NOTHING",
      {pipeline}));
  CW_ASSIGN(const Row found, read(pipeline));
  // Ours: it was taken by a statement that had no answer.
  const bool free = found.instance == 0 || found.instance == instance_;
  if (!free && !found.expired && !has_ended(found.process)) return found.owner;
  if (!free) end_sessions(found.instance);
  auto taken = connection_->execute(
      "UPDATE clearwell.leases SET epoch = epoch + 1, owner = $2, process = $3, instance = $4, "
      "renewed_at = clock_timestamp() WHERE pipeline = $1 AND epoch = $5 AND instance = $6 AND "
      "($7 OR renewed_at < clock_timestamp() - " +
          std::string(void_after) + ")",
      {pipeline, process_name(), process_identity(), std::to_string(instance_),
       std::to_string(found.epoch), std::to_string(found.instance),
       free || has_ended(found.process) ? "true" : "false"});
  // The row is kept by a COMMIT under way, or somebody was faster.
  const bool busy = taken.ok() ? *taken != 1 : connection_->sqlstate() == "55P03";
  if (busy) return found.owner;
  if (!taken.ok()) return std::move(taken).error();
  step("postgres.claimed");
  const std::lock_guard lock(state_);
  epochs_[pipeline] = found.epoch + 1;
  if (!renewer_.joinable()) renewer_ = std::thread([this] { renew_all(); });
  return std::string();
}

// pg_locks shows the key of an advisory lock in two halves.
void Leases::end_sessions(int64_t instance) {
  const std::string holders =
      "FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND database = (SELECT oid FROM "
      "pg_database WHERE datname = current_database()) AND classid::bigint = $1::bigint >> 32 AND "
      "objid::bigint = ($1::bigint & 4294967295)";
  const postgres::Params key = {std::to_string(instance)};
  auto ended = connection_->query("SELECT pg_terminate_backend(pid) " + holders, key);
  const auto until = Steady::now() + 2s;
  while (ended.ok() && Steady::now() < until) {
    const auto left = connection_->query("SELECT pid " + holders, key);
    if (!left.ok() || left->size() == 0) return;
    std::this_thread::sleep_for(20ms);
  }
  if (!ended.ok()) {
    log_warn("the sessions of the process that had the lease before could not be ended: " +
             ended.error().message);
  }
}

void Leases::renew_all() {
  std::unique_lock lock(state_);
  while (!closed_.wait_for(lock, renew_every, [this] { return closing_; })) {
    lock.unlock();
    renew();
    lock.lock();
  }
}

void Leases::renew() {
  const std::lock_guard lock(connecting_);
  if (!connect().ok()) return;
  auto rows = connection_->query(
      "UPDATE clearwell.leases SET renewed_at = clock_timestamp() WHERE instance = $1 RETURNING "
      "pipeline",
      {std::to_string(instance_)});
  if (!rows.ok()) return log_debug("leases were not renewed: " + rows.error().message);
  std::set<std::string> kept;
  for (const duckdb::Chunk& chunk : rows->chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) kept.emplace(chunk.column(0).text(i));
  }
  std::map<std::string, int64_t> ours;
  {
    const std::lock_guard state(state_);
    ours = epochs_;
  }
  for (const auto& [pipeline, epoch] : ours) {
    if (kept.contains(pipeline)) continue;
    const auto row = read(pipeline);
    if (row.ok()) static_cast<void>(lost(pipeline, row->owner));
  }
}

Error Leases::lost(const std::string& pipeline, const std::string& holder) {
  const std::string message = "pipeline " + pipeline + " has been taken over by " + holder +
                              " while this one gave no sign of life; it commits nothing more";
  const std::lock_guard lock(state_);
  if (lost_.empty()) lost_ = message;
  return fatal(message);
}

Result<void> Leases::look(const std::string& pipeline) {
  const std::lock_guard lock(connecting_);
  CW_TRY(connect());
  CW_ASSIGN(const Row row, read(pipeline));
  {
    const std::lock_guard state(state_);
    const auto ours = epochs_.find(pipeline);
    if (ours == epochs_.end() || ours->second == row.epoch) return {};
  }
  return lost(pipeline, row.owner);
}

Result<void> Leases::check(postgres::Connection& writer, const std::set<std::string>& pipelines) {
  std::map<std::string, int64_t> ours;
  {
    const std::lock_guard lock(state_);
    ours = epochs_;
  }
  for (const std::string& pipeline : pipelines) {
    const auto found = ours.find(pipeline);
    if (found == ours.end()) continue;
    CW_ASSIGN(const duckdb::Rows held,
              writer.query("SELECT 1 FROM clearwell.leases WHERE pipeline = $1 AND epoch = $2 FOR "
                           "SHARE",
                           {pipeline, std::to_string(found->second)}));
    if (held.size() == 1) continue;
    CW_ASSIGN(const duckdb::Rows now,
              writer.query("SELECT owner FROM clearwell.leases WHERE pipeline = $1", {pipeline}));
    return lost(pipeline, now.size() == 0 ? "another process"
                                          : std::string(now.chunks.front().column(0).text(0)));
  }
  return {};
}

Result<void> Leases::still_ours() const {
  const std::lock_guard lock(state_);
  if (lost_.empty()) return {};
  return fatal(lost_);
}

}  // namespace clearwell::warehouses
