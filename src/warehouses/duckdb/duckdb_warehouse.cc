#include "warehouses/duckdb/duckdb_warehouse.h"

#include <filesystem>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/cure.h"
#include "base/step.h"
#include "batch/row_hash.h"
#include "drivers/duckdb/row_writer.h"
#include "warehouses/duckdb/schema.h"
#include "warehouses/duckdb/slices.h"
#include "warehouses/duckdb/transaction.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

using duckdb::quote_name;
using duckdb::quote_text;
using duckdb::simple;
using duckdb::TypeId;

constexpr uint64_t checkpoint_margin = 4 << 20;
// Rows that fill a row group within one transaction go straight into the file; others are logged
// first, and written again by the checkpoint. With DuckDB's own 122,880 that would be most of them.
constexpr int64_t row_group_rows = 10 * 2048;

const duckdb::Schema lookup_schema = {{"key", simple(TypeId::Text)}};

int64_t first_integer(const duckdb::Rows& rows) {
  return rows.chunks.front().column(0).data<int64_t>()[0];
}

// A column of the table t, in a type that can be read.
std::string taken_column(const std::optional<duckdb::Schema>& schema, const std::string& name) {
  std::string column = "t." + quote_name(name);
  for (const duckdb::ColumnSchema& found : schema.value_or(duckdb::Schema{})) {
    if (found.name != name) continue;
    const duckdb::Type type =
        duckdb::stored_type(found.type).value_or(duckdb::simple(TypeId::Text));
    if (type != found.type) column = fmt::format("CAST({} AS {})", column, duckdb::to_sql(type));
  }
  return column;
}

}  // namespace

// Several loads of a pipeline may write one table, each with columns of its own.
std::string target_name(const Target& target) {
  std::string name = target.pipeline + '\n' + target.table + '\n';
  name += std::to_string(static_cast<int>(target.mode)) + (target.history ? "h" : "-") +
          (target.patched ? "p" : "-") + (target.deleted_from ? "d" : "-") +
          (target.first ? "1" : "n") + std::to_string(target.version);
  for (const duckdb::ColumnSchema& column : target.columns) {
    name += '\n' + column.name + ' ' + duckdb::to_sql(column.type);
  }
  for (const auto& columns : {target.key, target.parent_key}) {
    name += '\n';
    for (size_t column : columns) name += std::to_string(column) + ' ';
  }
  return name;
}

DuckdbWarehouse::DuckdbWarehouse(duckdb::Database database, duckdb::Connection writer,
                                 duckdb::Connection reader)
    : database_(std::move(database)), writer_(std::move(writer)), reader_(std::move(reader)) {}

Result<std::unique_ptr<Warehouse>> DuckdbWarehouse::open(const std::string& path,
                                                         const config::Limits& limits,
                                                         Access access) {
  duckdb::DatabaseOptions options;
  options.path = path;
  options.read_only = access == Access::ReadOnly;
  // Who only reads has no batches, and may want large results, which must fit.
  const int64_t memory = options.read_only ? limits.memory : limits.warehouse_memory;
  options.memory_limit = std::to_string(memory >> 10) + "KiB";
  options.row_group_rows = row_group_rows;
  CW_ASSIGN(duckdb::Database database, duckdb::Database::open(options));
  CW_ASSIGN(duckdb::Connection writer, database.connect());
  CW_ASSIGN(duckdb::Connection reader, database.connect());
  std::unique_ptr<DuckdbWarehouse> warehouse(
      new DuckdbWarehouse(std::move(database), std::move(writer), std::move(reader)));
  warehouse->path_ = path;
  if (access == Access::Write) {
    CW_TRY(ensure_schema(warehouse->writer_));
    CW_TRY(warehouse->register_relations());
    CW_TRY(warehouse->load_memory());
    step("warehouse.opened");
  }
  return std::unique_ptr<Warehouse>(std::move(warehouse));
}

