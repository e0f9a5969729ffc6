// Scheduled reports beside the pipelines: a thread of its own, so that a long report keeps neither
// records nor models waiting.
#pragma once

#include <atomic>
#include <thread>

#include "config/project.h"
#include "warehouses/warehouse.h"

namespace clearwell::engine {

class Reporting {
 public:
  // Starts at once, if the project has schedules. Both must outlive it.
  Reporting(const config::Project& project, warehouses::Warehouse& warehouse);
  // Ends after the report that is being made.
  ~Reporting();
  Reporting(const Reporting&) = delete;
  Reporting& operator=(const Reporting&) = delete;

 private:
  void work(const config::Project& project, warehouses::Warehouse& warehouse);

  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace clearwell::engine
