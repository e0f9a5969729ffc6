// Makes reports when they are due. What has been made stands in clearwell.report_runs of the
// warehouse, so that what was missed is made up for, and no moment twice by two processes: whoever
// inserts its row makes the report. A process that died at it leaves a row that is running, which
// the next one takes over.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/cron.h"
#include "base/result.h"
#include "base/time.h"
#include "config/project.h"
#include "warehouses/warehouse.h"

namespace clearwell::reports {

class Scheduler {
 public:
  // Both must outlive it. REQUIRES: a project without faults.
  Scheduler(const config::Project& project, warehouses::Warehouse& warehouse);

  // Makes every report that is due by now, the oldest first, until `stopping`. A report that cannot
  // be made is noted and logged, and keeps nothing else from being made. Retryable where the
  // warehouse is away or the disk is full: ask again.
  Result<void> make_due(const std::function<bool()>& stopping);

 private:
  struct Plan {
    const config::Schedule* schedule;
    const config::Report* report;
    Cron cron;
    std::string where;   // of its rows in report_runs
    bool known = false;  // `next` has been learnt
    Instant next;
    Steady::time_point not_before;  // another process is at `next`: asked again then
  };
  enum class Claim { Ours, Theirs, Over };

  Result<void> learn(Plan& plan);
  Instant first_of(const Plan& plan, Instant last) const;
  Plan* oldest();
  Result<Claim> claim(const Plan& plan);
  Result<void> make_one(const Plan& plan);
  Result<void> note(const Plan& plan, const std::string& changes);
  Result<std::vector<std::string>> texts(const std::string& select);

  const config::Project& project_;
  warehouses::Warehouse& warehouse_;
  const Instant began_ = now();
  const std::string owner_;
  std::vector<Plan> plans_;
};

}  // namespace clearwell::reports
