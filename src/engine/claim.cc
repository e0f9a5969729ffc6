#include "engine/claim.h"

#include <thread>

#include "base/log.h"
#include "base/time.h"

namespace clearwell::engine {

using namespace std::chrono_literals;

constexpr auto patience = 15s;
constexpr auto between_asking = 100ms;

Result<bool> claim(warehouses::Warehouse& warehouse, const std::string& pipeline,
                   const ClaimOptions& options) {
  const auto until = Steady::now() + patience;
  bool told = false;
  while (options.stop == nullptr || !*options.stop) {
    CW_ASSIGN(const std::string holder, warehouse.claim(pipeline));
    if (holder.empty()) return true;
    if (options.bounded && Steady::now() > until) {
      return config_error("pipeline " + pipeline + " is in use by " + holder +
                          "; stop it, or ask again when it has ended");
    }
    if (!told) log_warn("pipeline " + pipeline + " is in use by " + holder + ": waiting");
    told = true;
    std::this_thread::sleep_for(between_asking);
  }
  return false;
}

}  // namespace clearwell::engine
