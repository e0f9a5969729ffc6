// The engine's door for the command line and the server: check a project, run pipelines, judge
// quarantined records again.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/fate.h"
#include "config/project.h"
#include "warehouses/warehouse.h"

namespace clearwell::engine {

// Everything that is wrong with the project beyond its YAML: contract texts, SQL of checks, loads
// and models against the contract's types. Opens no connection.
void check(const config::Project& project, config::Faults& faults);

struct RunOptions {
  std::vector<std::string> pipelines;       // empty: all
  bool once = false;                        // end when all input has been read
  const std::atomic<bool>* stop = nullptr;  // becomes true on SIGINT, SIGTERM
  // Called from the engine's threads now and then (at most 5 times a second) with this run's
  // counts.
  std::function<void(const std::string& pipeline, const batch::Counts&)> progress;
};

struct PipelineReport {
  std::string pipeline;
  batch::Counts run;                        // changes of this run
  batch::Counts total;                      // since the beginning
  std::map<std::string, int64_t> warnings;  // violations of checks with action warn, by check
  bool over_budget = false;
  std::string stopped_by;  // name of a check with `action: stop`, or empty
  std::string failure;     // why it ended before its input did, or empty
};

struct RunReport {
  std::vector<PipelineReport> pipelines;
  std::vector<std::string> model_failures;
  double seconds = 0;
  bool stopped = false;  // by `stop`
};

// Runs the pipelines until their input ends (once) or `stop`. Parents come before children. A
// pipeline that fails is reported and does not take the others along. An Error when nothing could
// be started. Models are rebuilt.
Result<RunReport> run(const config::Project& project, warehouses::Warehouse& warehouse,
                      const RunOptions& options);

struct Repair {
  std::string path;   // "cart[0].quantity"
  std::string value;  // JSON, or plain text taken as a JSON text where it is no JSON
};

struct ReplayReport {
  int64_t accepted = 0;  // loaded, superseded, duplicate or skipped
  int64_t rejected = 0;  // stays in quarantine with its new reasons
};

// Judges quarantined records again, with today's contract, in their original order. `repairs` are
// applied to each payload first. Config error for an unknown pipeline or id, or a path that does
// not fit.
Result<ReplayReport> replay(const config::Project& project, warehouses::Warehouse& warehouse,
                            const std::vector<int64_t>& ids, const std::vector<Repair>& repairs);

// Takes open records out of quarantine for good.
Result<int64_t> discard(warehouses::Warehouse& warehouse, const std::vector<int64_t>& ids);

}  // namespace clearwell::engine
