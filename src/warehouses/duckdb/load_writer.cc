// How rows get into tables: straight in while their keys are new, by look-up and decision when some
// are perhaps known.
#include <algorithm>
#include <bit>

#include "base/step.h"
#include "batch/row_hash.h"
#include "warehouses/duckdb/transaction.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

using duckdb::Chunk;
using duckdb::Column;

// In _action of marked rows, besides the values of Action: look its key up.
constexpr int32_t look_up = 9;
// Keys for which the filter's memory is asked before they are looked at.
constexpr size_t ahead = 16;

std::vector<uint32_t> records_of(const duckdb::Rows& rows) {
  std::vector<uint32_t> records;
  records.reserve(rows.size());
  for (const Chunk& chunk : rows.chunks) {
    const auto* data = chunk.column(0).data<int64_t>();
    for (size_t row = 0; row < chunk.rows(); ++row) {
      records.push_back(static_cast<uint32_t>(data[row]));
    }
  }
  return records;
}

// Indexes of the target's columns in rows that have _record in front.
std::vector<size_t> shifted(const std::vector<size_t>& columns) {
  std::vector<size_t> out;
  for (size_t column : columns) out.push_back(column + 1);
  return out;
}

std::vector<size_t> all_columns(const Target& target) {
  std::vector<size_t> out;
  for (size_t i = 0; i < target.columns.size(); ++i) out.push_back(i + 1);
  return out;
}

const duckdb::Schema& mark_columns() {
  static const duckdb::Schema schema = {{"_action", duckdb::simple(duckdb::TypeId::Int32)},
                                        {"_version", duckdb::simple(duckdb::TypeId::Blob)}};
  return schema;
}

// Copies of the chunks with action(row) and version(row) beside each row.
template <typename ActionOf, typename VersionOf>
std::vector<Chunk> marked(const duckdb::Rows& rows, ActionOf&& action, VersionOf&& version) {
  std::vector<Chunk> out;
  size_t base = 0;
  for (const Chunk& chunk : rows.chunks) {
    Chunk extended = chunk.extend(rows.schema, mark_columns());
    Column actions = extended.column(rows.schema.size());
    Column versions = extended.column(rows.schema.size() + 1);
    for (size_t row = 0; row < chunk.rows(); ++row) {
      actions.data<int32_t>()[row] = action(base + row);
      const std::string* bytes = version(base + row);
      if (bytes == nullptr) {
        versions.set_null(row);
      } else {
        versions.set_text_copy(row, *bytes);
      }
    }
    base += chunk.rows();
    out.push_back(std::move(extended));
  }
  return out;
}

