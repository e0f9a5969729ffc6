// Target tables: made, checked against their loads, and their keys learnt.
#include <algorithm>

#include "base/step.h"
#include "batch/row_hash.h"
#include "warehouses/duckdb/duckdb_warehouse.h"
#include "warehouses/duckdb/marks.h"
#include "warehouses/duckdb/slices.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

using duckdb::ColumnSchema;
using duckdb::quote_name;
using duckdb::to_sql;

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

const ColumnSchema* find(const duckdb::Schema& schema, const std::string& name) {
  for (const ColumnSchema& column : schema) {
    if (same_name(column.name, name)) return &column;
  }
  return nullptr;
}

std::string match_columns(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out += (out.empty() ? "t." : " AND t.") + quote_name(name) + " = s." + quote_name(name);
  }
  return out;
}

std::string lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return name;
}

std::string create_table(const TargetState& state) {
  std::string sql = "CREATE TABLE " + state.table + " (";
  for (size_t i = 0; i < state.target.columns.size(); ++i) {
    const ColumnSchema& column = state.target.columns[i];
    sql += (i == 0 ? "" : ", ") + quote_name(column.name) + " " + to_sql(column.type);
    const auto& key = state.target.key;
    if (std::find(key.begin(), key.end(), i) != key.end()) sql += " NOT NULL";
  }
  if (state.versioned) sql += ", _version BLOB";
  return sql + (state.patched ? ", _patches BLOB)" : ")");
}

// Does the key contain all columns of the first load's key?
bool contains_parent(const Target& target) {
  return !target.parent_key.empty() &&
         std::all_of(target.parent_key.begin(), target.parent_key.end(), [&](size_t column) {
           return std::find(target.key.begin(), target.key.end(), column) != target.key.end();
         });
}

}  // namespace

Result<void> DuckdbWarehouse::prepare(const Target& target) {
  auto state = std::make_unique<TargetState>();
  state->target = target;
  state->table = duckdb::quote_table(target.table);
  state->name = lower(target.table);
  if (state->name.starts_with("main.")) state->name.erase(0, 5);
  state->versioned = config::keeps_versions(target.mode);
  state->patched = state->versioned && target.patched;
  state->in_place = config::needs_row(target.mode) || state->patched;
  std::vector<std::string> key_names;
  duckdb::Schema keys;
  for (size_t column : target.key) {
    key_names.push_back(target.columns[column].name);
    keys.push_back(target.columns[column]);
  }
  for (const ColumnSchema& column : target.columns) {
    state->column_list += (state->column_list.empty() ? "" : ", ") + quote_name(column.name);
    state->names.push_back(lower(column.name));
  }
  state->key_match = match_columns(key_names);
  CW_TRY(create_or_check(*state));

  const std::lock_guard lock(writing_);
  const std::string name = "clearwell_load_" + std::to_string(next_target_++);
  duckdb::Schema plain = {{"_record", duckdb::simple(duckdb::TypeId::Integer)}};
  plain.insert(plain.end(), target.columns.begin(), target.columns.end());
  CW_ASSIGN(state->plain, writer_.add_relation(name, plain));
  const duckdb::Schema &marks = mark_columns(state->patched), &key_marks = mark_columns(false);
  plain.insert(plain.end(), marks.begin(), marks.end());
  CW_ASSIGN(state->marked, writer_.add_relation(name + "_marked", plain));
  keys.insert(keys.end(), key_marks.begin(), key_marks.end());
  CW_ASSIGN(state->keys, writer_.add_relation(name + "_keys", keys));
  if (state->versioned) CW_TRY(learn_deletions(*state));
  // A superseded version may come again, so history always looks; and what is updated or deleted
  // was written by somebody else.
  const bool others = target.history || state->in_place || target.deleted_from;
  const bool own_keys = contains_parent(target) && !others;
  if (!target.key.empty() && !own_keys) CW_TRY(teach_filter(*state));
  targets_[target_name(target)] = std::move(state);
  return {};
}

Result<void> DuckdbWarehouse::create_or_check(TargetState& state) {
  CW_ASSIGN(const std::optional<duckdb::Schema> found, columns(state.target.table));
  if (found) return check_columns(state, *found);
  const size_t dot = state.target.table.find('.');
  if (dot != std::string::npos) {
    CW_TRY(execute("CREATE SCHEMA IF NOT EXISTS " + quote_name(state.target.table.substr(0, dot))));
  }
  CW_TRY(execute(create_table(state)));
  // Those of a table of that name that is gone.
  CW_TRY(execute("DELETE FROM clearwell.deletions WHERE table_name = " +
                 duckdb::quote_text(state.name)));
  step("warehouse.table_made");
  return {};
}

