// How rows get into tables: copied straight in while their keys are new; once the unique index has
// objected, by look-up and decision, for this batch and the next ones.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <tuple>

#include "batch/row_hash.h"
#include "warehouses/postgres/transaction.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

using duckdb::Chunk;
using duckdb::Column;

constexpr int most_staged = 256;  // batches in a row

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
  std::vector<size_t> out(target.columns.size());
  std::iota(out.begin(), out.end(), size_t{1});
  return out;
}

// A table of row numbers, open addressing, at most half full: of this size it is several times as
// fast as a set.
bool any_repeated(const std::vector<batch::RowHash>& keys) {
  constexpr uint32_t none = UINT32_MAX;
  CW_ASSERT(keys.size() < none / 2);
  std::vector<uint32_t> first_row(std::bit_ceil(keys.size() * 2 + 1), none);
  const size_t mask = first_row.size() - 1;
  for (uint32_t row = 0; row < keys.size(); ++row) {
    size_t at = keys[row].low & mask;
    while (first_row[at] != none && keys[first_row[at]] != keys[row]) at = (at + 1) & mask;
    if (first_row[at] != none) return true;
    first_row[at] = row;
  }
  return false;
}

std::vector<size_t> rows_with(const Decision& decision, Action action) {
  std::vector<size_t> out;
  for (size_t row = 0; row < decision.actions.size(); ++row) {
    if (decision.actions[row] == action) out.push_back(row);
  }
  return out;
}

void append_versions(const LoadRows& load, std::span<const std::string> orders, Incoming& rows) {
  rows.version = versions_of(load);
  for (size_t row = 0; row < rows.version.size(); ++row) {
    rows.tuple.push_back(
        encode_tuple(rows.version[row], orders[rows.record[row]], rows.content[row]));
  }
}

// The first bytes of a row's key, in the order of the key's values.
struct KeyStart {
  uint64_t high = 0, low = 0;
};

void take_start(const std::string& key, KeyStart& start) {
  std::array<char, 16> bytes{};
  // The byte in front tells NULL from a value; keys have none.
  std::memcpy(bytes.data(), key.data() + 1, std::min(key.size() - 1, bytes.size()));
  std::memcpy(&start.high, bytes.data(), 8);
  std::memcpy(&start.low, bytes.data() + 8, 8);
  start.high = __builtin_bswap64(start.high);
  start.low = __builtin_bswap64(start.low);
}

// Sorts row numbers by the first column of their key, so that neighbours go to the same pages of
// the index, and two processes that write the same keys seldom take their locks in another order.
// Rows with the same start keep their order.
void sort_by_key(const LoadRows& load, std::vector<size_t>& order) {
  const size_t column = load.target->key.front() + 1;
  const duckdb::Type& type = load.rows.schema[column].type;
  if (!can_order(type)) return;
  std::vector<KeyStart> starts(load.rows.size());
  size_t base = 0;
  for (const Chunk& chunk : load.rows.chunks) {
    const Column values = chunk.column(column);
    for (size_t row = 0; row < chunk.rows(); ++row) {
      take_start(encode_version(values, type, row), starts[base + row]);
    }
    base += chunk.rows();
  }
  const auto less = [&](size_t a, size_t b) {
    return std::tie(starts[a].high, starts[a].low, a) < std::tie(starts[b].high, starts[b].low, b);
  };
  std::sort(order.begin(), order.end(), less);
}

// Names a row of the first load, and the rows of other loads that belong to it.
batch::RowHash row_name(uint32_t record, batch::RowHash key) {
  return {key.low ^ (record + uint64_t{1}) * 0x9E3779B97F4A7C15u, key.high};
}

}  // namespace

Result<void> PostgresTransaction::write_first(const LoadRows& load,
                                              std::span<const std::string> orders,
                                              std::vector<Written>& written) {
  PostgresTarget& state = state_of(*load.target);
  first_ = &state;
  refused_.clear();
  contradicted_ = false;
  return blame(write(state, load, orders, written));
}