bool contains(const std::vector<Action>& actions, Action action) {
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

const std::string* no_version(size_t) { return nullptr; }

// Rows whose key is repeated in the batch. A table of row numbers, open addressing, at most half
// full: of this size it is several times as fast as a map.
std::vector<bool> repeated(const std::vector<batch::RowHash>& keys, bool& any) {
  constexpr uint32_t none = UINT32_MAX;
  CW_ASSERT(keys.size() < none / 2);
  std::vector<bool> suspect(keys.size(), false);
  std::vector<uint32_t> first_row(std::bit_ceil(keys.size() * 2 + 1), none);
  const size_t mask = first_row.size() - 1;
  for (uint32_t row = 0; row < keys.size(); ++row) {
    size_t at = keys[row].low & mask;
    while (first_row[at] != none && keys[first_row[at]] != keys[row]) at = (at + 1) & mask;
    if (first_row[at] == none) {
      first_row[at] = row;
      continue;
    }
    suspect[row] = suspect[first_row[at]] = any = true;
  }
  return suspect;
}

// Rows whose key is in the filter, or repeated in the batch.
std::vector<bool> perhaps_known(const std::vector<batch::RowHash>& keys, const KeyFilter& filter,
                                bool& any) {
  std::vector<bool> suspect = repeated(keys, any);
  for (size_t row = 0; row < keys.size(); ++row) {
    if (row + ahead < keys.size()) filter.prefetch(keys[row + ahead].low);
    if (filter.may_contain(keys[row].low)) suspect[row] = any = true;
  }
  return suspect;
}

// The same where keys contain their record's own key, so that they can only repeat within it.
std::vector<bool> repeated_in_record(const Incoming& rows, bool& any) {
  // A UNION may hand over the rows of a record apart from each other.
  if (!std::is_sorted(rows.record.begin(), rows.record.end())) return repeated(rows.key, any);
  std::vector<bool> suspect(rows.key.size(), false);
  for (size_t begin = 0; begin < rows.key.size();) {
    size_t end = begin + 1;
    while (end < rows.key.size() && rows.record[end] == rows.record[begin]) ++end;
    // Short records, the common ones, are compared pair by pair.
    if (end - begin > 16) return repeated(rows.key, any);
    for (size_t row = begin + 1; row < end; ++row) {
      for (size_t other = begin; other < row; ++other) {
        if (rows.key[row] == rows.key[other]) suspect[row] = suspect[other] = any = true;
      }
    }
    begin = end;
  }
  return suspect;
}

std::vector<bool> find_suspects(const TargetState& state, const Incoming& rows, bool& any) {
  if (state.filter == nullptr) return repeated_in_record(rows, any);
  return perhaps_known(rows.key, *state.filter, any);
}

void teach(TargetState& state, const Incoming& rows, const Decision* decision) {
  if (state.filter == nullptr) return;
  for (size_t row = 0; row < rows.key.size(); ++row) {
    if (row + ahead < rows.key.size()) state.filter->prefetch(rows.key[row + ahead].low);
    if (decision == nullptr || decision->actions[row] == Action::Insert) {
      state.filter->insert(rows.key[row].low);
    }
  }
}

void append_versions(const LoadRows& load, std::span<const std::string> orders, Incoming& rows) {
  rows.version = versions_of(load);
  for (size_t row = 0; row < rows.version.size(); ++row) {
    rows.tuple.push_back(
        encode_tuple(rows.version[row], orders[rows.record[row]], rows.content[row]));
  }
}

// Names a row of the first load, and the rows of other loads that belong to it.
batch::RowHash row_name(uint32_t record, batch::RowHash key) {
  return {key.low ^ (record + uint64_t{1}) * 0x9E3779B97F4A7C15u, key.high};
}

// Only values can be refused; all else (a table that is gone, a full disk) is nobody's fault among
// the records, and may be mended.
Result<void> blame(Result<void> done) {
  if (done.ok() || done.error().kind != ErrorKind::Fatal) return done;
  const std::string& message = done.error().message;
  for (const char* refusal : {"Constraint Error: ", "Conversion Error: ", "Invalid Input Error: ",
                              "Out of Range Error: ", DuckdbTransaction::conflict}) {
    if (message.starts_with(refusal)) return done;
  }
  return retryable(message);
}

}  // namespace

Result<void> DuckdbTransaction::write_first(const LoadRows& load,
                                            std::span<const std::string> orders,
                                            std::vector<Written>& written) {
  TargetState& state = state_of(*load.target);
  first_ = &state;
  refused_.clear();
  return blame(write(state, load, orders, written));
}

// Rows of the first load that were not written although other rows of their record were: what
// belongs to them stays out as well.
void DuckdbTransaction::note_refused(const Incoming& rows, const Decision& decision,
                                     const std::vector<Written>& written) {
  for (size_t row = 0; row < rows.record.size(); ++row) {
    const Action action = decision.actions[row];
    if (action == Action::Insert || action == Action::Replace) continue;
    if (written[rows.record[row]] != Written::New) continue;
    refused_.insert(row_name(rows.record[row], rows.key[row]));
  }
  if (refused_.empty()) return;
  // The same key may stand twice in a record.
  for (size_t row = 0; row < rows.record.size(); ++row) {
    const Action action = decision.actions[row];
    if (action != Action::Insert && action != Action::Replace) continue;
    refused_.erase(row_name(rows.record[row], rows.key[row]));
  }
}

