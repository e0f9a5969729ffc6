#include "engine/judge.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "batch/record_analysis.h"
#include "batch/row_hash.h"
#include "engine/csv_formats.h"
#include "engine/kind_judge.h"
#include "sources/source.h"
#include "warehouses/version.h"

namespace clearwell::engine {
Input to_input(warehouses::HeldRecords held, Origin origin) {
  Input input;
  input.origin = origin;
  input.raw = std::move(held.raw);
  input.ids = std::move(held.ids);
  input.from_park = std::move(held.from_park);
  return input;
}

namespace {

// Items in an order in which everything that `needs(item, other)` comes first. Items on a cycle
// (config refuses them) stay in their place.
template <typename Item, typename Needs>
std::vector<Item> needed_first(const std::vector<Item>& items, Needs&& needs) {
  std::vector<Item> out;
  std::set<Item> done, under_way;
  std::function<void(const Item&)> visit = [&](const Item& item) {
    if (done.count(item) != 0 || !under_way.insert(item).second) return;
    for (const Item& other : items) {
      if (other != item && needs(item, other)) visit(other);
    }
    done.insert(item);
    out.push_back(item);
  };
  for (const Item& item : items) visit(item);
  return out;
}

bool loads_table(const config::Kind& kind, const std::string& table) {
  return std::any_of(kind.loads.begin(), kind.loads.end(),
                     [&](const config::Load& load) { return load.table == table; });
}

bool kind_needs(const config::Kind& kind, const config::Kind& other) {
  bool found = false;
  config::for_each_field(kind.fields, "", [&](const config::Field& field, const std::string&) {
    if (field.reference && loads_table(other, field.reference->table)) found = true;
  });
  return found;
}

bool keeps_versions(const warehouses::Target& target) {
  return config::keeps_versions(target.mode);
}

// Whether a row of the load is in the table afterwards, and as it is, only the warehouse can tell.
bool alters(const warehouses::Target& target) {
  return config::needs_row(target.mode) || target.patched || target.deleted_from;
}

// The version tuples of an upsert's rows, as the warehouse will store them.
std::vector<std::string> tuples_of(const warehouses::LoadRows& load,
                                   const std::vector<batch::Record>& records) {
  if (!keeps_versions(*load.target)) return {};
  std::vector<size_t> columns(load.target->columns.size());
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = i + 1;
  const std::vector<batch::RowHash> contents = batch::hash_rows(load.rows, columns);
  std::vector<std::string> out = warehouses::versions_of(load);
  size_t base = 0;
  for (const duckdb::Chunk& chunk : load.rows.chunks) {
    const auto* of = chunk.column(0).data<int64_t>();
    for (size_t row = 0; row < chunk.rows(); ++row) {
      const batch::Order& order = records[static_cast<size_t>(of[row])].order;
      std::string& tuple = out[base + row];
      tuple = warehouses::encode_tuple(tuple, batch::encode_order(order), contents[base + row]);
    }
    base += chunk.rows();
  }
  return out;
}

bool pipeline_needs(const config::Pipeline& pipeline, const config::Pipeline& other) {
  for (const config::Kind& kind : pipeline.kinds) {
    for (const config::Kind& parent : other.kinds) {
      if (kind_needs(kind, parent)) return true;
    }
  }
  return false;
}

// A run of a replacing pipeline starts over, with all its tables, positions and quarantine, in one
// transaction: every load must replace, and its input must still be there the next time.
void check_replace(const config::Pipeline& pipeline, config::Faults& faults) {
  const config::Load* replacing = nullptr;
  const config::Load* other = nullptr;
  for (const config::Kind& kind : pipeline.kinds) {
    for (const config::Load& load : kind.loads) {
      (load.mode == config::LoadMode::Replace ? replacing : other) = &load;
    }
  }
  if (replacing == nullptr) return;
  if (other != nullptr) {
    faults.add(other->mark, "mixed_replace",
               "the load of " + other->table + " does not replace its table, but that of " +
                   replacing->table +
                   " does, and a run of it starts the whole pipeline over: use "
                   "mode replace for all loads, or a pipeline of its own");
  }
  for (const config::Source& source : pipeline.sources) {
    if (source.settings.has("after") && source.settings.text("after") != "keep") {
      faults.add(source.settings.mark("after"), "replace_moves_files",
                 "every run reads the whole input again, so it must stay where it is: use "
                 "`after: keep`");
    }
  }
}

}  // namespace

std::vector<const config::Pipeline*> parents_first(const config::Project& project) {
  std::vector<const config::Pipeline*> all;
  for (const config::Pipeline& pipeline : project.pipelines) all.push_back(&pipeline);
  return needed_first(all, [](const config::Pipeline* a, const config::Pipeline* b) {
    return pipeline_needs(*a, *b);
  });
}

void Judged::reject(uint32_t record, batch::Reason reason) {
  verdicts[record] = Verdict::Reject;
  reasons.add(record, std::move(reason));
}

void Judged::reject_children() {
  // A child may be a parent itself.
  for (bool more = true; more;) {
    more = false;
    for (validate::BatchParent& child : batch_parents) {
      const bool orphan = verdicts[child.parent] == Verdict::Reject;
      if (!orphan || child.reason.code.empty()) continue;
      more |= verdicts[child.record] == Verdict::Accept;
      const config::Reference& reference = *child.missing.reference;
      reject(child.record, std::exchange(child.reason, {}));
      waits[child.record].emplace_back(reference.table + "." + reference.column,
                                       child.missing.value);
    }
  }
}

namespace {

// Which rows of a load belong to accepted records.
std::vector<bool> accepted_rows(const duckdb::Rows& rows, const std::vector<Verdict>& verdicts) {
  std::vector<bool> keep;
  keep.reserve(rows.size());
  for (const duckdb::Chunk& chunk : rows.chunks) {
    const auto* records = chunk.column(0).data<int64_t>();
    for (size_t i = 0; i < chunk.rows(); ++i) {
      keep.push_back(verdicts[static_cast<size_t>(records[i])] == Verdict::Accept);
    }
  }
  return keep;
}

}  // namespace

void Judged::filter_loads() {
  const auto filter = [&](duckdb::Rows& rows) {
    const std::vector<bool> keep = accepted_rows(rows, verdicts);
    if (std::find(keep.begin(), keep.end(), false) == keep.end()) return;
    std::vector<size_t> columns(rows.schema.size());
    for (size_t i = 0; i < columns.size(); ++i) columns[i] = i;
    rows = rows.select(keep, columns);
  };
  for (KindShare& share : shares) {
    for (warehouses::LoadRows& load : share.loads) filter(load.rows);
    filter(share.gathered);
  }
}

struct Judge::State {
  const config::Pipeline* pipeline = nullptr;
  std::vector<std::unique_ptr<KindJudge>> kinds;
  std::vector<KindPlan> plans;  // of the kinds, in the same order
  std::vector<std::string> targets;
  std::unique_ptr<decode::Router> router;
  std::mutex mutex;
  std::set<std::string> stale;  // tables to forget before the next batch
  bool own_parents = false;
  std::set<std::string> shared;  // tables that several kinds load, some of them altering rows