// Rows of the first load that were not written although other rows of their record were: what
// belongs to them stays out as well.
void PostgresTransaction::note_refused(const Incoming& rows, const Decision& decision,
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

Result<void> PostgresTransaction::write(PostgresTarget& state, const LoadRows& load,
                                        std::span<const std::string> orders,
                                        std::vector<Written>& written) {
  state.replaced_rows = false;
  if (load.rows.size() == 0) return {};
  Incoming rows;
  rows.record = records_of(load.rows);
  if (state.target.mode == config::LoadMode::Append ||
      state.target.mode == config::LoadMode::Replace) {
    for (uint32_t record : rows.record) written[record] = Written::New;
    Order order(rows.record.size());
    std::iota(order.begin(), order.end(), size_t{0});
    return copy_rows(state, load, std::move(order), {});
  }
  rows.key = batch::hash_rows(load.rows, shifted(state.target.key));
  if (state.target.mode == config::LoadMode::Upsert || any_repeated(rows.key)) {
    rows.content = batch::hash_rows(load.rows, all_columns(state.target));
  }
  if (state.target.mode == config::LoadMode::Upsert) append_versions(load, orders, rows);
  CW_ASSIGN(const bool done, try_directly(state, load, rows, written));
  if (done) return {};
  if (state.target.mode == config::LoadMode::Insert) return insert(state, load, rows, written);
  return upsert(state, load, rows, written);
}

Result<bool> PostgresTransaction::try_directly(PostgresTarget& state, const LoadRows& load,
                                               const Incoming& rows,
                                               std::vector<Written>& written) {
  if (state.key_index.empty()) return false;
  if (state.stage_next > 0) {
    --state.stage_next;
    return false;
  }
  // As if the table had none of the keys, which the index will confirm or deny.
  std::vector<Written> outcome = written;
  const bool upserts = state.target.mode == config::LoadMode::Upsert;
  Decision decision;
  if (upserts) {
    decision = decide_upsert(rows, {}, outcome);
  } else if (!rows.content.empty()) {  // some key is repeated
    decision = decide_insert(rows, {}, outcome);
  } else {
    decision.actions.assign(rows.record.size(), Action::Insert);
    for (uint32_t record : rows.record) outcome[record] = Written::New;
  }
  CW_ASSIGN(const bool copied,
            copy_if_new(state, load, rows_with(decision, Action::Insert), decision.tuples));
  if (!copied) return false;
  written = std::move(outcome);
  if (&state == first_) note_refused(rows, decision, written);
  return true;
}

Result<bool> PostgresTransaction::copy_if_new(PostgresTarget& state, const LoadRows& load,
                                              const Order& order,
                                              std::span<const std::string> versions) {
  CW_TRY(connection().execute("SAVEPOINT clearwell_copy"));
  auto done = copy_rows(state, load, order, versions);
  if (done.ok()) {
    CW_TRY(connection().execute("RELEASE SAVEPOINT clearwell_copy"));
    state.stage_most = 1;
    return true;
  }
  const bool known_key =
      connection().sqlstate() == "23505" && connection().constraint() == state.key_index;
  if (!known_key) return std::move(done).error();
  CW_TRY(connection().rollback_to("clearwell_copy"));
  state.stage_next = state.stage_most;
  state.stage_most = std::min(state.stage_most * 2, most_staged);
  return false;
}

Result<void> PostgresTransaction::copy_rows(const PostgresTarget& state, const LoadRows& load,
                                            Order order, std::span<const std::string> versions) {
  if (!state.target.key.empty()) sort_by_key(load, order);
  const std::string into = state.table + " (" + state.column_list +
                           (state.versioned && !versions.empty() ? ", _version)" : ")");
  CW_ASSIGN(const uint64_t copied,
            connection().copy(into, {load.rows, all_columns(*load.target), order, {}, versions}));
  return count_rows(state, copied);
}

Result<void> PostgresTransaction::insert(PostgresTarget& state, const LoadRows& load,
                                         Incoming& rows, std::vector<Written>& written) {
  if (rows.content.empty()) rows.content = batch::hash_rows(load.rows, all_columns(state.target));
  CW_ASSIGN(const std::vector<Stored> known,
            find_stored(state, load.rows, shifted(state.target.key)));
  CW_ASSIGN(const StoredContent stored, compare_stored(state, load, rows, known));
  const Decision decision = decide_insert(rows, stored, written);
  if (&state == first_) note_refused(rows, decision, written);
  return copy_rows(state, load, rows_with(decision, Action::Insert), {});
}

Result<void> PostgresTransaction::upsert(PostgresTarget& state, const LoadRows& load,
                                         const Incoming& rows, std::vector<Written>& written) {
  CW_ASSIGN(const std::vector<Stored> known,
            find_stored(state, load.rows, shifted(state.target.key)));
  StoredTuples stored;
  for (const Stored& one : known) stored.emplace(rows.key[one.row], one.version);
  const Decision decision = decide_upsert(rows, stored, written);
  if (&state == first_) note_refused(rows, decision, written);
  const size_t replaced = rows_with(decision, Action::Replace).size();
  state.replaced_rows = replaced > 0;
  CW_TRY(change_stored(state, load, decision));
  CW_TRY(count_rows(state, replaced));
  return copy_rows(state, load, rows_with(decision, Action::Insert), decision.tuples);
}

Result<void> PostgresTransaction::write_next(const LoadRows& load,
                                             std::span<const std::string> orders,
                                             const std::vector<Written>& written) {
  PostgresTarget& state = state_of(*load.target);
  return blame(write_next(state, load, orders, written));
}

// Which rows of a later load go with what the first one wrote.
std::vector<bool> PostgresTransaction::rows_taken(const LoadRows& load,
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

Result<void> PostgresTransaction::write_next(PostgresTarget& state, const LoadRows& load,
                                             std::span<const std::string> orders,
                                             const std::vector<Written>& written) {
  if (first_ != nullptr && first_->replaced_rows) CW_TRY(delete_children(state));
  if (load.rows.size() == 0) return {};
  const std::vector<bool> taken = rows_taken(load, written);
  // What is left is written like a first load, except that its outcome says nothing of the record.
  std::vector<Written> outcome(written.size(), Written::Nothing);
  if (std::find(taken.begin(), taken.end(), false) == taken.end()) {
    CW_TRY(write(state, load, orders, outcome));
  } else {
    std::vector<size_t> columns(load.rows.schema.size());
    std::iota(columns.begin(), columns.end(), size_t{0});
    const LoadRows kept{load.target, load.rows.select(taken, columns)};
    CW_TRY(write(state, kept, orders, outcome));
  }
  if (std::find(outcome.begin(), outcome.end(), Written::Conflict) != outcome.end()) {
    contradicted_ = true;
    return fatal("a row of the load into " + state.target.table +
                 " has the key of another row with other content");
  }
  return {};
}

}  // namespace clearwell::warehouses
