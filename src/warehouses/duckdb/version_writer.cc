// Rows of tables that keep versions: what is known of their keys is looked up, all is decided at
// once, and the table changed in a few statements. Deletions are kept in clearwell.deletions.
#include <algorithm>

#include "base/step.h"
#include "drivers/duckdb/row_writer.h"
#include "warehouses/duckdb/marks.h"
#include "warehouses/duckdb/schema.h"
#include "warehouses/duckdb/transaction.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

using duckdb::Chunk;
using duckdb::Column;
using duckdb::quote_name;
using duckdb::quote_text;

bool contains(const Decision& decision, Action action) {
  return std::find(decision.actions.begin(), decision.actions.end(), action) !=
         decision.actions.end();
}

std::string is(Action action) { return " = " + std::to_string(static_cast<int>(action)); }

// "a = s.a, …"; where rows bring some columns only, "a = CASE …". The key stays as it is.
std::string assignments(const TargetState& state) {
  std::string out;
  for (size_t i = 0; i < state.target.columns.size(); ++i) {
    const auto& key = state.target.key;
    if (std::find(key.begin(), key.end(), i) != key.end()) continue;
    const std::string name = quote_name(state.target.columns[i].name);
    out += name + " = ";
    out += state.patched ? "CASE WHEN substr(s._fields, " + std::to_string(i + 1) +
                               ", 1) = '1' THEN s." + name + " ELSE t." + name + " END, "
                         : "s." + name + ", ";
  }
  return out;
}

}  // namespace

Result<void> DuckdbTransaction::write_versions(TargetState& state, const LoadRows& load,
                                               const Incoming& rows, const Suspects& suspects,
                                               std::vector<Written>& written) {
  StoredVersions stored;
  if (suspects.any) CW_TRY(find_versions(state, load, suspects, stored));
  CW_TRY(find_deletions(state, rows.key, stored));
  const Decision decision = decide_versions(rows, stored, written);
  if (&state == first_) note_refused(rows, decision, written, refused_);
  teach(state, rows, &decision);
  CW_TRY(apply(state, load, decision));
  return keep_deletions(state, decision);
}

Result<void> DuckdbTransaction::find_versions(TargetState& state, const LoadRows& load,
                                              const Suspects& suspects, StoredVersions& out) {
  mark_suspects(state, load, suspects);
  CW_ASSIGN(const duckdb::Rows found, stored_rows(state, true));
  const auto keys = batch::hash_rows(found, state.target.key);
  const size_t width = state.target.columns.size();
  size_t base = 0;
  for (const Chunk& chunk : found.chunks) {
    const Column tuples = chunk.column(width), patches = chunk.column(width + 1);
    const auto bytes = [](const Column& column, size_t row) {
      return column.is_valid(row) ? std::string(column.text(row)) : std::string();
    };
    for (size_t row = 0; row < chunk.rows(); ++row) {
      // A row from before the table had versions is older than any.
      out[keys[base + row]] = {bytes(tuples, row), bytes(patches, row), false};
    }
    base += chunk.rows();
  }
  return {};
}

Result<void> DuckdbTransaction::find_deletions(const TargetState& state,
                                               const std::vector<batch::RowHash>& keys,
                                               StoredVersions& out) {
  if (state.deletions == nullptr) return {};
  duckdb::RowWriter asked(deleted_schema());
  for (const batch::RowHash& key : keys) {
    if (!state.deletions->may_contain(key.low) || out.contains(key)) continue;
    asked.text(hash_bytes(key)).text(std::string_view());
  }
  if (asked.rows() == 0) return {};
  warehouse_.deleted_->set(&asked.finish());
  auto found = connection().query(
      "SELECT d.key, d.version FROM clearwell.deletions d SEMI JOIN clearwell_deleted a ON d.key = "
      "a.key WHERE d.table_name = " +
      quote_text(state.name));
  warehouse_.deleted_->clear();
  if (!found.ok()) return std::move(found).error();
  for (const Chunk& chunk : found->chunks) {
    for (size_t row = 0; row < chunk.rows(); ++row) {
      out[hash_of_bytes(chunk.column(0).text(row))] = {std::string(chunk.column(1).text(row)), "",
                                                       true};
    }
  }
  return {};
}

// Replaced rows are deleted and inserted, which is quicker than an UPDATE of whole rows, unless the
// table has more in them than the load brings.
Result<void> DuckdbTransaction::apply(TargetState& state, const LoadRows& load,
                                      const Decision& decision) {
  const bool replaces = contains(decision, Action::Replace);
  const bool deletes = contains(decision, Action::Delete);
  state.replaced_rows = replaces || deletes;
  mark(state, load, decision);
  const std::string from = " FROM " + quote_name(state.marked->name()) + " s WHERE " +
                           state.key_match + " AND s._action";
  const std::string versions =
      state.patched ? "_version = s._version, _patches = s._patches" : "_version = s._version";
  if (deletes || (replaces && !state.in_place)) {
    CW_TRY(connection().execute("DELETE FROM " + state.table + " t USING" +
                                from.substr(std::string(" FROM").size()) +
                                (state.in_place ? is(Action::Delete) : " IN (2, 4)")));
    step("load.upsert_deleted");
  }
  const auto update = [&](int32_t action) -> Result<void> {
    CW_ASSIGN(const uint64_t changed,
              connection().execute("UPDATE " + state.table + " t SET " + assignments(state) +
                                   versions + from + " = " + std::to_string(action)));
    count_rows(state, changed);
    return {};
  };
  if (replaces && state.in_place) CW_TRY(update(static_cast<int32_t>(Action::Replace)));
  if (contains(decision, Action::Patch)) {
    const int32_t last = *std::max_element(decision.turns.begin(), decision.turns.end());
    for (int32_t turn = 0; turn <= last; ++turn) {
      CW_TRY(update(static_cast<int32_t>(Action::Patch) + turn * next_turn));
    }
  }
  if (contains(decision, Action::Touch)) {
    CW_TRY(connection().execute("UPDATE " + state.table + " t SET " + versions + from +
                                is(Action::Touch)));
  }
  return insert_marked(state, state.in_place ? "1" : "1, 2");
}

Result<void> DuckdbTransaction::keep_deletions(const TargetState& state, const Decision& decision) {
  if (decision.buried.empty() && decision.raised.empty()) return {};
  CW_ASSERT(state.deletions != nullptr);
  duckdb::RowWriter rows(deleted_schema());
  for (const auto& [key, tuple] : decision.buried) {
    rows.text(hash_bytes(key)).text(tuple);
    state.deletions->insert(key.low);
  }
  for (const batch::RowHash& key : decision.raised) {
    rows.text(hash_bytes(key)).text(std::string_view());  // no deletion any more
  }
  warehouse_.deleted_->set(&rows.finish());
  const std::string name = quote_text(state.name);
  auto done = connection().execute(
      "DELETE FROM clearwell.deletions d USING clearwell_deleted a WHERE d.table_name = " + name +
      " AND d.key = a.key");
  if (done.ok()) {
    done = connection().execute("INSERT INTO clearwell.deletions SELECT " + name +
                                ", key, version FROM clearwell_deleted WHERE version <> ''::BLOB");
  }
  warehouse_.deleted_->clear();
  if (!done.ok()) return std::move(done).error();
  return {};
}

}  // namespace clearwell::warehouses
