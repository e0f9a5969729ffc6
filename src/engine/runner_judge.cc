// The middle stage of a runner: what has been read, and what is held, into verdicts and rows.
#include <algorithm>

#include "base/log.h"
#include "base/step.h"
#include "engine/pieces.h"
#include "engine/runner.h"

namespace clearwell::engine {

using namespace std::chrono_literals;

// How many held records are judged at once, and how often they are looked for without being told.
constexpr size_t held_batch = 10'000;
constexpr auto look_interval = 3s;
// Looking in vain takes longer the more records wait: at most one part in so many of the time.
constexpr int look_share = 20;
// How often is looked whether the loader is done, and the fewest records judged between two commits
// where records refer to each other.
constexpr auto loader_look = 100us;
constexpr size_t smallest_piece = 16;

namespace {

void tell_held_step(Origin origin) {
  if (origin == Origin::Release) {
    step("judge.released");
  } else {
    step("judge.expired");
  }
}

// What comes from `begin` on, without the memory of its payloads.
Input from(const Input& all, size_t begin) {
  const auto rest = [&](const auto& list) {
    using List = std::decay_t<decltype(list)>;
    return list.empty() ? List() : List(list.begin() + static_cast<ptrdiff_t>(begin), list.end());
  };
  Input out;
  out.origin = all.origin;
  out.raw.source = all.raw.source;
  out.raw.records = rest(all.raw.records);
  out.ids = rest(all.ids);
  out.from_park = rest(all.from_park);
  out.originals = rest(all.originals);
  return out;
}

void cut_input(Input& input, size_t count) {
  const auto cut = [count](auto& list) {
    if (!list.empty()) list.resize(count);
  };
  cut(input.raw.records);
  cut(input.raw.marks);
  cut(input.ids);
  cut(input.from_park);
  cut(input.originals);
}

}  // namespace

Result<Judged> Runner::judge_input(Input input, bool may_split) {
  Judge::Options options;
  options.look_up = [this](const std::string& table, const std::string& column,
                           const std::vector<std::string>& take,
                           const std::vector<std::string>& keys) {
    return patiently(patience("looking for rows of " + table),
                     [&] { return warehouse_.lookup({table, column, take, keys}); });
  };
  options.can_wait = [this](const std::string& table) {
    // Following, a full park slows the sources instead (read).
    return !replace_ && !(once_ && park_is_full()) && hooks_.can_wait(table);
  };
  options.may_split = may_split;
  return judge_->judge(std::move(input), options);
}

bool Runner::park_is_full() const {
  const std::lock_guard lock(report_mutex_);
  return report_.total.parked >= project_.limits.parked_records;
}

void Runner::judge_all() {
  name_thread("judge");
  while (!stopping() && !raw_.done()) {
    if (!judge_held_if_due()) break;
    if (!judge_next()) break;
  }
  // A reader may be waiting for room in a queue that nobody empties any more.
  raw_.close();
  judged_.end();
}

// Where a pipeline loads its own parents, a batch is judged when they can be looked up. False if
// the run ends before.
bool Runner::wait_for_loader() const {
  if (!own_parents_) return true;
  while (unloaded_ > 0) {
    if (stopping()) return false;
    std::this_thread::sleep_for(loader_look);
  }
  return true;
}

bool Runner::judge_next() {
  std::optional<Work> work = raw_.pop(20ms);
  if (!work) return true;
  if (!wait_for_loader()) return false;
  bool more = false;
  auto judged = judge_input(std::move(work->judged.input), own_parents_);
  if (judged.ok() && judged->split_at) {
    more = judge_pieces(*work, std::move(*judged));
  } else {
    if (judged.ok() && judged->stop_at) judged = judge_before_stop(*work, std::move(*judged));
    more = hand_over(std::move(*work), std::move(judged));
  }
  --unjudged_;
  step("judge.handed_over");
  return more;
}

// What came before the record is committed; it and the rest are left unread.
Result<Judged> Runner::judge_before_stop(Work& work, Judged judged) {
  const size_t count = *judged.stop_at;
  work.last = true;
  {
    const std::lock_guard lock(report_mutex_);
    report_.stopped_by = judged.stopped_by;
  }
  Input input = std::move(judged.input);
  if (work.pieces == nullptr) {
    auto cut = work.source->source->cut(input.raw, count);
    step("judge.cut");
    if (!cut.ok()) return std::move(cut).error();
  } else {
    cut_input(input, count);
  }
  return judge_input(std::move(input), false);
}

// To the loader. False if nothing may follow.
bool Runner::hand_over(Work work, Result<Judged> judged) {
  if (!judged.ok()) {
    fail("judging a batch of " + pipeline_.name, judged.error());
    return false;
  }
  work.judged = std::move(judged).value();
  step("judge.judged");
  const bool last = work.last;
  ++unloaded_;
  return judged_.push(std::move(work)) && !last;
}

// Judges as many of the first records as refer to none of each other.
Result<Judged> Runner::judge_first(Input input) {
  auto judged = judge_input(std::move(input), own_parents_);
  while (judged.ok() && judged->split_at) {
    Input first = std::move(judged->input);
    cut_input(first, *judged->split_at);
    judged = judge_input(std::move(first), true);
  }
  return judged;
}

Result<Judged> Runner::judge_piece(Work& work, size_t count) {
  Input input;
  input.raw = work.pieces->peek(count);
  auto judged = judge_first(std::move(input));
  if (judged.ok() && judged->stop_at) judged = judge_before_stop(work, std::move(*judged));
  if (!judged.ok()) return judged;
  auto taken = work.pieces->take(judged->input.raw);
  if (!taken.ok() && !work.last && taken.error().kind == ErrorKind::Retryable) {
    // Its file has been moved, so there is no position within the batch: children wait instead.
    Input all;
    all.raw = work.pieces->peek(work.pieces->left());
    judged = judge_input(std::move(all), false);
    if (!judged.ok() || judged->stop_at) return std::move(taken).error();
    taken = work.pieces->take(judged->input.raw);
  }
  CW_TRY(taken);
  if (work.last) CW_TRY(work.pieces->end_here());
  return judged;
}

// The batch in pieces, each committed before the next is judged. Their size follows how far apart
// the records are that refer to each other, so that little is judged twice.
bool Runner::judge_pieces(const Work& whole, Judged judged) {
  size_t guess = *judged.split_at;
  const auto pieces = std::make_shared<Pieces>(std::move(judged.input.raw), *whole.source->source);
  while (pieces->left() > 0) {
    if (!wait_for_loader()) return false;
    Work work;
    work.source = whole.source;
    work.pieces = pieces;
    const size_t asked = std::min(guess, pieces->left()), before = pieces->left();
    auto piece = judge_piece(work, asked);
    const size_t taken = before - pieces->left();
    guess = taken == asked ? asked * 2 : std::max(taken, smallest_piece);
    if (!hand_over(std::move(work), std::move(piece))) return false;
    step("judge.piece");
  }
  return true;
}

void Runner::tick_clock() {
  const auto time = Steady::now();
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(time - last_tick_);
  last_tick_ = time;
  // While a full park holds up the sources, a pipeline that is its own parent cannot catch up.
  if (hooks_.parents_caught_up(*judge_) || park_is_full()) clock_ += passed.count();
}

// Sends held records whose parents have come, or whose time is up, through the stages. One such
// batch is under way at a time: until it has been committed they would be found again.
bool Runner::judge_held_if_due() {
  if (replace_ || judge_->reference_targets().empty()) return true;
  tick_clock();
  const auto began = Steady::now();
  const auto since_look = began - last_look_;
  const bool due = release_due_ || since_look > look_interval;
  if (held_in_flight_ || !due || since_look < vain_look_ * look_share) return true;
  if (!may_release()) return true;
  release_due_ = false;
  last_look_ = began;
  auto held = warehouse_.releasable(pipeline_.name, judge_->reference_targets(), held_batch);
  Origin origin = Origin::Release;
  if (held.ok() && held->ids.empty()) {
    held = warehouse_.expired(pipeline_.name, std::chrono::microseconds(clock_.load()), held_batch);
    origin = Origin::Expiry;
  }
  if (!held.ok()) {
    if (held.error().kind == ErrorKind::Retryable) return true;
    fail("looking for parked records", held.error());
    return false;
  }
  last_look_ = Steady::now();
  vain_look_ = held->ids.empty() ? last_look_ - began : Steady::duration::zero();
  if (held->ids.empty()) return true;
  if (held->ids.size() == held_batch) release_due_ = true;
  auto judged = judge_held(to_input(std::move(*held), origin));
  if (!judged.ok()) {
    fail("judging held records", judged.error());
    return false;
  }
  tell_held_step(origin);
  held_in_flight_ = true;
  Work work;
  work.judged = std::move(judged).value();
  ++unloaded_;
  return judged_.push(std::move(work));
}

// Where a pipeline loads its own parents, records that came before theirs are judged again when all
// input that is there has been judged: sooner, it would depend on the batches which of the records
// after them they meet (docs/decisions/0010-parents-in-order.md). A full park cannot wait for that.
bool Runner::may_release() const {
  if (!own_parents_) return true;
  if (unloaded_ > 0) return false;
  return park_is_full() || (!once_ && unjudged_ == 0 && caught_up());
}

// Judges held records, or the first ones of them; the others are found again.
Result<Judged> Runner::judge_held(Input input) {
  const size_t count = input.raw.records.size();
  auto judged = judge_first(std::move(input));
  if (judged.ok() && judged->input.raw.records.size() < count) release_due_ = true;
  return judged;
}

// --- without threads

Result<void> Runner::settle_held(bool input_ended) {
  Patience held = patience("judging held records");
  held.most = patience_once;
  return patiently(held, [&] { return try_settle_held(input_ended); });
}

Result<void> Runner::try_settle_held(bool input_ended) {
  const std::vector<std::string>& targets = judge_->reference_targets();
  if (replace_ || targets.empty()) return {};
  // A record that is judged and still waits would be found again: only news goes round again.
  for (int64_t last = -1;;) {
    CW_ASSIGN(auto held, warehouse_.releasable(pipeline_.name, targets, held_batch));
    Origin origin = Origin::Release;
    if (held.ids.empty() && input_ended) {
      CW_ASSIGN(held,
                warehouse_.expired(pipeline_.name, std::chrono::microseconds::max(), held_batch));
      origin = Origin::Expiry;
    }
    if (held.ids.empty()) return {};
    if (held.ids.front() == last) return {};
    last = held.ids.front();
    CW_ASSIGN(Judged judged, judge_held(to_input(std::move(held), origin)));
    tell_held_step(origin);
    CW_ASSIGN(const Committed committed,
              loader_.commit(judged, std::chrono::microseconds(clock_.load())));
    account(judged, committed);
  }
}

Result<ReplayReport> Runner::replay(warehouses::HeldRecords held,
                                    std::vector<std::string_view> originals) {
  ReplayReport report;
  CW_ASSIGN(const warehouses::PipelineState state, warehouse_.state(pipeline_.name));
  Input rest = to_input(std::move(held), Origin::Replay);
  rest.originals = std::move(originals);
  for (size_t done = 0; done < rest.ids.size();) {
    CW_ASSIGN(Judged judged, judge_held(from(rest, done)));
    step("replay.judged");
    CW_ASSIGN(const Committed committed, loader_.commit(judged, state.clock));
    step("replay.after_commit");
    const size_t count = judged.input.ids.size();
    done += count;
    report.rejected += committed.rejected;
    report.accepted += static_cast<int64_t>(count) - committed.rejected;
    hooks_.tables_written(committed.written);
  }
  return report;
}

}  // namespace clearwell::engine
