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
};

// True when the pipeline is ours, false if told to stop before. A Config error, which names the
// process that has it, when bounded and in vain.
Result<bool> claim(warehouses::Warehouse& warehouse, const std::string& pipeline,
                   const ClaimOptions& options);

}  // namespace clearwell::engine
