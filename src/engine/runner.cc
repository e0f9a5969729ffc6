#include "engine/runner.h"

#include <algorithm>

#include <pthread.h>

#include "base/log.h"
#include "base/step.h"

namespace clearwell::engine {

using namespace std::chrono_literals;

// How many held records are judged at once, and how often they are looked for without being told.
constexpr size_t held_batch = 10'000;
constexpr auto look_interval = 3s;

Runner::Runner(const config::Project& project, const config::Pipeline& pipeline,
               std::unique_ptr<Judge> judge, warehouses::Warehouse& warehouse, RunHooks hooks)
    : project_(project),
      pipeline_(pipeline),
      judge_(std::move(judge)),
      warehouse_(warehouse),
      loader_(*judge_, warehouse_),
      hooks_(std::move(hooks)) {
  report_.pipeline = pipeline.name;
  for (const config::Kind& kind : pipeline.kinds) {
    for (const config::Load& load : kind.loads) {
      replace_ |= load.mode == config::LoadMode::Replace;
    }
  }
  // A batch whose parents are rows of the batch before it finds them when those are committed.
  const std::vector<std::string> tables = judge_->tables();
  for (const std::string& target : judge_->reference_targets()) {
    const std::string table = target.substr(0, target.rfind('.'));
    groups_ &= std::find(tables.begin(), tables.end(), table) == tables.end();
  }
}

Runner::~Runner() {
  give_up();
  join();
}

Result<void> Runner::open(bool once) {
  // A replacing pipeline reads what there is and ends, also where others follow their input.
  once_ = once || replace_;
  CW_ASSIGN(const warehouses::PipelineState state, warehouse_.state(pipeline_.name));
  clock_ = state.clock.count();
  {
    const std::lock_guard lock(report_mutex_);
    report_.total = before_ = state.counts;
    quarantined_bytes_ = state.quarantined_bytes;
  }
  const config::Limits& limits = project_.limits;
  for (const config::Source& config : pipeline_.sources) {
    auto source = std::make_unique<Source>();
    source->config = &config;
    source->limits = {static_cast<size_t>(limits.batch_rows),
                      static_cast<size_t>(limits.batch_bytes),
                      static_cast<size_t>(limits.record_bytes), limits.linger};
    for (const sources::SourceKind& kind : sources::all_sources()) {
      if (kind.spec.name != config.type) continue;
      CW_ASSIGN(source->source, kind.make(config, {pipeline_.name, project_.folder, once_}));
    }
    CW_ASSERT(source->source != nullptr);
    sources::Resume resume;
    if (!replace_) {
      CW_ASSIGN(resume.lanes, warehouse_.lanes(pipeline_.name, config.name));
      CW_ASSIGN(resume.marks, warehouse_.marks(pipeline_.name, config.name));
    }
    CW_TRY(source->source->open(std::move(resume)));
    step("source.opened");
    sources_.push_back(std::move(source));
  }
  return {};
}

namespace {

void tell_held_step(Origin origin) {
  if (origin == Origin::Release) {
    step("judge.released");
  } else {
    step("judge.expired");
  }
}

}  // namespace

void Runner::name_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

void Runner::start(const std::atomic<bool>* stop) {
  stop_ = stop;
  last_tick_ = last_look_ = Steady::now();
  reading_ = static_cast<int>(sources_.size());
  for (auto& source : sources_) {
    threads_.emplace_back([this, &source] { read(*source); });
  }
  threads_.emplace_back([this] { judge_all(); });
  threads_.emplace_back([this] { load_all(); });
}

void Runner::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (auto& source : sources_) source->source->close();
  sources_.clear();
  finished_ = true;
}

void Runner::pause(std::chrono::milliseconds time) const {
  const auto until = Steady::now() + time;
  while (!stopping() && Steady::now() < until) std::this_thread::sleep_for(10ms);
}

void Runner::fail(const std::string& what, const Error& error) {
  const std::lock_guard lock(report_mutex_);
  if (report_.failure.empty()) report_.failure = what + ": " + error.message;
  failed_ = true;
  raw_.close();
  judged_.close();
}

// --- read

void Runner::read(Source& source) {
  name_thread("read");
  auto wait = first_pause;
  Steady::time_point since = Steady::now();
  while (!stopping()) {
    if (!once_ && park_is_full()) {
      pause(50ms);
      continue;
    }
    Work work;
    work.source = &source;
    batch::RawBatch& raw = work.judged.input.raw;
    raw.source = source.config->name;
    auto polled = source.source->poll(raw, source.limits, 20ms);
    if (!polled.ok()) {
      const bool again = polled.error().kind == ErrorKind::Retryable &&
                         (!once_ || Steady::now() - since < patience_once);
      if (!again) {
        fail("reading " + source.config->name, polled.error());
        break;
      }
      log_warn(pipeline_.name + ": reading " + source.config->name +
               " failed, trying again: " + polled.error().message);
      pause(wait);
      wait = std::min<std::chrono::milliseconds>(wait * 2, longest_pause);
      continue;
    }
    tell_problems(source);
    wait = first_pause;
    since = Steady::now();
    if (*polled == sources::Polled::Finished) break;
    if (*polled == sources::Polled::Idle) continue;
    for (batch::Record& record : raw.records) record.source = source.config->name;
    step("read.polled");
    ++unjudged_;
    if (!raw_.push(std::move(work))) break;
    step("read.handed_over");
  }
  if (--reading_ == 0) raw_.end();
}