Result<void> DuckdbTransaction::write(TargetState& state, const LoadRows& load,
                                      std::span<const std::string> orders,
                                      std::vector<Written>& written) {
  state.replaced_rows = false;
  if (load.rows.chunks.empty()) return {};
  Incoming rows;
  rows.record = records_of(load.rows);
  if (state.target.mode == config::LoadMode::Append ||
      state.target.mode == config::LoadMode::Replace) {
    for (uint32_t record : rows.record) written[record] = Written::New;
    return insert_all(state, load);
  }
  rows.key = batch::hash_rows(load.rows, shifted(state.target.key));
  if (state.target.mode == config::LoadMode::Insert) return insert(state, load, rows, written);
  rows.content = batch::hash_rows(load.rows, all_columns(state.target));
  append_versions(load, orders, rows);
  return upsert(state, load, rows, written);
}

Result<void> DuckdbTransaction::insert(TargetState& state, const LoadRows& load, Incoming& rows,
                                       std::vector<Written>& written) {
  bool any = false;
  const std::vector<bool> suspect = find_suspects(state, rows, any);
  if (!any) {
    teach(state, rows, nullptr);
    for (uint32_t record : rows.record) written[record] = Written::New;
    return insert_all(state, load);
  }
  rows.content = batch::hash_rows(load.rows, all_columns(state.target));
  state.marked_chunks =
      marked(load.rows, [&](size_t row) { return suspect[row] ? look_up : 0; }, no_version);
  CW_ASSIGN(const duckdb::Rows found, stored_rows(state, false));
  StoredContent stored;
  const auto keys = batch::hash_rows(found, state.target.key);
  std::vector<size_t> columns(state.target.columns.size());
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = i;
  const auto contents = batch::hash_rows(found, columns);
  for (size_t i = 0; i < keys.size(); ++i) stored.emplace(keys[i], contents[i]);
  const Decision decision = decide_insert(rows, stored, written);
  if (&state == first_) note_refused(rows, decision, written);
  teach(state, rows, &decision);
  mark(state, load, decision);
  return insert_marked(state);
}

Result<void> DuckdbTransaction::upsert(TargetState& state, const LoadRows& load, Incoming& rows,
                                       std::vector<Written>& written) {
  bool any = false;
  const std::vector<bool> suspect = find_suspects(state, rows, any);
  StoredTuples stored;
  if (any) {
    state.marked_chunks =
        marked(load.rows, [&](size_t row) { return suspect[row] ? look_up : 0; }, no_version);
    CW_ASSIGN(const duckdb::Rows found, stored_rows(state, true));
    const auto keys = batch::hash_rows(found, state.target.key);
    size_t base = 0;
    for (const Chunk& chunk : found.chunks) {
      const Column tuples = chunk.column(state.target.columns.size());
      for (size_t row = 0; row < chunk.rows(); ++row) {
        // A row from before the table had versions is older than any.
        stored.emplace(keys[base + row], tuples.is_valid(row) ? tuples.text(row) : "");
      }
      base += chunk.rows();
    }
  }
  const Decision decision = decide_upsert(rows, stored, written);
  if (&state == first_) note_refused(rows, decision, written);
  teach(state, rows, &decision);
  state.replaced_rows = contains(decision.actions, Action::Replace);
  mark(state, load, decision);
  const std::string where = state.key_match + " AND s._action = ";
  if (state.replaced_rows) {
    CW_TRY(connection().execute("DELETE FROM " + state.table + " t USING " +
                                duckdb::quote_name(state.marked->name()) + " s WHERE " + where +
                                std::to_string(static_cast<int>(Action::Replace))));
    step("load.upsert_deleted");
  }
  if (contains(decision.actions, Action::Touch)) {
    CW_TRY(connection().execute("UPDATE " + state.table + " t SET _version = s._version FROM " +
                                duckdb::quote_name(state.marked->name()) + " s WHERE " + where +
                                std::to_string(static_cast<int>(Action::Touch))));
  }
  return insert_marked(state);
}

