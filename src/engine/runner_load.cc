// The last stage of a runner: judged batches into transactions, retries, budget, accounting.
#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/step.h"
#include "engine/runner.h"

namespace clearwell::engine {

using namespace std::chrono_literals;

// Batches in one transaction: so many, of so much input in all (in quarters of batch_bytes), begun
// within so long; and how long a full batch is given to be followed by another one.
constexpr size_t group_batches = 16;
constexpr size_t group_input = 5;
constexpr auto group_time = 1s;
constexpr auto follower_wait = 20ms;

void Runner::load_all() {
  name_thread("load");
  while (!judged_.done()) {
    std::optional<Work> work = judged_.pop(20ms);
    if (!work || halted_) continue;
    if (replace_) {
      load_next(std::move(*work));
    } else {
      load_group(std::move(*work));
    }
    --unloaded_;
  }
  if (replace_) end_replacing();
  loaded_ = true;
}

void Runner::load_group(Work first) {
  std::deque<Work> group;
  group.push_back(std::move(first));
  auto committed = commit_group(group);
  if (committed.ok()) {
    for (size_t i = 0; i < group.size(); ++i) loaded(group[i], (*committed)[i]);
    return;
  }
  // What was wrong, and whether it can be mended, is found batch by batch.
  for (Work& work : group) {
    if (halted_ || failed_) return;
    load_next(std::move(work));
  }
}

Result<std::vector<Committed>> Runner::commit_group(std::deque<Work>& group) {
  const Steady::time_point until = Steady::now() + group_time;
  const std::chrono::microseconds clock(clock_.load());
  CW_ASSIGN(auto transaction, warehouse_.begin());
  step("load.begun");
  std::vector<Committed> done;
  for (;;) {
    CW_ASSIGN(Committed committed, loader_.add(*transaction, group.back().judged, clock));
    done.push_back(std::move(committed));
    std::optional<Work> next = pop_follower(group, done, until);
    if (!next) break;
    group.push_back(std::move(*next));
  }
  step("load.before_commit");
  CW_TRY(transaction->commit());
  step("load.after_commit");
  return done;
}

// The batch that joins the transaction, if there is one and it may.
std::optional<Runner::Work> Runner::pop_follower(const std::deque<Work>& group,
                                                 const std::vector<Committed>& done,
                                                 Steady::time_point until) {
  const Work& last = group.back();
  if (own_parents_ || last.source == nullptr || last.last) return std::nullopt;
  const sources::Limits& limits = last.source->limits;
  const batch::RawBatch& raw = last.judged.input.raw;
  const bool full = raw.records.size() >= limits.rows || raw.payload_bytes >= limits.bytes;
  if (!full || group.size() == group_batches) return std::nullopt;
  size_t input = 0;
  for (const Work& work : group) input += work.judged.input.raw.payload_bytes;
  if (input >= group_input * limits.bytes / 4) return std::nullopt;
  // The budget is looked at after each batch, whether it is committed by itself or not.
  {
    const std::lock_guard lock(report_mutex_);
    batch::Counts run = report_.run;
    int64_t rejected_bytes = quarantined_bytes_;
    for (const Committed& committed : done) {
      run += committed.change;
      rejected_bytes += committed.rejected_bytes;
    }
    if (over_budget(run, rejected_bytes)) return std::nullopt;
  }
  while (!stopping() && Steady::now() < until) {
    if (auto next = judged_.pop(follower_wait)) return next;
    if (unjudged_ == 0) break;
  }
  return std::nullopt;
}

bool Runner::over_budget(const batch::Counts& run, int64_t quarantined_bytes) const {
  const auto share = static_cast<double>(run.quarantined) / static_cast<double>(run.read);
  const bool too_many = run.read >= pipeline_.budget.over && share > pipeline_.budget.max_rejected;
  return too_many || quarantined_bytes > project_.limits.quarantine_bytes;
}

void Runner::load_next(Work work) {
  Patience patience = this->patience("loading");
  // The transaction of a replacing run that has met an error cannot go on.
  if (replace_) patience.most = std::chrono::seconds(0);
  auto committed = patiently(patience, [&] { return commit(work.judged); });
  if (committed.ok()) return loaded(work, *committed);
  fail("loading a batch of " + pipeline_.name, committed.error());
}

void Runner::loaded(Work& work, const Committed& committed) {
  account(work.judged, committed);
  if (work.source == nullptr) {
    held_in_flight_ = false;
    return;
  }
  std::vector<bool> retried(work.judged.verdicts.size());
  for (size_t i = 0; i < retried.size(); ++i) {
    retried[i] = work.judged.verdicts[i] == Verdict::Retry;
  }
  const Pieces* pieces = work.pieces.get();
  if (pieces == nullptr) {
    work.source->source->committed(work.judged.input.raw, retried);
  } else if (work.pieces->committed(retried)) {
    work.source->source->committed(pieces->whole(), pieces->retried());
  }
  step("load.confirmed");
  if (work.last) failed_ = halted_ = true;
}

Result<Committed> Runner::commit(Judged& judged) {
  if (replace_) return commit_replacing(judged);
  return loader_.commit(judged, std::chrono::microseconds(clock_.load()));
}

Result<Committed> Runner::commit_replacing(Judged& judged) {
  if (replacing_ == nullptr) {
    CW_ASSIGN(replacing_, warehouse_.begin());
    std::vector<const warehouses::Target*> targets;
    for (const KindPlan& kind : judge_->kinds()) {
      for (const warehouses::Target& target : kind.targets) targets.push_back(&target);
    }
    CW_TRY(replacing_->start_over(pipeline_.name, targets));
    step("replace.begun");
    if (loads_over_all(judge_->kinds())) {
      CW_ASSIGN(gathering_, Gathering::make(judge_->kinds(), project_.limits));
    }
  }
  CW_ASSIGN(Committed committed, loader_.add(*replacing_, judged, {}));
  if (gathering_ != nullptr) CW_TRY(gathering_->add(judged));
  return committed;
}

// All or nothing: unless the whole input has gone through, nothing of this run has happened.
void Runner::end_replacing() {
  if (!stopping()) {
    auto done = finish_replacing();
    if (!done.ok()) fail("replacing the tables", done.error());
  }
  gathering_.reset();
  replacing_.reset();
  if (!stopping()) return;
  const std::lock_guard lock(report_mutex_);
  report_.run = {};
  report_.total = before_;
}

// The input has ended (perhaps it was empty): all of it becomes visible at once.
Result<void> Runner::finish_replacing() {
  if (replacing_ == nullptr) {
    Judged nothing;
    CW_TRY(commit_replacing(nothing));
  }
  if (gathering_ != nullptr) {
    CW_TRY(gathering_->run([this](const warehouses::LoadRows& load) {
      std::vector<warehouses::Written> written(1, warehouses::Written::Nothing);
      return replacing_->write_first(load, {}, written);
    }));
  }
  if (report().run.read == 0) {
    log_warn(pipeline_.name + ": the input has no records, so its tables are empty now: " +
             fmt::format("{}", fmt::join(judge_->tables(), ", ")));
  }
  step("replace.before_commit");
  CW_TRY(replacing_->commit());
  step("replace.after_commit");
  hooks_.tables_written(judge_->tables());
  return {};
}

void Runner::account(const Judged& judged, const Committed& committed) {
  PipelineReport copy;
  {
    const std::lock_guard lock(report_mutex_);
    report_.run += committed.change;
    report_.total = committed.total;
    for (const auto& [check, count] : judged.warnings) report_.warnings[check] += count;
    quarantined_bytes_ += committed.rejected_bytes;
    if (judged.input.origin == Origin::Source && over_budget(report_.run, quarantined_bytes_)) {
      report_.over_budget = true;
      failed_ = halted_ = true;
    }
    copy = report_;
  }
  if (!replace_ && !committed.written.empty()) hooks_.tables_written(committed.written);
  if (hooks_.progress && Steady::now() - last_progress_ > 200ms) {
    last_progress_ = Steady::now();
    hooks_.progress(copy.pipeline, copy.run);
  }
}

PipelineReport Runner::report() const {
  const std::lock_guard lock(report_mutex_);
  return report_;
}

}  // namespace clearwell::engine
