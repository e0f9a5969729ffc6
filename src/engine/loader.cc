#include "engine/loader.h"

#include <algorithm>
#include <set>

#include "base/step.h"
#include "engine/identity.h"

namespace clearwell::engine {

using batch::Fate;
using warehouses::Held;
using warehouses::HeldState;
using warehouses::Transaction;
using warehouses::Written;

// What is worked out about a batch while it is committed.
struct Loader::Batch {
  Judged& judged;
  std::chrono::microseconds clock;
  std::vector<Written> written;
  std::vector<std::optional<Fate>> fates;  // none: left out (Retry)
  std::vector<std::string> orders;         // encoded, where versions are kept
  Committed out;

  const batch::Record& record(uint32_t i) const { return judged.input.raw.records[i]; }
};

namespace {

// The fate of an accepted record, by what writing its first load made of it.
std::optional<Fate> fate_of(Written written, bool count_conflicts) {
  switch (written) {
    case Written::Nothing:
      return Fate::Skipped;
    case Written::New:
    case Written::Outrun:
    case Written::Deleted:
      return Fate::Loaded;
    case Written::Duplicate:
      return Fate::Duplicate;
    case Written::Superseded:
      return Fate::Superseded;
    case Written::Missing:
      return Fate::Quarantined;
    case Written::Conflict:
      break;
  }
  return count_conflicts ? Fate::Duplicate : Fate::Quarantined;
}

// Why a record whose rows are in order does not get in.
batch::Reason reason_of(Written written, const KindPlan& plan,
                        const std::optional<std::string>& key) {
  const std::string& table = plan.targets.front().table;
  const std::string value = batch::printable(key.value_or(""));
  if (written == Written::Missing) {
    return {"row.missing", "", value,
            "there is no row with its key in " + table + ", which mode " +
                config::mode_name(plan.targets.front().mode) + " could change"};
  }
  return {"key.conflict", "", value,
          "a record with the same key is in " + table + " already, with other content"};
}

// What a warehouse says of a row that it refuses.
batch::Reason refusal(const std::string& message) {
  const std::string line = message.substr(0, message.find('\n'));
  if (line.starts_with(warehouses::missing_row)) return {"row.missing", "", "", line};
  return {"row.refused", "", "", "the warehouse refused its row: " + line};
}

std::vector<std::string> distinct_codes(const std::vector<batch::Reason>& reasons) {
  if (reasons.size() == 1) return {reasons.front().code};
  std::set<std::string> codes;
  for (const batch::Reason& reason : reasons) codes.insert(reason.code);
  return {codes.begin(), codes.end()};
}

bool patches(const KindPlan& plan) { return plan.targets.front().mode == config::LoadMode::Patch; }

bool needs_orders(const std::vector<KindPlan>& kinds) {
  for (const KindPlan& kind : kinds) {
    for (const warehouses::Target& target : kind.targets) {
      if (config::keeps_versions(target.mode)) return true;
    }
  }
  return false;
}

}  // namespace

Result<Committed> Loader::commit(Judged& judged, std::chrono::microseconds clock) {
  for (;;) {
    CW_ASSIGN(auto transaction, warehouse_.begin());
    step("load.begun");
    auto added = add(*transaction, judged, clock);
    if (added.ok()) {
      step("load.before_commit");
      CW_TRY(transaction->commit());
      step("load.after_commit");
      return added;
    }
    if (added.error().kind != ErrorKind::Fatal) return added;
    transaction.reset();
    const Error cause = added.error();
    // Either a row was refused, and leaving its record out helps, or it is something else.
    const size_t before = static_cast<size_t>(
        std::count(judged.verdicts.begin(), judged.verdicts.end(), Verdict::Accept));
    CW_TRY(refuse_rows(judged));
    const size_t after = static_cast<size_t>(
        std::count(judged.verdicts.begin(), judged.verdicts.end(), Verdict::Accept));
    if (after == before) return cause;
  }
}

Result<Committed> Loader::add(Transaction& transaction, Judged& judged,
                              std::chrono::microseconds clock) {
  const size_t count = judged.input.raw.records.size();
  Batch batch{judged, clock, {}, {}, {}, {}};
  batch.written.assign(count, Written::Nothing);
  batch.fates.resize(count);
  if (needs_orders(judge_.kinds())) {
    for (const batch::Record& record : judged.input.raw.records) {
      batch.orders.push_back(batch::encode_order(record.order));
    }
  } else {
    batch.orders.resize(count);
  }
  CW_TRY(write_rows(transaction, batch));
  step("load.written");
  settle_fates(batch);
  CW_TRY(hold(transaction, batch));
  CW_TRY(release(transaction, batch));
  const std::string& pipeline = judge_.pipeline().name;
  if (judged.input.origin == Origin::Source) {
    std::vector<bool> left_out(count);
    for (size_t i = 0; i < count; ++i) left_out[i] = judged.verdicts[i] == Verdict::Retry;
    CW_TRY(transaction.advance(pipeline, judged.input.raw, left_out));
    step("load.positions");
  }
  CW_ASSIGN(batch.out.total, transaction.count(pipeline, batch.out.change, clock));
  step("load.counts");
  return std::move(batch.out);
}

Result<void> Loader::write_rows(Transaction& transaction, Batch& batch) {
  for (const KindShare& share : batch.judged.shares) {
    // Without a load of single records every accepted one counts as loaded: its rows are made at
    // the end (gathering.h).
    if (share.loads.empty()) {
      for (uint32_t record : share.columns.rows) {
        if (batch.judged.verdicts[record] == Verdict::Accept) batch.written[record] = Written::New;
      }
    }
    for (const warehouses::LoadRows& load : share.loads) {
      const bool first = &load == &share.loads.front();
      auto done = first ? transaction.write_first(load, batch.orders, batch.written)
                        : transaction.write_next(load, batch.orders, batch.written);
      if (!done.ok()) return done;
      if (first) step("load.first_written");
      if (load.rows.size() > 0) batch.out.written.push_back(load.target->table);
    }
  }
  return {};
}

// Finds the records whose rows the database refuses: every trial is a transaction that is rolled
// back. Records are added to those that go together, so two that only clash with each other are
// found as well (the later one is refused).
Result<void> Loader::refuse_rows(Judged& judged) {
  std::vector<uint32_t> accepted;
  for (uint32_t i = 0; i < judged.verdicts.size(); ++i) {
    if (judged.verdicts[i] == Verdict::Accept) accepted.push_back(i);
  }
  std::vector<bool> good(judged.verdicts.size(), false);
  const auto refused = [&](std::span<const uint32_t> some) -> Result<std::optional<std::string>> {
    Judged trial;
    trial.verdicts.assign(judged.verdicts.size(), Verdict::Reject);
    for (uint32_t i : accepted) {
      if (good[i]) trial.verdicts[i] = Verdict::Accept;
    }
    for (uint32_t i : some) trial.verdicts[i] = Verdict::Accept;
    for (const KindShare& share : judged.shares) {
      KindShare& copy = trial.shares.emplace_back();
      for (const warehouses::LoadRows& load : share.loads) {
        std::vector<size_t> columns(load.rows.schema.size());
        for (size_t c = 0; c < columns.size(); ++c) columns[c] = c;
        copy.loads.push_back({load.target,
                              load.rows.select(std::vector<bool>(load.rows.size(), true), columns),
                              load.deletes, load.fields});
      }
    }
    trial.filter_loads();
    trial.input.raw.records = judged.input.raw.records;
    Batch batch{trial, {}, {}, {}, {}, {}};
    batch.written.assign(judged.verdicts.size(), Written::Nothing);
    for (const batch::Record& record : trial.input.raw.records) {
      batch.orders.push_back(batch::encode_order(record.order));
    }
    CW_ASSIGN(auto transaction, warehouse_.begin());
    auto done = write_rows(*transaction, batch);
    if (done.ok()) return std::optional<std::string>();
    if (done.error().kind != ErrorKind::Fatal) return std::move(done).error();
    return std::optional(done.error().message);
  };
  std::vector<std::span<const uint32_t>> todo = {accepted};
  while (!todo.empty()) {
    const std::span<const uint32_t> some = todo.back();
    todo.pop_back();
    if (some.empty()) continue;
    CW_ASSIGN(const std::optional<std::string> message, refused(some));
    step("load.refused");
    if (!message) {
      for (uint32_t i : some) good[i] = true;
    } else if (some.size() == 1) {
      judged.reject(some[0], refusal(*message));
    } else {
      todo.push_back(some.subspan(some.size() / 2));
      todo.push_back(some.first(some.size() / 2));
    }
  }
  judged.reject_children();
  judged.filter_loads();
  return {};
}

void Loader::settle_fates(Batch& batch) const {
  Judged& judged = batch.judged;
  const bool held = judged.input.origin != Origin::Source;
  for (uint32_t i = 0; i < judged.verdicts.size(); ++i) {
    const int kind = judged.kind_of[i];
    switch (judged.verdicts[i]) {
      case Verdict::Retry:
        continue;
      case Verdict::Park:
        batch.fates[i] = Fate::Parked;
        break;
      case Verdict::Reject:
        batch.fates[i] = Fate::Quarantined;
        break;
      case Verdict::Accept: {
        const KindPlan& plan = judge_.kinds()[static_cast<size_t>(kind)];
        batch.fates[i] = fate_of(batch.written[i], plan.kind->count_conflicts);
        if (batch.fates[i] != Fate::Quarantined) break;
        const auto key = key_text(plan, judged.shares[static_cast<size_t>(kind)], judged.row_of[i]);
        // Told already when a first attempt to commit failed.
        if (!judged.reasons.has(i)) judged.reasons.add(i, reason_of(batch.written[i], plan, key));
      }
    }
    if (*batch.fates[i] == Fate::Quarantined) ++batch.out.rejected;
    if (held) {
      --batch.out.change.of(judged.input.from_park[i] ? Fate::Parked : Fate::Quarantined);
    } else {
      ++batch.out.change.read;
    }
    ++batch.out.change.of(*batch.fates[i]);
  }
}

Held Loader::make_held(Batch& batch, uint32_t record) const {
  const Judged& judged = batch.judged;
  Held held;
  held.record = batch.record(record);
  if (!judged.input.originals.empty()) held.record.payload = judged.input.originals[record];
  held.reasons = judged.reasons.json(record);
  held.codes = distinct_codes(judged.reasons.of(record));
  if (!judged.input.ids.empty()) held.id = judged.input.ids[record];
  const auto waits = judged.waits.find(record);
  if (waits != judged.waits.end() && batch.fates[record] != Fate::Discarded) {
    held.waits = waits->second;
  }
  const int kind = judged.kind_of[record];
  if (kind >= 0) {
    const KindPlan& plan = judge_.kinds()[static_cast<size_t>(kind)];
    const KindShare& share = judged.shares[static_cast<size_t>(kind)];
    held.kind = plan.kind->name;
    held.contract_version = plan.kind->version;
    held.key = key_text(plan, share, judged.row_of[record]);
    held.tuple = version_tuple(plan, share, judged.row_of[record], held.record.order);
    if (held.tuple && held.tuple->empty()) held.tuple.reset();
    if (held.key) held.entry = key_identity(plan, *held.key);
  }
  if (!held.key) held.entry = place_identity(held.record);
  return held;
}

Result<void> Loader::hold(Transaction& transaction, Batch& batch) {
  std::vector<uint32_t> rejected;
  std::vector<Held> quarantined, parked;
  for (uint32_t i = 0; i < batch.fates.size(); ++i) {
    if (batch.fates[i] == Fate::Quarantined) {
      rejected.push_back(i);
    } else if (batch.fates[i] == Fate::Parked) {
      parked.push_back(make_held(batch, i));
      parked.back().deadline = batch.clock + batch.judged.patience.at(i);
    }
  }
  CW_ASSIGN(const auto known, known_records(transaction, batch, rejected));
  quarantined.reserve(rejected.size());
  for (size_t i = 0; i < rejected.size(); ++i) {
    Held held = make_held(batch, rejected[i]);
    // The same key is in already, whole and at least as new: there is nothing to repair. Not so
    // where the two contradict each other.
    const bool conflict =
        std::find(held.codes.begin(), held.codes.end(), "key.conflict") != held.codes.end();
    const bool versions = known[i] && !known[i]->empty();
    const bool as_new =
        !versions || (held.tuple && !held.tuple->empty() && *known[i] >= *held.tuple);
    held.resolved = known[i] && as_new && !conflict;
    batch.out.rejected_bytes += static_cast<int64_t>(held.record.payload.size());
    quarantined.push_back(std::move(held));
  }
  const std::string& pipeline = judge_.pipeline().name;
  if (!quarantined.empty()) {
    CW_TRY(transaction.quarantine(pipeline, quarantined));
    step("load.quarantined");
  }
  if (!parked.empty()) {
    CW_TRY(transaction.park(pipeline, parked));
    step("load.parked");
  }
  return {};
}

// The version tuples (empty: no versions) of what the tables have under the keys of the rejected
// records, this batch included.
Result<std::vector<std::optional<std::string>>> Loader::known_records(
    Transaction& transaction, Batch& batch, const std::vector<uint32_t>& records) {
  std::vector<std::optional<std::string>> out(records.size());
  const Judged& judged = batch.judged;
  for (size_t kind = 0; kind < judged.shares.size(); ++kind) {
    const KindPlan& plan = judge_.kinds()[kind];
    const KindShare& share = judged.shares[kind];
    // What a patch would have changed is not in there, however new the row is.
    if (plan.known_key.empty() || patches(plan)) continue;
    std::vector<bool> ask(share.columns.rows.size(), false);
    std::vector<size_t> asked;  // positions in `records`, in the order of rows
    KeyTexts keys_of(plan, share);
    std::string key;
    for (size_t i = 0; i < records.size(); ++i) {
      if (judged.kind_of[records[i]] != static_cast<int>(kind)) continue;
      key.clear();
      if (!keys_of.append(key, judged.row_of[records[i]])) continue;
      ask[judged.row_of[records[i]]] = true;
      asked.push_back(i);
    }
    if (asked.empty()) continue;
    const duckdb::Rows keys = share.columns.data.select(ask, plan.known_key);
    CW_ASSIGN(const auto known, transaction.known(plan.targets.front(), keys));
    for (size_t i = 0; i < asked.size(); ++i) out[asked[i]] = known[i];
  }
  return out;
}

// Of the accepted records those that perhaps have an open entry: a few of many.
std::vector<warehouses::Accepted> Loader::accepted(Transaction& transaction,
                                                   const Batch& batch) const {
  std::vector<warehouses::Accepted> out;
  const Judged& judged = batch.judged;
  const std::string& pipeline = judge_.pipeline().name;
  const bool by_path = judged.input.origin == Origin::Source && !judged.input.raw.marks.empty();
  std::vector<KeyTexts> keys;
  for (size_t kind = 0; kind < judged.shares.size(); ++kind) {
    keys.emplace_back(judge_.kinds()[kind], judged.shares[kind]);
  }
  std::string entry;
  for (uint32_t i = 0; i < batch.fates.size(); ++i) {
    if (judged.verdicts[i] != Verdict::Accept || batch.fates[i] == Fate::Quarantined) continue;
    const auto kind = static_cast<size_t>(judged.kind_of[i]);
    const KindPlan& plan = judge_.kinds()[kind];
    // Without versions whatever has this identity is settled, and no order is asked for.
    const bool versions = config::keeps_versions(plan.targets.front().mode);
    const batch::Order& order = batch.record(i).order;
    // A file that was seen half-written is known by its path until its key can be read.
    if (by_path) {
      entry = place_identity(batch.record(i));
      if (transaction.may_resolve(pipeline, entry)) {
        out.push_back({entry, versions ? batch::encode_order(order) : "", std::nullopt});
      }
    }
    // Another patch of the row makes good nothing but its own fields.
    if (patches(plan)) continue;
    entry.clear();
    if (!keys[kind].append_identity(entry, judged.row_of[i])) continue;
    if (!transaction.may_resolve(pipeline, entry)) continue;
    out.push_back({entry, versions ? batch::encode_order(order) : "",
                   version_tuple(plan, judged.shares[kind], judged.row_of[i], order)});
  }
  return out;
}

Result<void> Loader::release(Transaction& transaction, Batch& batch) {
  const Judged& judged = batch.judged;
  const std::string& pipeline = judge_.pipeline().name;
  if (judged.input.origin != Origin::Source) {
    std::vector<int64_t> ids;
    for (size_t i = 0; i < batch.fates.size(); ++i) {
      if (batch.fates[i] != Fate::Quarantined) ids.push_back(judged.input.ids[i]);
    }
    const HeldState state =
        judged.input.origin == Origin::Replay ? HeldState::Replayed : HeldState::Released;
    CW_TRY(transaction.settle(pipeline, ids, state));
    step("load.held_settled");
  }
  if (!transaction.may_resolve(pipeline)) return {};
  CW_TRY(transaction.resolve(pipeline, accepted(transaction, batch)));
  step("load.resolved");
  return {};
}

}  // namespace clearwell::engine