void DuckdbTransaction::mark(TargetState& state, const LoadRows& load, const Decision& decision) {
  state.marked->clear();
  state.marked_chunks = marked(
      load.rows, [&](size_t row) { return static_cast<int32_t>(decision.actions[row]); },
      [&](size_t row) -> const std::string* {
        return decision.tuples.empty() ? nullptr : &decision.tuples[row];
      });
  state.marked->set(&state.marked_chunks);
}

Result<void> DuckdbTransaction::insert_all(TargetState& state, const LoadRows& load) {
  state.plain->set(&load.rows.chunks);
  auto done =
      connection().execute("INSERT INTO " + state.table + " (" + state.column_list + ") SELECT " +
                           state.column_list + " FROM " + duckdb::quote_name(state.plain->name()));
  state.plain->clear();
  if (!done.ok()) return std::move(done).error();
  count_rows(state, *done);
  return {};
}

Result<void> DuckdbTransaction::insert_marked(TargetState& state) {
  std::string columns = state.column_list;
  if (state.versioned) columns += ", _version";
  state.marked->set(&state.marked_chunks);
  auto done = connection().execute("INSERT INTO " + state.table + " (" + columns + ") SELECT " +
                                   columns + " FROM " + duckdb::quote_name(state.marked->name()) +
                                   " WHERE _action IN (1, 2)");
  if (!done.ok()) return std::move(done).error();
  count_rows(state, *done);
  return {};
}

Result<duckdb::Rows> DuckdbTransaction::stored_rows(TargetState& state, bool with_tuple) {
  // Cast to the load's types, so that keys and contents hash alike on both sides.
  std::string select;
  for (const duckdb::ColumnSchema& column : state.target.columns) {
    select += (select.empty() ? "CAST(t." : ", CAST(t.") + duckdb::quote_name(column.name) +
              " AS " + duckdb::to_sql(column.type) + ") AS " + duckdb::quote_name(column.name);
  }
  if (with_tuple) select += ", t._version";
  state.marked->set(&state.marked_chunks);
  return connection().query(
      "SELECT " + select + " FROM " + state.table + " t SEMI JOIN (SELECT * FROM " +
      duckdb::quote_name(state.marked->name()) + " WHERE _action = 9) s ON " + state.key_match);
}

Result<void> DuckdbTransaction::write_next(const LoadRows& load,
                                           std::span<const std::string> orders,
                                           const std::vector<Written>& written) {
  TargetState& state = state_of(*load.target);
  return blame(write_next(state, load, orders, written));
}

// Which rows of a later load go with what the first one wrote.
std::vector<bool> DuckdbTransaction::rows_taken(const LoadRows& load,
                                                const std::vector<Written>& written) const {
  const Target& target = *load.target;
  const std::vector<uint32_t> records = records_of(load.rows);
  std::vector<bool> taken(records.size());
  for (size_t row = 0; row < taken.size(); ++row) {
    const Written outcome = written[records[row]];
    const bool older = outcome == Written::Superseded || outcome == Written::Outrun;
    taken[row] = outcome == Written::New || (target.history && older);
  }
  if (refused_.empty() || target.history || target.parent_key.empty()) return taken;
  const auto parents = batch::hash_rows(load.rows, shifted(target.parent_key));
  for (size_t row = 0; row < taken.size(); ++row) {
    taken[row] = taken[row] && !refused_.contains(row_name(records[row], parents[row]));
  }
  return taken;
}

