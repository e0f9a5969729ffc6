// Named steps of the way from a source to a commit: where a crash test stops the program.
//
// Code calls step("load.counts") once a batch, a commit or a file action, never once a record.
// Nothing happens there, at the cost of one predictable branch, unless the environment says so:
//   CLEARWELL_STOP_AT=NAME[:N][:kill|:pause]   at the N-th passing (default 1) the program ends by
//                    SIGKILL (kill, the default), or stops by SIGSTOP and goes on with SIGCONT
//   CLEARWELL_STEPS_TO=FILE   the name of every step that is passed is appended to FILE, a line
//   each
#pragma once

#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clearwell {

// The table of all steps, in the order of a record's way. tests/integration/crash_steps.py stops at
// each of them, and fails for one that no scenario passes.
inline constexpr std::string_view step_table[] = {
    "warehouse.schema_made",  // Clearwell's own tables, before the commit
    "warehouse.opened",       // and what it keeps in memory has been read
    "warehouse.table_made",   // a table of the user, after its commit
    "postgres.claimed",       // the lease of a pipeline is ours
    "source.opened",
    "spool.taken",       // deliveries of a webhook, before they are written
    "spool.synced",      // they are on disk, and not answered yet
    "read.polled",       // a batch has been read
    "read.handed_over",  // and put into the queue to the judge
    "judge.judged",
    "judge.cut",          // a check with action stop has cut the batch
    "judge.piece",        // a piece of a batch whose records refer to each other, handed over
    "judge.released",     // held records whose parents have come
    "judge.expired",      // parked records whose time is up
    "judge.handed_over",  // put into the queue to the loader
    "load.begun",
    "postgres.copying",     // rows are at the server, the end of COPY is not
    "load.first_written",   // rows of a kind's first load
    "load.upsert_deleted",  // older rows are out, the newer ones not yet in
    "load.written",         // rows of all loads
    "load.refused",         // a row was refused; a trial has been rolled back
    "load.quarantined",     // rejected records
    "load.parked",          // records that wait
    "load.held_settled",    // released, expired or replayed records have left where they were
    "load.resolved",        // entries in quarantine
    "load.positions",       // lanes, or marks of files
    "load.counts",
    "load.before_commit",
    "postgres.before_lease",  // all is written; is the lease still ours?
    "postgres.lease_seen",    // it is; COMMIT comes next
    "load.after_commit",
    "load.confirmed",   // the source knows
    "replace.begun",    // tables and state are empty, in the transaction of the whole run
    "gather.added",     // the accepted records of a batch, for loads over all records
    "gather.computed",  // the rows of such a load are made, none is written
    "gather.loaded",    // all of them are written
    "replace.before_commit",
    "replace.after_commit",
    "files.before_move",  // `after: move`, the transaction has committed
    "files.after_move",
    "files.before_delete",  // `after: delete`
    "files.after_delete",
    "discard.settled",  // quarantine discard, before its counts
    "discard.before_commit",
    "discard.after_commit",
    "replay.judged",  // quarantine replay
    "replay.after_commit",
    "model.begun",
    "model.statement",  // one of the statements that rebuild it
    "model.before_commit",
    "model.after_commit",
    "report.scheduled",  // a schedule seen for the first time begins
    "report.claimed",    // a moment at which a report is due is ours, or another's, or over
    "report.made",       // its files are there, its row is not done yet
    "run.clock_saved",   // how long parked records have waited
    "run.checkpointed",  // housekeeping while following
    "run.noted",         // the line in clearwell.runs
    "run.reported",      // all is printed, the warehouse is still open
};

// The index of a name in the table. A name that is not in it does not compile.
class Step {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): step("name") reads best.
  consteval Step(const char* name) : index_(find(name)) {}
  size_t index() const { return index_; }

 private:
  static consteval size_t find(std::string_view name) {
    for (size_t i = 0; i < std::size(step_table); ++i) {
      if (step_table[i] == name) return i;
    }
    throw "this step is not in step_table";
  }
  size_t index_;
};

namespace steps {
extern bool watched;
void pass(Step where);
}  // namespace steps

inline void step(Step where) {
  if (steps::watched) [[unlikely]]
    steps::pass(where);
}

// What the two variables say; either may be null or empty. Called once, before any step. Config
// error for a text that is no stop (it lists the steps), or a file that cannot be opened.
Result<void> watch_steps(const char* stop_at, const char* steps_to);

}  // namespace clearwell
