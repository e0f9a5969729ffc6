// How rows get into tables: straight in while their keys are new, by look-up and decision when some
// are perhaps known.
#include <algorithm>
#include <bit>
#include <numeric>

#include "base/step.h"
#include "batch/row_hash.h"
#include "warehouses/duckdb/marks.h"
#include "warehouses/duckdb/transaction.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

using duckdb::Chunk;
using duckdb::Column;

// Keys for which the filter's memory is asked before they are looked at.
constexpr size_t ahead = 16;

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

Suspects find_suspects(const TargetState& state, const Incoming& rows) {
  Suspects out;
  out.rows = state.filter == nullptr ? repeated_in_record(rows, out.any)
                                     : perhaps_known(rows.key, *state.filter, out.any);
  return out;
}

// Only values can be refused; all else (a table that is gone, a full disk) is nobody's fault among
// the records, and may be mended.
Result<void> blame(Result<void> done) {
  if (done.ok() || done.error().kind != ErrorKind::Fatal) return done;
  const std::string& message = done.error().message;
  for (const char* refusal : {"Constraint Error: ", "Conversion Error: ", "Invalid Input Error: ",
                              "Out of Range Error: "}) {
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
  contradicted_ = false;
  return blame(write(state, load, orders, written));
}

void DuckdbTransaction::teach(const TargetState& state, const Incoming& rows,
                              const Decision* decision) {
  if (state.filter == nullptr) return;
  for (size_t row = 0; row < rows.key.size(); ++row) {
    if (row + ahead < rows.key.size()) state.filter->prefetch(rows.key[row + ahead].low);
    if (decision == nullptr || decision->actions[row] == Action::Insert) {
      state.filter->insert(rows.key[row].low);
    }
  }
}

Result<void> DuckdbTransaction::write(TargetState& state, const LoadRows& load,
                                      std::span<const std::string> orders,
                                      std::vector<Written>& written) {
  state.replaced_rows = false;
  if (load.rows.chunks.empty()) return {};
  Incoming rows;
  rows.mode = state.target.mode;
  rows.record = records_of(load.rows);
  if (state.target.mode == config::LoadMode::Append ||
      state.target.mode == config::LoadMode::Replace) {
    for (uint32_t record : rows.record) written[record] = Written::New;
    return insert_all(state, load);
  }
  rows.key = batch::hash_rows(load.rows, shifted(state.target.key));
  const Suspects suspects = find_suspects(state, rows);
  if (!state.versioned) return insert(state, load, rows, suspects, written);
  add_versions(load, orders, state.patched ? state.names : std::vector<std::string>(), rows);
  return write_versions(state, load, rows, suspects, written);
}

Result<void> DuckdbTransaction::insert(TargetState& state, const LoadRows& load, Incoming& rows,
                                       const Suspects& suspects, std::vector<Written>& written) {
  if (!suspects.any) {
    teach(state, rows, nullptr);
    for (uint32_t record : rows.record) written[record] = Written::New;
    return insert_all(state, load);
  }
  rows.content = batch::hash_rows(load.rows, all_columns(state.target));
  mark_suspects(state, load, suspects);
  CW_ASSIGN(const duckdb::Rows found, stored_rows(state, false));
  StoredContent stored;
  const auto keys = batch::hash_rows(found, state.target.key);
  std::vector<size_t> columns(state.target.columns.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  const auto contents = batch::hash_rows(found, columns);
  for (size_t i = 0; i < keys.size(); ++i) stored.emplace(keys[i], contents[i]);
  const Decision decision = decide_insert(rows, stored, written);
  if (&state == first_) note_refused(rows, decision, written, refused_);
  teach(state, rows, &decision);
  mark(state, load, decision);
  return insert_marked(state, "1");
}

void DuckdbTransaction::mark_suspects(TargetState& state, const LoadRows& load,
                                      const Suspects& suspects) {
  Marks marks{.actions = {}, .patched = state.patched};
  for (const bool suspect : suspects.rows) marks.actions.push_back(suspect ? look_up : 0);
  state.marked_chunks = marked(load.rows, marks);
}

void DuckdbTransaction::mark(TargetState& state, const LoadRows& load, const Decision& decision) {
  state.marked->clear();
  Marks marks{.actions = {},
              .versions = decision.tuples,
              .fields = decision.fields,
              .patches = decision.patches,
              .patched = state.patched};
  for (const Action action : decision.actions) {
    marks.actions.push_back(static_cast<int32_t>(action));
    if (action != Action::Patch) continue;
    marks.actions.back() += decision.turns[marks.actions.size() - 1] * next_turn;
  }
  state.marked_chunks = marked(load.rows, marks);
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

Result<void> DuckdbTransaction::insert_marked(TargetState& state, const std::string& actions) {
  std::string columns = state.column_list;
  if (state.versioned) columns += ", _version";
  state.marked->set(&state.marked_chunks);
  auto done = connection().execute("INSERT INTO " + state.table + " (" + columns + ") SELECT " +
                                   columns + " FROM " + duckdb::quote_name(state.marked->name()) +
                                   " WHERE _action IN (" + actions + ")");
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
  if (with_tuple) select += state.patched ? ", t._version, t._patches" : ", t._version, NULL::BLOB";
  state.marked->set(&state.marked_chunks);
  return connection().query(
      "SELECT " + select + " FROM " + state.table + " t SEMI JOIN (SELECT * FROM " +
      duckdb::quote_name(state.marked->name()) + " WHERE _action = 9) s ON " + state.key_match);
}

Result<void> DuckdbTransaction::write_next(const LoadRows& load,
                                           std::span<const std::string> orders,
                                           const std::vector<Written>& written) {
  auto done = write_next(state_of(*load.target), load, orders, written);
  return contradicted_ ? done : blame(std::move(done));
}

Result<void> DuckdbTransaction::write_next(TargetState& state, const LoadRows& load,
                                           std::span<const std::string> orders,
                                           const std::vector<Written>& written) {
  if (first_ != nullptr && first_->replaced_rows) CW_TRY(delete_children(state));
  if (load.rows.chunks.empty()) return {};
  const std::vector<bool> taken = rows_taken(load, written, refused_);
  const bool all = std::find(taken.begin(), taken.end(), false) == taken.end();
  if (all && state.target.mode == config::LoadMode::Append) return insert_all(state, load);
  // Rows of other records go no further: what is left is written like a first load, except that
  // its outcome says nothing of the record.
  LoadRows kept{load.target, {load.rows.schema, {}}, load.deletes, load.fields};
  if (all) {
    for (const Chunk& chunk : load.rows.chunks) {
      kept.rows.chunks.push_back(chunk.extend(load.rows.schema, {}));
    }
  } else {
    Marks marks{.actions = {taken.begin(), taken.end()}, .patched = state.patched};
    state.marked_chunks = marked(load.rows, marks);
    state.marked->set(&state.marked_chunks);
    CW_ASSIGN(kept.rows,
              connection().query("SELECT _record, " + state.column_list + " FROM " +
                                 duckdb::quote_name(state.marked->name()) + " WHERE _action = 1"));
  }
  std::vector<Written> outcome(written.size(), Written::Nothing);
  CW_TRY(write(state, kept, orders, outcome));
  auto error = contradiction(state.target, outcome);
  if (!error) return {};
  contradicted_ = true;
  return *std::move(error);
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
                              " AND s._action IN (2, 4)"));
  return {};
}

Result<std::vector<std::optional<std::string>>> DuckdbTransaction::known(const Target& target,
                                                                         const duckdb::Rows& keys) {
  TargetState& state = state_of(target);
  std::vector<std::optional<std::string>> out(keys.size());
  std::vector<size_t> columns(keys.schema.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  const auto hashes = batch::hash_rows(keys, columns);
  const auto perhaps = [&](size_t row) {
    return state.filter == nullptr || state.filter->may_contain(hashes[row].low);
  };
  Marks marks;
  for (size_t row = 0; row < hashes.size(); ++row) {
    marks.actions.push_back(perhaps(row) ? static_cast<int32_t>(row) : -1);
  }
  StoredVersions deleted;
  CW_TRY(find_deletions(state, hashes, deleted));
  for (size_t row = 0; row < hashes.size(); ++row) {
    const auto found = deleted.find(hashes[row]);
    if (found != deleted.end()) out[row] = found->second.tuple;
  }
  if (std::all_of(marks.actions.begin(), marks.actions.end(), [](int32_t at) { return at < 0; })) {
    return out;
  }
  const std::vector<Chunk> asked = marked(keys, marks);
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