Result<void> DuckdbTransaction::write_next(TargetState& state, const LoadRows& load,
                                           std::span<const std::string> orders,
                                           const std::vector<Written>& written) {
  if (first_ != nullptr && first_->replaced_rows) CW_TRY(delete_children(state));
  if (load.rows.chunks.empty()) return {};
  const std::vector<bool> taken = rows_taken(load, written);
  const bool all = std::find(taken.begin(), taken.end(), false) == taken.end();
  if (all && state.target.mode == config::LoadMode::Append) return insert_all(state, load);
  // Rows of other records go no further: what is left is written like a first load, except that
  // its outcome says nothing of the record.
  LoadRows kept{load.target, {load.rows.schema, {}}};
  if (all) {
    for (const Chunk& chunk : load.rows.chunks) {
      kept.rows.chunks.push_back(chunk.extend(load.rows.schema, {}));
    }
  } else {
    state.marked_chunks =
        marked(load.rows, [&](size_t row) { return taken[row] ? 1 : 0; }, no_version);
    state.marked->set(&state.marked_chunks);
    CW_ASSIGN(kept.rows,
              connection().query("SELECT _record, " + state.column_list + " FROM " +
                                 duckdb::quote_name(state.marked->name()) + " WHERE _action = 1"));
  }
  std::vector<Written> outcome(written.size(), Written::Nothing);
  CW_TRY(write(state, kept, orders, outcome));
  if (std::find(outcome.begin(), outcome.end(), Written::Conflict) != outcome.end()) {
    return fatal(std::string(conflict) + state.target.table +
                 " has the key of another row with other content");
  }
  return {};
}

Result<void> DuckdbTransaction::delete_children(const TargetState& child) {
  // History keeps what was replaced.
  if (child.target.parent_key.empty() || child.target.history) return {};
  std::string match;
  for (size_t i = 0; i < child.target.parent_key.size(); ++i) {
    match += (i == 0 ? "t." : " AND t.") +
             duckdb::quote_name(child.target.columns[child.target.parent_key[i]].name) + " = s." +
             duckdb::quote_name(first_->target.columns[first_->target.key[i]].name);
  }
  CW_TRY(connection().execute("DELETE FROM " + child.table + " t USING " +
                              duckdb::quote_name(first_->marked->name()) + " s WHERE " + match +
                              " AND s._action = 2"));
  return {};
}

Result<std::vector<std::optional<std::string>>> DuckdbTransaction::known(const Target& target,
                                                                         const duckdb::Rows& keys) {
  TargetState& state = state_of(target);
  std::vector<std::optional<std::string>> out(keys.size());
  std::vector<size_t> columns(keys.schema.size());
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = i;
  const auto hashes = batch::hash_rows(keys, columns);
  const auto perhaps = [&](size_t row) {
    return state.filter == nullptr || state.filter->may_contain(hashes[row].low);
  };
  bool any = false;
  for (size_t row = 0; row < hashes.size() && !any; ++row) any = perhaps(row);
  if (!any) return out;
  const std::vector<Chunk> asked = marked(
      keys, [&](size_t row) { return perhaps(row) ? static_cast<int32_t>(row) : -1; }, no_version);
  state.keys->set(&asked);
  auto found = connection().query(
      std::string("SELECT s._action, ") + (state.versioned ? "t._version" : "''::BLOB") + " FROM " +
      duckdb::quote_name(state.keys->name()) + " s JOIN " + state.table + " t ON " +
      state.key_match + " WHERE s._action >= 0");
  state.keys->clear();
  if (!found.ok()) return std::move(found).error();
  for (const Chunk& chunk : found->chunks) {
    const auto* rows = chunk.column(0).data<int32_t>();
    for (size_t i = 0; i < chunk.rows(); ++i) {
      const Column tuples = chunk.column(1);
      out[static_cast<size_t>(rows[i])] = tuples.is_valid(i) ? tuples.text(i) : "";
    }
  }
  return out;
}

}  // namespace clearwell::warehouses