// What is wrong with single files is told once, when it is met.
void Runner::tell_problems(Source& source) {
  if (Steady::now() - source.looked < 1s) return;
  source.looked = Steady::now();
  std::vector<std::string> problems = source.source->problems();
  for (const std::string& problem : problems) {
    if (std::find(source.told.begin(), source.told.end(), problem) != source.told.end()) continue;
    log_warn(pipeline_.name + ": " + problem);
  }
  source.told = std::move(problems);
}

bool Runner::caught_up() const {
  if (finished_) return true;
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return source->source->caught_up(); });
}

// --- judge

Result<Judged> Runner::judge_input(Input input) {
  Judge::Options options;
  options.look_up = [this](const std::string& table, const std::string& column,
                           const std::vector<std::string>& take,
                           const std::vector<std::string>& keys) {
    return warehouse_.lookup({table, column, take, keys});
  };
  options.can_wait = [this](const std::string& table) {
    // Following, a full park slows the sources instead (read).
    return !replace_ && !(once_ && park_is_full()) && hooks_.can_wait(table);
  };
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

bool Runner::judge_next() {
  std::optional<Work> work = raw_.pop(20ms);
  if (!work) return true;
  auto judged = judge_input(std::move(work->judged.input));
  if (judged.ok() && judged->stop_at) {
    // What came before the record is committed; it and the rest are left unread.
    const std::string check = judged->stopped_by;
    Input input = std::move(judged->input);
    auto cut = work->source->source->cut(input.raw, *judged->stop_at);
    step("judge.cut");
    if (cut.ok()) {
      judged = judge_input(std::move(input));
    } else {
      judged = std::move(cut).error();
    }
    work->last = true;
    const std::lock_guard lock(report_mutex_);
    report_.stopped_by = check;
  }
  if (!judged.ok()) {
    fail("judging a batch of " + pipeline_.name, judged.error());
    return false;
  }
  work->judged = std::move(judged).value();
  step("judge.judged");
  const bool last = work->last;
  const bool pushed = judged_.push(std::move(*work));
  --unjudged_;
  step("judge.handed_over");
  return pushed && !last;
}

Input Runner::to_input(warehouses::HeldRecords held, Origin origin) {
  Input input;
  input.origin = origin;
  input.raw = std::move(held.raw);
  input.ids = std::move(held.ids);
  input.from_park = std::move(held.from_park);
  return input;
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
  const bool interval = Steady::now() - last_look_ > look_interval;
  if (held_in_flight_ || !any_waits_ || !(interval || release_due_)) return true;
  release_due_ = false;
  last_look_ = Steady::now();
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
  if (held->ids.empty()) return true;
  if (held->ids.size() == held_batch) release_due_ = true;
  auto judged = judge_input(to_input(std::move(*held), origin));
  if (!judged.ok()) {
    fail("judging held records", judged.error());
    return false;
  }
  tell_held_step(origin);
  held_in_flight_ = true;
  Work work;
  work.judged = std::move(judged).value();
  return judged_.push(std::move(work));
}

// --- without threads

Result<void> Runner::settle_held(bool input_ended) {
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
    CW_ASSIGN(Judged judged, judge_input(to_input(std::move(held), origin)));
    tell_held_step(origin);
    CW_ASSIGN(const Committed committed,
              loader_.commit(judged, std::chrono::microseconds(clock_.load())));
    account(judged, committed);
  }
}

Result<void> Runner::save_clock() {
  if (replace_ || report().total.parked == 0) return {};
  CW_ASSIGN(auto transaction, warehouse_.begin());
  CW_TRY(transaction->count(pipeline_.name, {}, std::chrono::microseconds(clock_.load())));
  CW_TRY(transaction->commit());
  step("run.clock_saved");
  return {};
}

Result<ReplayReport> Runner::replay(warehouses::HeldRecords held,
                                    std::vector<std::string_view> originals) {
  ReplayReport report;
  if (held.ids.empty()) return report;
  const auto count = static_cast<int64_t>(held.ids.size());
  CW_ASSIGN(const warehouses::PipelineState state, warehouse_.state(pipeline_.name));
  Input input = to_input(std::move(held), Origin::Replay);
  input.originals = std::move(originals);
  CW_ASSIGN(Judged judged, judge_input(std::move(input)));
  step("replay.judged");
  CW_ASSIGN(const Committed committed, loader_.commit(judged, state.clock));
  step("replay.after_commit");
  report.rejected = committed.rejected;
  report.accepted = count - committed.rejected;
  hooks_.tables_written(committed.written);
  return report;
}

}  // namespace clearwell::engine
