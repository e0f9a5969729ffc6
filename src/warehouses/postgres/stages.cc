// What of a load is in its table already, and changes to rows that are: by temporary tables of the
// session, filled by COPY. Deletions are kept in clearwell.deletions.
#include <algorithm>
#include <numeric>

#include "warehouses/postgres/transaction.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

// Patches that are written one after another: added to Action::Patch for each turn.
constexpr int32_t next_turn = 16;

std::string staged_as(Action action) {
  return " AND s._action = " + std::to_string(static_cast<int>(action));
}

size_t count_of(const Decision& decision, Action action) {
  return static_cast<size_t>(std::count(decision.actions.begin(), decision.actions.end(), action));
}

// "a = s.a, …"; where rows bring some columns only, "a = CASE …". The key stays as it is.
std::string assignments(const PostgresTarget& state) {
  std::string out;
  for (size_t i = 0; i < state.names.size(); ++i) {
    const auto& key = state.target.key;
    if (std::find(key.begin(), key.end(), i) != key.end()) continue;
    const std::string& name = state.names[i];
    out.append(name).append(" = ");
    if (state.patched) {
      out.append("CASE WHEN substr(s._fields, ").append(std::to_string(i + 1));
      out.append(", 1) = '1' THEN s.").append(name).append(" ELSE t.").append(name).append(" END");
    } else {
      out.append("s.").append(name);
    }
    out += ", ";
  }
  return out;
}

// Values of json (not jsonb) have no equality; nobody but users makes such columns.
std::string same_content(const PostgresTarget& state) {
  std::string out;
  for (const std::string& name : state.names) {
    out += out.empty() ? "t." : " AND t.";
    out.append(name).append(" IS NOT DISTINCT FROM s.").append(name);
  }
  return out;
}

}  // namespace

Result<std::vector<PostgresTransaction::Stored>> PostgresTransaction::find_stored(
    const PostgresTarget& state, const duckdb::Rows& rows, const std::vector<size_t>& key_columns) {
  Order order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  CW_TRY(connection().execute("DELETE FROM " + state.keys_stage));
  CW_TRY(connection().copy(
      state.keys_stage, {.rows = rows, .columns = key_columns, .order = order, .numbered = true}));
  CW_ASSIGN(const duckdb::Rows found,
            connection().query(
                std::string("SELECT s._row, ") + (state.versioned ? "t._version" : "''::bytea") +
                (state.patched ? ", t._patches" : ", NULL::bytea") + " FROM " + state.keys_stage +
                " s JOIN " + state.table + " t ON " + state.key_match));
  std::vector<Stored> out;
  for (const duckdb::Chunk& chunk : found.chunks) {
    const auto bytes = [&](size_t column, size_t i) {
      const duckdb::Column values = chunk.column(column);
      return values.is_valid(i) ? std::string(values.text(i)) : std::string();
    };
    for (size_t i = 0; i < chunk.rows(); ++i) {
      // A row from before the table had versions is older than any.
      const auto row = static_cast<size_t>(chunk.column(0).data<int64_t>()[i]);
      out.push_back({row, bytes(1, i), bytes(2, i)});
    }
  }
  return out;
}

// Contents are compared by the database, in its own types: jsonb and numeric come back spelt
// otherwise than they went in.
Result<StoredContent> PostgresTransaction::compare_stored(const PostgresTarget& state,
                                                          const LoadRows& load, Incoming& rows,
                                                          const std::vector<Stored>& stored) {
  StoredContent out;
  if (stored.empty()) return out;
  Order order;
  for (const Stored& one : stored) order.push_back(one.row);
  const std::vector<int32_t> actions(rows.record.size(), 0);
  CW_TRY(connection().execute("DELETE FROM " + state.rows_stage));
  CW_TRY(connection().copy(state.rows_stage + " (_row, " + state.column_list + ", _action)",
                           {.rows = load.rows,
                            .columns = all_columns(*load.target),
                            .order = order,
                            .actions = actions,
                            .numbered = true}));
  CW_ASSIGN(const duckdb::Rows found,
            connection().query("SELECT s._row, bool_or(" + same_content(state) + ") FROM " +
                               state.rows_stage + " s JOIN " + state.table + " t ON " +
                               state.key_match + " GROUP BY 1 ORDER BY 1"));
  for (const duckdb::Chunk& chunk : found.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      const auto row = static_cast<size_t>(chunk.column(0).data<int64_t>()[i]);
      const bool same = chunk.column(1).is_valid(i) && chunk.column(1).data<uint8_t>()[i] != 0;
      batch::RowHash& content = rows.content[row];
      // Some content that no row of the batch has, until one turns out to be the same.
      const batch::RowHash other{~content.low, ~content.high};
      const auto [place, is_new] = out.try_emplace(rows.key[row], same ? content : other);
      if (!is_new && same) place->second = content;
    }
  }
  return out;
}

Result<void> PostgresTransaction::stage_changes(const PostgresTarget& state, const LoadRows& load,
                                                const Decision& decision) {
  Order order;
  std::vector<int32_t> actions;
  for (size_t row = 0; row < decision.actions.size(); ++row) {
    const Action action = decision.actions[row];
    actions.push_back(static_cast<int32_t>(action));
    if (action == Action::Patch) actions.back() += decision.turns[row] * next_turn;
    if (action != Action::None && action != Action::Insert) order.push_back(row);
  }
  if (order.empty()) return {};
  CW_TRY(connection().execute("DELETE FROM " + state.rows_stage));
  CW_TRY(connection().copy(state.rows_stage, {.rows = load.rows,
                                              .columns = all_columns(*load.target),
                                              .order = order,
                                              .actions = actions,
                                              .versions = decision.tuples,
                                              .fields = decision.fields,
                                              .patches = decision.patches,
                                              .numbered = true}));
  return {};
}

