#include "engine/reporting.h"

#include "base/log.h"
#include "engine/patience.h"
#include "reports/scheduler.h"

namespace clearwell::engine {
namespace {

// Cron lines know minutes, so nobody waits for this.
constexpr std::chrono::milliseconds between_looks{100};

}  // namespace

Reporting::Reporting(const config::Project& project, warehouses::Warehouse& warehouse) {
  if (project.schedules.empty()) return;
  thread_ = std::thread([this, &project, &warehouse] { work(project, warehouse); });
}

Reporting::~Reporting() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void Reporting::work(const config::Project& project, warehouses::Warehouse& warehouse) {
  reports::Scheduler scheduler(project, warehouse);
  Patience patience;
  patience.what = "making reports";
  patience.stopping = [this] { return ending_.load(); };
  while (!ending_) {
    const auto done = patiently(patience, [&] { return scheduler.make_due(patience.stopping); });
    if (!done.ok() && done.error().kind != ErrorKind::Retryable) {
      log_error("reports are no longer made: " + done.error().message);
      return;
    }
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace clearwell::engine
