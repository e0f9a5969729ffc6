#include "engine/gathering.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <unistd.h>

#include "base/cure.h"
#include "base/log.h"
#include "base/step.h"

namespace clearwell::engine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* folder_prefix = "clearwell-spill-";
// A folder that nobody holds is left over, unless it has just been made.
constexpr auto leftover_after = 60s;
// Rows of a result that are handed over at a time.
constexpr int64_t rows_at_once = 122'880;

fs::path spill_base() {
  if (const char* given = std::getenv("TMPDIR"); given != nullptr && *given != '\0') return given;
  return access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp";
}

// What runs that were killed have left.
void remove_leftovers(const fs::path& base) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(base, ignored)) {
    if (!entry.path().filename().string().starts_with(folder_prefix)) continue;
    const auto changed = entry.last_write_time(ignored);
    if (ignored || fs::file_time_type::clock::now() - changed < leftover_after) continue;
    Fd lock;
    if (lock_folder(entry.path(), 0ms, lock) == 0) fs::remove_all(entry.path(), ignored);
  }
}

std::string names_of(const duckdb::Schema& columns) {
  std::string out;
  for (const duckdb::ColumnSchema& column : columns) {
    out += (out.empty() ? "" : ", ") + duckdb::quote_name(column.name);
  }
  return out;
}

}  // namespace

bool loads_over_all(const std::vector<KindPlan>& kinds) {
  return std::any_of(kinds.begin(), kinds.end(),
                     [](const KindPlan& kind) { return !kind.gathers.empty(); });
}

Result<std::unique_ptr<Gathering>> Gathering::make(const std::vector<KindPlan>& kinds,
                                                   const config::Limits& limits) {
  std::unique_ptr<Gathering> gathering(new Gathering(kinds));
  CW_TRY(gathering->open(limits));
  return gathering;
}

Gathering::~Gathering() {
  tables_.clear();
  connection_.reset();
  database_.reset();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<void> Gathering::open(const config::Limits& limits) {
  CW_TRY(make_folder());
  duckdb::DatabaseOptions options;
  options.memory_limit = std::to_string(limits.memory >> 10) + "KiB";
  options.temp_directory = folder_;
  options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  CW_ASSIGN(database_, duckdb::Database::open(options));
  CW_ASSIGN(connection_, database_->connect());
  for (size_t kind = 0; kind < kinds_.size(); ++kind) {
    if (!kinds_[kind].gathers.empty()) CW_TRY(add_table(kind));
  }
  return {};
}

Result<void> Gathering::make_folder() {
  const fs::path base = spill_base();
  remove_leftovers(base);
  std::string name = base / (std::string(folder_prefix) + "XXXXXX");
  if (mkdtemp(name.data()) == nullptr) {
    return retryable(with_cure("no folder can be made in " + base.string() +
                               " for what does not fit into memory: " + errno_text(errno) +
                               "; set TMPDIR to one that can be written"));
  }
  folder_ = name;
  if (const int error = lock_folder(folder_, 0ms, lock_); error != 0) {
    log_warn("the folder " + folder_ + " cannot be locked: " + errno_text(error));
  }
  return {};
}

Result<void> Gathering::add_table(size_t kind) {
  const duckdb::Schema& gathers = kinds_[kind].gathers;
  const std::string name = "gathered" + std::to_string(kind);
  std::string columns;
  for (const duckdb::ColumnSchema& column : gathers) {
    columns += (columns.empty() ? "" : ", ") + duckdb::quote_name(column.name) + " " +
               duckdb::to_sql(column.type);
  }
  CW_TRY(connection_->execute("CREATE TABLE " + name + " (" + columns + ")"));
  duckdb::Schema batch = {{"_record", duckdb::simple(duckdb::TypeId::Integer)}};
  batch.insert(batch.end(), gathers.begin(), gathers.end());
  CW_ASSIGN(duckdb::Relation relation, connection_->add_relation("batch" + name, batch));
  const std::string insert =
      "INSERT INTO " + name + " SELECT " + names_of(gathers) + " FROM batch" + name;
  tables_.push_back({kind, name, std::move(relation), insert});
  return {};
}

Result<void> Gathering::add(const Judged& judged) {
  for (Table& table : tables_) {
    if (table.kind >= judged.shares.size()) continue;
    const duckdb::Rows& rows = judged.shares[table.kind].gathered;
    if (rows.chunks.empty()) continue;
    table.batch.set(&rows.chunks);
    auto done = connection_->execute(table.insert);
    table.batch.clear();
    if (!done.ok()) return std::move(done).error();
  }
  step("gather.added");
  return {};
}

Result<void> Gathering::run(const Take& take) {
  for (const Table& table : tables_) {
    const KindPlan& kind = kinds_[table.kind];
    for (size_t i = 0; i < kind.loads.size(); ++i) {
      if (!kind.loads[i].load->over_all) continue;
      CW_TRY(run(kind.loads[i], kind.targets[i], table, take));
      step("gather.loaded");
    }
  }
  return {};
}

Result<void> Gathering::run(const transform::LoadQuery& query, const warehouses::Target& target,
                            const Table& table, const Take& take) {
  CW_TRY(connection_->execute("CREATE OR REPLACE TEMP VIEW accepted AS SELECT " +
                              names_of(query.gathers) + " FROM " + table.name));
  auto made = connection_->execute("CREATE OR REPLACE TABLE result AS " + query.sql);
  if (!made.ok()) return std::move(made).error().context("load " + target.table);
  step("gather.computed");
  CW_TRY(hand_over(target, take));
  CW_TRY(connection_->execute("DROP TABLE result"));
  return {};
}

Result<void> Gathering::hand_over(const warehouses::Target& target, const Take& take) {
  for (int64_t first = 0;; first += rows_at_once) {
    warehouses::LoadRows load{&target, {}, {}, {}};
    CW_ASSIGN(load.rows,
              connection_->query("SELECT 0::BIGINT AS _record, * FROM result WHERE rowid >= " +
                                 std::to_string(first) + " AND rowid < " +
                                 std::to_string(first + rows_at_once)));
    if (load.rows.size() == 0) return {};
    CW_TRY(take(load));
  }
}

}  // namespace clearwell::engine
