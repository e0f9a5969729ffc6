// Runner: one pipeline at work. Three stages, each on a thread of its own, joined by bounded
// queues:
//   read (one thread a source) → judge → load
// so that batch n+1 is read and judged while batch n is loaded.
//
// Under a backlog several batches share a transaction: DuckDB writes an append of more than a row
// group (122 880 rows) straight into its file, and neither logs it nor has to checkpoint it later.
// Only full batches are followed by another one, so a record that comes alone is committed at once.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/gathering.h"
#include "engine/judge.h"
#include "engine/loader.h"
#include "engine/patience.h"
#include "engine/pieces.h"
#include "engine/queue.h"
#include "sources/source.h"

namespace clearwell::engine {

// What a runner tells and asks of the run it belongs to. All may be called from its threads.
struct RunHooks {
  // Is somebody in this run about to bring rows of this table?
  std::function<bool(const std::string& table)> can_wait;
  // Are the pipelines that bring parents running and caught up (or is there none in this run)?
  std::function<bool(const Judge& judge)> parents_caught_up;
  // A commit has written these tables.
  std::function<void(const std::vector<std::string>& tables)> tables_written;
  std::function<void(const std::string& pipeline, const batch::Counts&)> progress;
};

class Runner {
 public:
  Runner(const config::Project& project, const config::Pipeline& pipeline,
         std::unique_ptr<Judge> judge, warehouses::Warehouse& warehouse, RunHooks hooks);
  ~Runner();

  // Opens the sources where the last commit left them. Config error if they do not fit.
  Result<void> open(bool once);
  // Starts the threads.
  void start(const std::atomic<bool>* stop);
  // Ends it as a failure would, without waiting.
  void give_up() { failed_ = true; }
  // Waits for the end: of the input (once), of a failure, or of `stop`.
  void join();
  // Judges held records whose parents have come; with `input_ended` also all parked ones, once
  // more, which then end in quarantine. Systemic faults are retried for a while. Not while the
  // threads run.
  Result<void> settle_held(bool input_ended);

  // Keeps how long parked records have waited, for the next run. Not while the threads run.
  Result<void> save_clock();

  // Judges quarantined records again. Not while the threads run.
  Result<ReplayReport> replay(warehouses::HeldRecords held,
                              std::vector<std::string_view> originals);

  // Ends its threads with a failure. From any thread.
  void give_up(const Error& error) { fail("running " + pipeline_.name, error); }

  // Parents may have come: look for releasable records soon. From any thread.
  void look_for_parents() { release_due_ = true; }

  bool finished() const { return finished_; }
  // The threads have come to their end, though perhaps not been joined.
  bool ended() const { return loaded_; }
  bool caught_up() const;
  const Judge& judge() const { return *judge_; }
  Judge& judge() { return *judge_; }
  PipelineReport report() const;

 private:
  struct Source {
    const config::Source* config = nullptr;
    std::unique_ptr<sources::Source> source;
    sources::Limits limits{};
    std::vector<std::string> told;  // problems that have been logged
    Steady::time_point looked;
  };
  // A batch on its way: judged.input alone at first, then all of it.
  struct Work {
    Judged judged;
    Source* source = nullptr;             // none: held records
    bool last = false;                    // a check with action stop ends the run after it
    std::shared_ptr<Pieces> pieces = {};  // the batch that it is a piece of
  };

  void read(Source& source);
  void tell_problems(Source& source);
  void judge_all();
  bool judge_next();
  bool wait_for_loader() const;
  Result<Judged> judge_before_stop(Work& work, Judged judged);
  Result<Judged> judge_first(Input input);
  Result<Judged> judge_piece(Work& work, size_t count);
  Result<Judged> judge_held(Input input);
  Result<void> try_settle_held(bool input_ended);
  bool judge_pieces(const Work& whole, Judged judged);
  bool hand_over(Work work, Result<Judged> judged);
  bool may_release() const;
  bool judge_held_if_due();
  void load_all();
  void load_group(Work first);
  Result<std::vector<Committed>> commit_group(std::deque<Work>& group);
  std::optional<Work> pop_follower(const std::deque<Work>& group,
                                   const std::vector<Committed>& done, Steady::time_point until);
  bool over_budget(const batch::Counts& run, int64_t quarantined_bytes) const;
  void load_next(Work work);
  void loaded(Work& work, const Committed& committed);
  void end_replacing();
  bool park_is_full() const;
  Result<Committed> commit(Judged& judged);
  Result<Committed> commit_replacing(Judged& judged);
  Result<void> finish_replacing();
  Result<Judged> judge_input(Input input, bool may_split);
  void account(const Judged& judged, const Committed& committed);
  void fail(const std::string& what, const Error& error);
  void pause(std::chrono::milliseconds time) const;
  bool stopping() const { return failed_ || (stop_ != nullptr && *stop_); }
  void tick_clock();
  // As top and perf show it; the kernel keeps 15 bytes.
  static void name_thread(const char* name);

  // Systemic faults are retried (patience.h); under --once only for so long.
  Patience patience(const std::string& what) const;

  const config::Project& project_;
  const config::Pipeline& pipeline_;
  std::unique_ptr<Judge> judge_;
  warehouses::Warehouse& warehouse_;
  Loader loader_;
  RunHooks hooks_;
  bool replace_ = false;  // all loads replace: one transaction for the whole run
  std::unique_ptr<warehouses::Transaction> replacing_;
  std::unique_ptr<Gathering> gathering_;  // records of such a run, for loads over all of them

  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::thread> threads_;
  // Does it load tables that it refers to? Then a batch is committed before the next is judged.
  bool own_parents_ = false;
  std::atomic<int> unjudged_{0};  // batches that have been read and are on their way to the loader
  std::atomic<int> unloaded_{0};  // batches that are on their way to the loader, or in it
  Queue<Work> raw_{1};
  Queue<Work> judged_{1};
  std::atomic<int> reading_{0};
  std::atomic<bool> finished_{false};
  std::atomic<bool> loaded_{false};  // the last stage has ended
  std::atomic<bool> failed_{false};
  std::atomic<bool> halted_{false};  // what has been judged is not committed any more
  std::atomic<bool> release_due_{true};
  std::atomic<bool> held_in_flight_{false};
  const std::atomic<bool>* stop_ = nullptr;
  bool once_ = false;

  std::atomic<int64_t> clock_{0};  // microseconds, see PipelineState
  Steady::time_point last_tick_ = Steady::now();
  Steady::time_point last_look_ = Steady::now();
  Steady::duration vain_look_{0};  // how long the last look for held records took that found none
  Steady::time_point last_progress_ = Steady::now();

  mutable std::mutex report_mutex_;
  PipelineReport report_;
  batch::Counts before_;  // totals when the run began
  int64_t quarantined_bytes_ = 0;
};

}  // namespace clearwell::engine