Result<void> DuckdbWarehouse::check_columns(TargetState& state, const duckdb::Schema& found) {
  for (const ColumnSchema& column : state.target.columns) {
    const ColumnSchema* there = find(found, column.name);
    if (there == nullptr) {
      CW_TRY(execute("ALTER TABLE " + state.table + " ADD COLUMN " + quote_name(column.name) + " " +
                     to_sql(column.type)));
    } else if (to_sql(there->type) != to_sql(column.type)) {
      return config_error("table " + state.target.table + ": column " + column.name + " is " +
                          to_sql(there->type) + ", but the load makes " + to_sql(column.type) +
                          " of it: cast it in the load's SELECT, or change the table");
    }
  }
  if (!state.versioned) return {};
  for (const ColumnSchema& column : found) {
    const bool ours = same_name(column.name, "_version") || same_name(column.name, "_patches");
    if (!ours && find(state.target.columns, column.name) == nullptr) state.in_place = true;
  }
  return check_version_columns(state, found);
}

Result<void> DuckdbWarehouse::check_version_columns(TargetState& state,
                                                    const duckdb::Schema& found) {
  const std::string& table = state.target.table;
  if (find(found, "_version") == nullptr) {
    return config_error("table " + table + " has no column _version, which mode " +
                        config::mode_name(state.target.mode) + " keeps versions in: ALTER TABLE " +
                        table + " ADD COLUMN _version BLOB");
  }
  if (find(found, "_patches") != nullptr) {
    state.patched = state.in_place = true;
  } else if (state.patched) {
    CW_TRY(execute("ALTER TABLE " + state.table + " ADD COLUMN _patches BLOB"));
  }
  return {};
}

// Nothing is kept of a table from which nobody deletes.
Result<void> DuckdbWarehouse::learn_deletions(TargetState& state) {
  const auto known = deletions_.find(state.name);
  if (known != deletions_.end()) {
    state.deletions = known->second;
    return {};
  }
  auto filter = std::make_shared<KeyFilter>();
  const auto learn = [&filter](const duckdb::Rows& keys) {
    for (const duckdb::Chunk& chunk : keys.chunks) {
      for (size_t i = 0; i < chunk.rows(); ++i) {
        filter->insert(hash_of_bytes(chunk.column(0).text(i)).low);
      }
    }
  };
  CW_TRY(for_each_slice(writer_, "key", "clearwell.deletions",
                        "table_name = " + duckdb::quote_text(state.name), learn));
  if (filter->size() == 0 && !state.target.deleted_from) return {};
  state.deletions = deletions_[state.name] = std::move(filter);
  return {};
}

Result<void> DuckdbWarehouse::teach_filter(TargetState& state) {
  std::shared_ptr<KeyFilter>& filter = filters_[state.table];
  state.filter = filter;
  if (filter != nullptr) return {};
  filter = std::make_shared<KeyFilter>();
  state.filter = filter;
  std::string select;
  std::vector<size_t> columns;
  for (size_t column : state.target.key) {
    const ColumnSchema& key = state.target.columns[column];
    select += (select.empty() ? "CAST(" : ", CAST(") + quote_name(key.name) + " AS " +
              to_sql(key.type) + ")";
    columns.push_back(columns.size());
  }
  CW_ASSIGN(const duckdb::Rows rows, writer_.query("SELECT count(*)::BIGINT FROM " + state.table));
  filter->reserve(static_cast<size_t>(rows.chunks.front().column(0).data<int64_t>()[0]));
  return for_each_slice(writer_, select, state.table, "true", [&](const duckdb::Rows& keys) {
    constexpr size_t ahead = 16;  // keys for which memory is asked before they are taught
    const std::vector<batch::RowHash> hashes = batch::hash_rows(keys, columns);
    for (size_t row = 0; row < hashes.size(); ++row) {
      if (row + ahead < hashes.size()) filter->prefetch(hashes[row + ahead].low);
      filter->insert(hashes[row].low);
    }
  });
}

}  // namespace clearwell::warehouses
