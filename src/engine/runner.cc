#include "engine/runner.h"

#include <algorithm>

#include <pthread.h>

#include "base/log.h"
#include "base/step.h"
#include "batch/csv.h"

namespace clearwell::engine {

using namespace std::chrono_literals;

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
  own_parents_ = judge_->has_own_parents() && !replace_;
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
    sources::SourceContext context{pipeline_.name, project_.folder, once_};
    context.replaces = replace_;
    if (pipeline_.route.empty()) context.fields = batch::field_names(pipeline_.kinds.front());
    CW_ASSIGN(source->source, sources::kind_of(config).make(config, context));
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

Patience Runner::patience(const std::string& what) const {
  Patience out;
  out.what = pipeline_.name + ": " + what;
  out.stopping = [this] { return stopping(); };
  if (once_) out.most = patience_once;
  return out;
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
  while (!stopping()) {
    if (!once_ && park_is_full()) {
      pause(50ms);
      continue;
    }
    Work work;
    work.source = &source;
    batch::RawBatch& raw = work.judged.input.raw;
    const auto poll = [&] {
      raw = {};
      raw.source = source.config->name;
      return source.source->poll(raw, source.limits, 20ms);
    };
    auto polled = patiently(patience("reading " + source.config->name), poll);
    if (!polled.ok()) {
      const bool again = polled.error().kind == ErrorKind::Retryable && stopping();
      if (!again) fail("reading " + source.config->name, polled.error());
      break;
    }
    tell_problems(source);
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

Result<void> Runner::save_clock() {
  if (replace_ || report().total.parked == 0) return {};
  CW_ASSIGN(auto transaction, warehouse_.begin());
  CW_TRY(transaction->count(pipeline_.name, {}, std::chrono::microseconds(clock_.load())));
  CW_TRY(transaction->commit());
  step("run.clock_saved");
  return {};
}

}  // namespace clearwell::engine
