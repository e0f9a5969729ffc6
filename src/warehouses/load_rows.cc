#include "warehouses/load_rows.h"

#include <algorithm>
#include <numeric>

namespace clearwell::warehouses {

std::vector<uint32_t> records_of(const duckdb::Rows& rows) {
  std::vector<uint32_t> records;
  records.reserve(rows.size());
  for (const duckdb::Chunk& chunk : rows.chunks) {
    const auto* data = chunk.column(0).data<int64_t>();
    for (size_t row = 0; row < chunk.rows(); ++row) {
      records.push_back(static_cast<uint32_t>(data[row]));
    }
  }
  return records;
}

std::vector<size_t> shifted(const std::vector<size_t>& columns) {
  std::vector<size_t> out;
  for (size_t column : columns) out.push_back(column + 1);
  return out;
}

std::vector<size_t> all_columns(const Target& target) {
  std::vector<size_t> out(target.columns.size());
  std::iota(out.begin(), out.end(), size_t{1});
  return out;
}

namespace {

void add_deletions(const LoadRows& load, Incoming& rows) {
  if (load.deletes.empty()) return;
  for (size_t row = 0; row < rows.record.size(); ++row) {
    rows.deletes.push_back(load.deletes[rows.record[row]]);
    if (rows.deletes[row]) rows.content[row] = deletion_content;
  }
}

void add_cells(const LoadRows& load, Incoming& rows) {
  for (uint32_t record : rows.record) rows.fields.push_back(load.fields[record]);
  for (size_t column : all_columns(*load.target)) {
    rows.cells.push_back(batch::hash_rows(load.rows, std::span(&column, 1)));
  }
}

}  // namespace

void add_versions(const LoadRows& load, std::span<const std::string> orders,
                  std::vector<std::string> columns, Incoming& rows) {
  rows.content = batch::hash_rows(load.rows, all_columns(*load.target));
  rows.columns = std::move(columns);
  add_deletions(load, rows);
  if (rows.mode == config::LoadMode::Patch) add_cells(load, rows);
  rows.version = versions_of(load);
  for (size_t row = 0; row < rows.version.size(); ++row) {
    rows.tuple.push_back(
        encode_tuple(rows.version[row], orders[rows.record[row]], rows.content[row]));
  }
}

batch::RowHash row_name(uint32_t record, batch::RowHash key) {
  return {key.low ^ (record + uint64_t{1}) * 0x9E3779B97F4A7C15u, key.high};
}

void note_refused(const Incoming& rows, const Decision& decision,
                  const std::vector<Written>& written, RowNames& refused) {
  const auto is_written = [&](size_t row) {
    const Action action = decision.actions[row];
    return action == Action::Insert || action == Action::Replace || action == Action::Patch;
  };
  for (size_t row = 0; row < rows.record.size(); ++row) {
    if (is_written(row) || written[rows.record[row]] != Written::New) continue;
    refused.insert(row_name(rows.record[row], rows.key[row]));
  }
  if (refused.empty()) return;
  // The same key may stand twice in a record.
  for (size_t row = 0; row < rows.record.size(); ++row) {
    if (is_written(row)) refused.erase(row_name(rows.record[row], rows.key[row]));
  }
}

std::vector<bool> rows_taken(const LoadRows& load, const std::vector<Written>& written,
                             const RowNames& refused) {
  const Target& target = *load.target;
  const std::vector<uint32_t> records = records_of(load.rows);
  std::vector<bool> taken(records.size());
  for (size_t row = 0; row < taken.size(); ++row) {
    const Written outcome = written[records[row]];
    const bool deleted = outcome == Written::Deleted;
    const bool older = outcome == Written::Superseded || outcome == Written::Outrun || deleted;
    const bool deletes = deleted && !load.deletes.empty() && load.deletes[records[row]];
    taken[row] = outcome == Written::New || (target.history && older) || deletes;
  }
  if (refused.empty() || target.history || target.parent_key.empty()) return taken;
  const auto parents = batch::hash_rows(load.rows, shifted(target.parent_key));
  for (size_t row = 0; row < taken.size(); ++row) {
    taken[row] = taken[row] && !refused.contains(row_name(records[row], parents[row]));
  }
  return taken;
}

std::optional<Error> contradiction(const Target& target, const std::vector<Written>& outcome) {
  const auto has = [&](Written one) {
    return std::find(outcome.begin(), outcome.end(), one) != outcome.end();
  };
  if (has(Written::Conflict)) {
    return fatal("a row of the load into " + target.table +
                 " has the key of another row with other content");
  }
  if (has(Written::Missing)) return fatal(missing_row + target.table);
  return std::nullopt;
}

}  // namespace clearwell::warehouses