  void route(Judged& judged) const;
  void forget_stale();
  void find_own_parents();
  void find_shared();
  void find_altered_parents(size_t kind, Judged& judged) const;
  bool must_split(size_t kind, Judged& judged) const;
  void split_shared(Judged& judged) const;
  void add_parents(size_t kind, const Judged& judged) const;
};

Judge::Judge(std::unique_ptr<State> state) : state_(std::move(state)) {}
Judge::~Judge() = default;

Result<std::unique_ptr<Judge>> Judge::make(duckdb::Database& database,
                                           const config::Pipeline& pipeline, TypeBook& types,
                                           config::Faults& faults) {
  auto state = std::make_unique<State>();
  state->pipeline = &pipeline;
  std::vector<const config::Kind*> kinds;
  for (const config::Kind& kind : pipeline.kinds) kinds.push_back(&kind);
  kinds = needed_first(
      kinds, [](const config::Kind* a, const config::Kind* b) { return kind_needs(*a, *b); });
  const size_t before = faults.size();
  check_replace(pipeline, faults);
  check_csv(pipeline, faults);
  for (const config::Source& source : pipeline.sources) {
    const auto check_source = sources::kind_of(source).check;
    if (check_source != nullptr) check_source(source, faults);
  }
  std::vector<std::string> names;
  for (const config::Kind* kind : kinds) {
    CW_ASSIGN(auto judge, KindJudge::make(database, pipeline, *kind, types, faults));
    names.push_back(kind->name);
    state->kinds.push_back(std::move(judge));
  }
  if (!pipeline.route.empty()) {
    state->router = std::make_unique<decode::Router>(pipeline.route, names);
  }
  if (faults.size() == before) {
    for (const auto& kind : state->kinds) {
      state->plans.push_back(kind->plan());
      for (const std::string& target : kind->references().targets()) {
        state->targets.push_back(target);
      }
    }
    std::sort(state->targets.begin(), state->targets.end());
    state->targets.erase(std::unique(state->targets.begin(), state->targets.end()),
                         state->targets.end());
    state->find_own_parents();
    state->find_shared();
  }
  return std::unique_ptr<Judge>(new Judge(std::move(state)));
}

// Distributes the records over the kinds' shares.
void Judge::State::route(Judged& judged) const {
  const size_t count = judged.input.raw.records.size();
  judged.kind_of.assign(count, 0);
  judged.row_of.assign(count, 0);
  judged.shares.resize(kinds.size());
  if (router != nullptr) router->route(judged.input.raw.records, judged.kind_of, judged.reasons);
  for (uint32_t record = 0; record < count; ++record) {
    const int kind = judged.kind_of[record];
    if (kind < 0) {
      const bool settled = judged.input.raw.records[record].settled;
      judged.verdicts[record] = settled ? Verdict::Reject : Verdict::Retry;
      continue;
    }
    auto& rows = judged.shares[static_cast<size_t>(kind)].columns.rows;
    judged.row_of[record] = static_cast<uint32_t>(rows.size());
    rows.push_back(record);
  }
}

void Judge::State::forget_stale() {
  const std::lock_guard lock(mutex);
  for (const std::string& table : stale) {
    for (const auto& kind : kinds) kind->references().invalidate(table);
  }
  stale.clear();
}

void Judge::State::find_own_parents() {
  for (const auto& child : kinds) {
    for (const KindPlan& plan : plans) {
      for (const warehouses::Target& target : plan.targets) {
        if (!child->references().refer_to(target.table)) continue;
        own_parents = true;
        const bool compared = keeps_versions(target) && !alters(target);
        if (compared) child->references().compare_versions(target.table);
      }
    }
  }
}

void Judge::State::find_shared() {
  std::map<std::string, int> kinds_of;
  for (const KindPlan& plan : plans) {
    for (const warehouses::Target& target : plan.targets) ++kinds_of[batch::lower(target.table)];
  }
  for (const KindPlan& plan : plans) {
    for (const warehouses::Target& target : plan.targets) {
      const std::string table = batch::lower(target.table);
      if (kinds_of[table] > 1 && alters(target)) shared.insert(table);
    }
  }
  own_parents = own_parents || !shared.empty();
}

// Records of the kind that refer to rows which earlier kinds of this batch alter.
void Judge::State::find_altered_parents(size_t kind, Judged& judged) const {
  for (size_t earlier = 0; earlier < kind; ++earlier) {
    for (const warehouses::LoadRows& load : judged.shares[earlier].loads) {
      if (!alters(*load.target) || !kinds[kind]->references().refer_to(load.target->table))
        continue;
      kinds[kind]->find_child_of(load, judged.shares[kind]);
    }
  }
}

namespace {

// A row of a table that several kinds write.
struct SharedRow {
  uint32_t record;
  size_t kind;
  batch::RowHash key;
};

void add_shared(const warehouses::LoadRows& load, size_t kind, std::vector<SharedRow>& out) {
  std::vector<size_t> columns;
  for (size_t column : load.target->key) columns.push_back(column + 1);
  const std::vector<batch::RowHash> keys = batch::hash_rows(load.rows, columns);
  size_t at = 0;
  for (const duckdb::Chunk& chunk : load.rows.chunks) {
    const auto* records = chunk.column(0).data<int64_t>();
    for (size_t i = 0; i < chunk.rows(); ++i) {
      out.push_back({static_cast<uint32_t>(records[i]), kind, keys[at++]});
    }
  }
}

}  // namespace

// Kinds are written one after another. Where two records of different kinds have a row of one key,
// and that matters, the later one is written by a batch of its own.
void Judge::State::split_shared(Judged& judged) const {
  std::map<std::string, std::vector<SharedRow>> rows;
  for (size_t kind = 0; kind < judged.shares.size(); ++kind) {
    for (const warehouses::LoadRows& load : judged.shares[kind].loads) {
      const std::string table = batch::lower(load.target->table);
      if (shared.contains(table)) add_shared(load, kind, rows[table]);
    }
  }
  for (auto& [table, all] : rows) {
    std::stable_sort(all.begin(), all.end(),
                     [](const SharedRow& a, const SharedRow& b) { return a.record < b.record; });
    std::unordered_map<batch::RowHash, size_t> kind_of;
    for (const SharedRow& row : all) {
      if (kind_of.try_emplace(row.key, row.kind).first->second == row.kind) continue;
      const bool reached = !judged.stop_at || row.record <= *judged.stop_at;
      if (reached) judged.split_at = std::min(row.record, judged.split_at.value_or(row.record));
      break;
    }
  }
}

// Does a record of the kind refer to an earlier one of the same kind and batch?
bool Judge::State::must_split(size_t kind, Judged& judged) const {
  const std::optional<uint32_t> child = judged.shares[kind].first_child;
  // What a check stops before it is never reached.
  if (child && (!judged.stop_at || *child <= *judged.stop_at)) judged.split_at = child;
  return judged.split_at.has_value();
}

void Judge::State::add_parents(size_t kind, const Judged& judged) const {
  for (const warehouses::LoadRows& load : judged.shares[kind].loads) {
    std::optional<std::vector<std::string>> tuples;
    for (size_t later = kind + 1; later < kinds.size(); ++later) {
      validate::References& references = kinds[later]->references();
      if (!references.refer_to(load.target->table) || alters(*load.target)) continue;
      if (!tuples) tuples = tuples_of(load, judged.input.raw.records);
      references.add_parents(load.target->table, load.rows, *tuples);
    }
  }
}

Result<Judged> Judge::judge(Input input, const Options& options) {
  state_->forget_stale();
  Judged judged;
  judged.input = std::move(input);
  const size_t count = judged.input.raw.records.size();
  judged.reasons.reset(count);
  judged.verdicts.assign(count, Verdict::Accept);
  state_->route(judged);
  for (size_t i = 0; i < state_->kinds.size(); ++i) {
    KindJudge& kind = *state_->kinds[i];
    KindShare& share = judged.shares[i];
    if (share.columns.rows.empty()) continue;
    kind.decode(judged, share);
    if (options.may_split) state_->find_altered_parents(i, judged);
    CW_TRY(kind.validate(judged, share, options));
    CW_TRY(kind.load(judged, share, options));
    if (options.may_split && state_->must_split(i, judged)) break;
    state_->add_parents(i, judged);
  }
  if (options.may_split && !judged.split_at) state_->split_shared(judged);
  for (const auto& kind : state_->kinds) kind->references().forget_parents();
  judged.reasons.write();  // the loader has more to do than the judge
  return judged;
}

const config::Pipeline& Judge::pipeline() const { return *state_->pipeline; }
const std::vector<KindPlan>& Judge::kinds() const { return state_->plans; }
const std::vector<std::string>& Judge::reference_targets() const { return state_->targets; }

std::vector<std::string> Judge::tables() const {
  std::vector<std::string> out;
  for (const KindPlan& plan : state_->plans) {
    for (const warehouses::Target& target : plan.targets) out.push_back(target.table);
  }
  return out;
}

bool Judge::has_own_parents() const { return state_->own_parents; }

void Judge::invalidate(const std::string& table) {
  const std::lock_guard lock(state_->mutex);
  state_->stale.insert(table);
}

}  // namespace clearwell::engine
