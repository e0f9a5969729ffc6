// One process runs a pipeline, although many may reach its warehouse: the others wait here.
#pragma once

#include <atomic>
#include <string>

#include "base/result.h"
#include "warehouses/warehouse.h"

namespace clearwell::engine {

struct ClaimOptions {
  // Give up when another process keeps it for 15 s, longer than a lease of one that vanished lasts.
  bool bounded = true;
  const std::atomic<bool>* stop = nullptr;
  // The project whose pipeline it is.
  std::string project = {};
};

// True when the pipeline is ours, false if told to stop before. A Config error, which names the
// process that has it, when bounded and in vain; or if another project has a pipeline of that name
// in the warehouse: counts, positions and quarantine of both would be mixed.
Result<bool> claim(warehouses::Warehouse& warehouse, const std::string& pipeline,
                   const ClaimOptions& options);

// The project that the pipeline of this name belongs to in the warehouse; empty: to this one, now
// if nobody has run it before. REQUIRES: nobody else runs it now.
Result<std::string> other_project(warehouses::Warehouse& warehouse, const std::string& pipeline,
                                  const std::string& project);

}  // namespace clearwell::engine
