// What of a load is in its table already, and changes to rows that are: by temporary tables of the
// session, filled by COPY.
#include <numeric>

#include "warehouses/postgres/transaction.h"

namespace clearwell::warehouses {
namespace {

// In _action of staged rows, as in Action.
constexpr const char* replaced = " AND s._action = 2";
constexpr const char* touched = " AND s._action = 3";

std::vector<size_t> all_columns(const Target& target) {
  std::vector<size_t> out(target.columns.size());
  std::iota(out.begin(), out.end(), size_t{1});  // _record stands in front
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
  CW_TRY(connection().copy(state.keys_stage, {rows, key_columns, order, {}, {}, true}));
  CW_ASSIGN(
      const duckdb::Rows found,
      connection().query(std::string("SELECT s._row, ") +
                         (state.versioned ? "t._version" : "''::bytea") + " FROM " +
                         state.keys_stage + " s JOIN " + state.table + " t ON " + state.key_match));
  std::vector<Stored> out;
  for (const duckdb::Chunk& chunk : found.chunks) {
    const duckdb::Column versions = chunk.column(1);
    for (size_t i = 0; i < chunk.rows(); ++i) {
      // A row from before the table had versions is older than any.
      out.push_back({static_cast<size_t>(chunk.column(0).data<int64_t>()[i]),
                     versions.is_valid(i) ? std::string(versions.text(i)) : std::string()});
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
                           {load.rows, all_columns(*load.target), order, actions, {}, true}));
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

Result<void> PostgresTransaction::change_stored(const PostgresTarget& state, const LoadRows& load,
                                                const Decision& decision) {
  Order order;
  std::vector<int32_t> actions;
  bool any_touched = false;
  for (size_t row = 0; row < decision.actions.size(); ++row) {
    const Action action = decision.actions[row];
    actions.push_back(static_cast<int32_t>(action));
    if (action == Action::Replace || action == Action::Touch) order.push_back(row);
    any_touched = any_touched || action == Action::Touch;
  }
  if (order.empty()) return {};
  CW_TRY(connection().execute("DELETE FROM " + state.rows_stage));
  CW_TRY(connection().copy(state.rows_stage, {load.rows, all_columns(*load.target), order, actions,
                                              decision.tuples, true}));
  std::string set;
  for (const std::string& name : state.names) set.append(name).append(" = s.").append(name) += ", ";
  const std::string from =
      "_version = s._version FROM " + state.rows_stage + " s WHERE " + state.key_match;
  CW_TRY(connection().execute("UPDATE " + state.table + " t SET " + set + from + replaced));
  if (any_touched) {
    CW_TRY(connection().execute("UPDATE " + state.table + " t SET " + from + touched));
  }
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
                              " s WHERE " + match + replaced));
  return {};
}

Result<std::vector<std::optional<std::string>>> PostgresTransaction::known(
    const Target& target, const duckdb::Rows& keys) {
  std::vector<std::optional<std::string>> out(keys.size());
  if (out.empty()) return out;
  std::vector<size_t> columns(keys.schema.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  CW_ASSIGN(std::vector<Stored> found, find_stored(state_of(target), keys, columns));
  for (Stored& one : found) out[one.row] = std::move(one.version);
  return out;
}

}  // namespace clearwell::warehouses