Result<void> DuckdbWarehouse::register_relations() {
  CW_ASSIGN(quarantine_, writer_.add_relation("clearwell_new_quarantine", quarantine_schema()));
  CW_ASSIGN(parked_, writer_.add_relation("clearwell_new_parked", parked_schema()));
  CW_ASSIGN(waits_, writer_.add_relation("clearwell_new_waits", waits_schema()));
  CW_ASSIGN(files_, writer_.add_relation("clearwell_new_files", files_schema()));
  CW_ASSIGN(accepted_, writer_.add_relation("clearwell_accepted", accepted_schema()));
  CW_ASSIGN(deleted_, writer_.add_relation("clearwell_deleted", deleted_schema()));
  CW_ASSIGN(ids_, writer_.add_relation("clearwell_ids", {{"id", simple(TypeId::Integer)}}));
  CW_ASSIGN(lookup_, reader_.add_relation("clearwell_lookup", lookup_schema));
  return {};
}

Result<void> DuckdbWarehouse::load_memory() {
  CW_ASSIGN(
      const duckdb::Rows ids,
      writer_.query("SELECT greatest((SELECT coalesce(max(id), 0) FROM clearwell.quarantine), "
                    "(SELECT coalesce(max(id), 0) FROM clearwell.parked))::BIGINT"));
  next_id_ = first_integer(ids) + 1;
  CW_ASSIGN(const duckdb::Rows batches,
            writer_.query("SELECT coalesce(max(batch), 0)::BIGINT FROM clearwell.lanes"));
  next_batch_ = first_integer(batches) + 1;
  const auto learn = [this](const duckdb::Rows& open) {
    for (const duckdb::Chunk& chunk : open.chunks) {
      const duckdb::Column pipelines = chunk.column(0), entries = chunk.column(1);
      for (size_t i = 0; i < chunk.rows(); ++i) {
        const std::string_view entry = entries.text(i);
        open_entries_[std::string(pipelines.text(i))].insert(
            XXH3_64bits(entry.data(), entry.size()));
      }
    }
  };
  return for_each_slice(writer_, "pipeline, entry", "clearwell.quarantine", "state = 'open'",
                        learn);
}

Result<std::optional<duckdb::Schema>> DuckdbWarehouse::columns(const std::string& table) {
  const std::lock_guard lock(reading_);
  auto schema = reader_.describe("FROM " + duckdb::quote_table(table));
  if (schema.ok()) return std::optional(std::move(schema).value());
  if (schema.error().message.find("does not exist") != std::string::npos) {
    return std::optional<duckdb::Schema>();
  }
  return std::move(schema).error();
}

Result<std::map<std::string, std::string>> DuckdbWarehouse::lanes(const std::string& pipeline,
                                                                  const std::string& source) {
  CW_ASSIGN(const duckdb::Rows rows,
            read("SELECT lane, position FROM clearwell.lanes WHERE pipeline = " +
                 quote_text(pipeline) + " AND source = " + quote_text(source)));
  std::map<std::string, std::string> out;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      out.emplace(chunk.column(0).text(i), chunk.column(1).text(i));
    }
  }
  return out;
}

Result<std::vector<batch::FileMark>> DuckdbWarehouse::marks(const std::string& pipeline,
                                                            const std::string& source) {
  std::vector<batch::FileMark> out;
  const auto take = [&out](const duckdb::Rows& rows) {
    out.reserve(out.size() + rows.size());
    for (const duckdb::Chunk& chunk : rows.chunks) {
      const duckdb::Column marks = chunk.column(0);
      for (size_t i = 0; i < chunk.rows(); ++i) {
        const std::string_view bytes = marks.text(i);
        CW_ASSERT(bytes.size() == sizeof(batch::FileMark));
        std::memcpy(out.emplace_back().data(), bytes.data(), bytes.size());
      }
    }
  };
  const std::lock_guard lock(reading_);
  CW_TRY(for_each_slice(
      reader_, "mark", "clearwell.files",
      "pipeline = " + quote_text(pipeline) + " AND source = " + quote_text(source), take));
  return out;
}