Result<void> PostgresTransaction::change_stored(PostgresTarget& state, const LoadRows& load,
                                                const Decision& decision) {
  const size_t replaced = count_of(decision, Action::Replace);
  const size_t deleted = count_of(decision, Action::Delete);
  state.replaced_rows = replaced + deleted > 0;
  CW_TRY(stage_changes(state, load, decision));
  const std::string table = state.table + " t ", where = " WHERE " + state.key_match;
  const std::string versions = state.patched
                                   ? "_version = s._version, _patches = nullif(s._patches, '')"
                                   : "_version = s._version";
  const std::string from = " FROM " + state.rows_stage + " s" + where;
  if (deleted > 0) {
    CW_TRY(connection().execute("DELETE FROM " + table + "USING " + state.rows_stage + " s" +
                                where + staged_as(Action::Delete)));
  }
  const auto update = [&](int32_t action) -> Result<void> {
    CW_ASSIGN(const uint64_t changed,
              connection().execute("UPDATE " + table + "SET " + assignments(state) + versions +
                                   from + " AND s._action = " + std::to_string(action)));
    return count_rows(state, changed);
  };
  if (replaced > 0) CW_TRY(update(static_cast<int32_t>(Action::Replace)));
  if (count_of(decision, Action::Patch) > 0) {
    const int32_t last = *std::max_element(decision.turns.begin(), decision.turns.end());
    for (int32_t turn = 0; turn <= last; ++turn) {
      CW_TRY(update(static_cast<int32_t>(Action::Patch) + turn * next_turn));
    }
  }
  if (count_of(decision, Action::Touch) > 0) {
    CW_TRY(connection().execute("UPDATE " + table + "SET " + versions + from +
                                staged_as(Action::Touch)));
  }
  return {};
}

Result<void> PostgresTransaction::find_deletions(const PostgresTarget& state,
                                                 const std::vector<batch::RowHash>& keys,
                                                 StoredVersions& out) {
  if (!state.deletions) return {};
  std::vector<std::string> asked;
  for (const batch::RowHash& key : keys) asked.push_back(postgres::hex(hash_bytes(key)));
  CW_ASSIGN(const duckdb::Rows found,
            connection().query("SELECT key, version FROM clearwell.deletions WHERE table_name = $1 "
                               "AND key = ANY ($2::bytea[])",
                               {state.name, postgres::array_literal(asked)}));
  for (const duckdb::Chunk& chunk : found.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      out[hash_of_bytes(chunk.column(0).text(i))] = {std::string(chunk.column(1).text(i)), "",
                                                     true};
    }
  }
  return {};
}

Result<void> PostgresTransaction::keep_deletions(const PostgresTarget& state,
                                                 const Decision& decision) {
  std::vector<std::string> keys, versions, raised;
  for (const auto& [key, tuple] : decision.buried) {
    keys.push_back(postgres::hex(hash_bytes(key)));
    versions.push_back(postgres::hex(tuple));
  }
  for (const batch::RowHash& key : decision.raised) {
    raised.push_back(postgres::hex(hash_bytes(key)));
  }
  if (!keys.empty()) {
    CW_TRY(connection().execute(
        "INSERT INTO clearwell.deletions SELECT $1, d.key, d.version FROM unnest($2::bytea[], "
        "$3::bytea[]) d(key, version) ON CONFLICT (table_name, key) DO UPDATE SET version = "
        "EXCLUDED.version",
        {state.name, postgres::array_literal(keys), postgres::array_literal(versions)}));
  }
  if (raised.empty()) return {};
  CW_TRY(connection().execute(
      "DELETE FROM clearwell.deletions WHERE table_name = $1 AND key = ANY ($2::bytea[])",
      {state.name, postgres::array_literal(raised)}));
  return {};
}

Result<void> PostgresTransaction::delete_children(const PostgresTarget& child) {
  // History keeps what was replaced.
  if (child.target.parent_key.empty() || child.target.history) return {};
  std::string match;
  for (size_t i = 0; i < child.target.parent_key.size(); ++i) {
    match += (i == 0 ? "t." : " AND t.") + child.names[child.target.parent_key[i]] + " = s." +
             first_->names[first_->target.key[i]];
  }
  CW_TRY(connection().execute("DELETE FROM " + child.table + " t USING " + first_->rows_stage +
                              " s WHERE " + match + " AND s._action IN (2, 4)"));
  return {};
}

Result<std::vector<std::optional<std::string>>> PostgresTransaction::known(
    const Target& target, const duckdb::Rows& keys) {
  std::vector<std::optional<std::string>> out(keys.size());
  if (out.empty()) return out;
  std::vector<size_t> columns(keys.schema.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  const PostgresTarget& state = state_of(target);
  StoredVersions deleted;
  const std::vector<batch::RowHash> hashes = batch::hash_rows(keys, columns);
  CW_TRY(find_deletions(state, hashes, deleted));
  for (size_t row = 0; row < hashes.size(); ++row) {
    const auto gone = deleted.find(hashes[row]);
    if (gone != deleted.end()) out[row] = gone->second.tuple;
  }
  CW_ASSIGN(std::vector<Stored> found, find_stored(state, keys, columns));
  for (Stored& one : found) out[one.row] = std::move(one.version);
  return out;
}

}  // namespace clearwell::warehouses
