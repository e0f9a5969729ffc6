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

Result<void> PostgresTransaction::write(PostgresTarget& state, const LoadRows& load,
                                        std::span<const std::string> orders,
                                        std::vector<Written>& written) {
  state.replaced_rows = false;
  if (load.rows.size() == 0) return {};
  Incoming rows;
  rows.mode = state.target.mode;
  rows.record = records_of(load.rows);
  if (state.target.mode == config::LoadMode::Append ||
      state.target.mode == config::LoadMode::Replace) {
    for (uint32_t record : rows.record) written[record] = Written::New;
    Order order(rows.record.size());
    std::iota(order.begin(), order.end(), size_t{0});
    return copy_rows(state, load, std::move(order), {});
  }
  rows.key = batch::hash_rows(load.rows, shifted(state.target.key));
  if (state.versioned) {
    add_versions(load, orders, state.patched ? state.names : std::vector<std::string>(), rows);
    return write_versions(state, load, rows, written);
  }
  if (any_repeated(rows.key)) {
    rows.content = batch::hash_rows(load.rows, all_columns(state.target));
  }
  CW_ASSIGN(const bool done, try_directly(state, load, rows, written));
  if (done) return {};
  return insert(state, load, rows, written);
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
  Decision decision;
  if (state.versioned) {
    decision = decide_versions(rows, {}, outcome);
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
  if (&state == first_) note_refused(rows, decision, written, refused_);
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
  CW_ASSIGN(const uint64_t copied, connection().copy(into, {.rows = load.rows,
                                                            .columns = all_columns(*load.target),
                                                            .order = order,
                                                            .versions = versions}));
  return count_rows(state, copied);
}

Result<void> PostgresTransaction::insert(PostgresTarget& state, const LoadRows& load,
                                         Incoming& rows, std::vector<Written>& written) {
  if (rows.content.empty()) rows.content = batch::hash_rows(load.rows, all_columns(state.target));
  CW_ASSIGN(const std::vector<Stored> known,
            find_stored(state, load.rows, shifted(state.target.key)));
  CW_ASSIGN(const StoredContent stored, compare_stored(state, load, rows, known));
  const Decision decision = decide_insert(rows, stored, written);
  if (&state == first_) note_refused(rows, decision, written, refused_);
  return copy_rows(state, load, rows_with(decision, Action::Insert), {});
}

Result<void> PostgresTransaction::write_versions(PostgresTarget& state, const LoadRows& load,
                                                 const Incoming& rows,
                                                 std::vector<Written>& written) {
  StoredVersions stored;
  CW_TRY(find_deletions(state, rows.key, stored));
  // What has no row yet, or is gone, is not found out by copying.
  const bool plain = rows.mode == config::LoadMode::Upsert && rows.deletes.empty();
  if (plain && stored.empty()) {
    CW_ASSIGN(const bool done, try_directly(state, load, rows, written));
    if (done) return {};
  }
  CW_ASSIGN(std::vector<Stored> known, find_stored(state, load.rows, shifted(state.target.key)));
  for (Stored& one : known) {
    stored[rows.key[one.row]] = {std::move(one.version), std::move(one.patches), false};
  }
  const Decision decision = decide_versions(rows, stored, written);
  if (&state == first_) note_refused(rows, decision, written, refused_);
  CW_TRY(change_stored(state, load, decision));
  CW_TRY(copy_rows(state, load, rows_with(decision, Action::Insert), decision.tuples));
  return keep_deletions(state, decision);
}

Result<void> PostgresTransaction::write_next(const LoadRows& load,
                                             std::span<const std::string> orders,
                                             const std::vector<Written>& written) {
  PostgresTarget& state = state_of(*load.target);
  return blame(write_next(state, load, orders, written));
}

Result<void> PostgresTransaction::write_next(PostgresTarget& state, const LoadRows& load,
                                             std::span<const std::string> orders,
                                             const std::vector<Written>& written) {
  if (first_ != nullptr && first_->replaced_rows) CW_TRY(delete_children(state));
  if (load.rows.size() == 0) return {};
  const std::vector<bool> taken = rows_taken(load, written, refused_);
  // What is left is written like a first load, except that its outcome says nothing of the record.
  std::vector<Written> outcome(written.size(), Written::Nothing);
  if (std::find(taken.begin(), taken.end(), false) == taken.end()) {
    CW_TRY(write(state, load, orders, outcome));
  } else {
    std::vector<size_t> columns(load.rows.schema.size());
    std::iota(columns.begin(), columns.end(), size_t{0});
    const LoadRows kept{load.target, load.rows.select(taken, columns), load.deletes, load.fields};
    CW_TRY(write(state, kept, orders, outcome));
  }
  auto error = contradiction(state.target, outcome);
  if (!error) return {};
  contradicted_ = true;
  return *std::move(error);
}

}  // namespace clearwell::warehouses