Result<PipelineState> DuckdbWarehouse::read_state(duckdb::Connection& connection,
                                                  const std::string& pipeline) {
  CW_ASSIGN(const duckdb::Rows rows,
            connection.query("SELECT read, loaded, superseded, duplicate, skipped, quarantined, "
                             "parked, discarded, clock_us FROM clearwell.counts WHERE pipeline = " +
                             quote_text(pipeline)));
  PipelineState state;
  if (rows.size() == 0) return state;
  CW_ASSERT(rows.size() == 1);
  const auto at = [&](size_t i) { return rows.chunks.front().column(i).data<int64_t>()[0]; };
  state.counts = {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
  state.clock = std::chrono::microseconds(at(8));
  return state;
}

Result<PipelineState> DuckdbWarehouse::state(const std::string& pipeline) {
  const std::lock_guard lock(reading_);
  CW_ASSIGN(PipelineState state, read_state(reader_, pipeline));
  CW_ASSIGN(
      const duckdb::Rows bytes,
      reader_.query("SELECT coalesce(sum(octet_length(payload)), 0)::BIGINT FROM "
                    "clearwell.quarantine WHERE state IN ('open', 'resolved') AND pipeline = " +
                    quote_text(pipeline)));
  state.quarantined_bytes = first_integer(bytes);
  return state;
}

Result<duckdb::Rows> DuckdbWarehouse::lookup(const Lookup& lookup) {
  CW_ASSIGN(const std::optional<duckdb::Schema> schema, columns(lookup.table));
  const std::string table = duckdb::quote_table(lookup.table);
  std::string taken, type;
  for (const duckdb::ColumnSchema& column : schema.value_or(duckdb::Schema{})) {
    if (column.name == lookup.column) type = duckdb::to_sql(column.type);
  }
  for (const std::string& name : lookup.take) taken += ", " + taken_column(schema, name);
  if (type.empty()) {
    return fatal("there is no table " + lookup.table + " with a column " + lookup.column);
  }
  const std::lock_guard lock(reading_);
  duckdb::RowWriter keys(lookup_schema);
  for (const std::string& key : lookup.keys) keys.text(key);
  lookup_->set(&keys.finish());
  // The few keys are cast to the column's type, not the whole column to text.
  auto rows =
      reader_.query("SELECT s.key" + taken + " FROM clearwell_lookup s JOIN " + table + " t ON t." +
                    quote_name(lookup.column) + " = TRY_CAST(s.key AS " + type + ")");
  lookup_->clear();
  return rows;
}

Result<std::unique_ptr<Transaction>> DuckdbWarehouse::begin() {
  auto transaction = std::make_unique<DuckdbTransaction>(*this);
  CW_TRY(transaction->start());
  return std::unique_ptr<Transaction>(std::move(transaction));
}

Result<duckdb::Rows> DuckdbWarehouse::read(const std::string& sql) {
  const std::lock_guard lock(reading_);
  return reader_.query(sql);
}

Result<duckdb::Rows> DuckdbWarehouse::query(const std::string& sql) {
  CW_ASSIGN(duckdb::Connection connection, database_.connect());
  CW_TRY(connection.describe(sql));
  CW_TRY(connection.execute("BEGIN TRANSACTION READ ONLY"));
  return connection.query(sql);
}

Result<void> DuckdbWarehouse::execute(const std::string& sql) {
  const std::lock_guard lock(writing_);
  CW_TRY(writer_.begin());
  auto done = writer_.execute(sql);
  if (!done.ok()) {
    writer_.rollback();
    return std::move(done).error();
  }
  return writer_.commit();
}

// Nobody else writes, so the largest id is that of the last run.
Result<void> DuckdbWarehouse::note_run(const RunNote& note) {
  const auto time = [](Instant instant) {
    return quote_text(to_iso8601(instant)) + "::TIMESTAMPTZ, ";
  };
  return execute("INSERT INTO clearwell.runs SELECT coalesce(max(id), 0) + 1, " +
                 quote_text(note.pipeline) + ", " + time(note.began) + time(note.ended) +
                 quote_text(note.outcome) + ", " + quote_text(note.message) +
                 " FROM clearwell.runs");
}

// DuckDB gives a database up when a checkpoint fails, so one is only begun when there is room for
// the log's rows, in columns of whole blocks.
Result<void> DuckdbWarehouse::require_room() const {
  std::error_code ignored;
  const auto log = std::filesystem::file_size(path_ + ".wal", ignored);
  if (ignored) return {};
  const auto room = std::filesystem::space(path_, ignored).available;
  const auto needed = 2 * log + checkpoint_margin;
  if (ignored || room >= needed) return {};
  return retryable(
      with_cure(fmt::format("a checkpoint of {} needs {} MB, but {} MB are free: No space left on "
                            "device",
                            path_, needed >> 20, room >> 20)));
}

Result<void> DuckdbWarehouse::idle() {
  CW_TRY(require_room());
  const std::lock_guard lock(writing_);
  CW_TRY(writer_.execute("CHECKPOINT"));
  return {};
}

}  // namespace clearwell::warehouses
