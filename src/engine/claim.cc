#include "engine/claim.h"

#include <thread>

#include "base/log.h"
#include "base/time.h"

namespace clearwell::engine {

using namespace std::chrono_literals;

constexpr auto patience = 15s;
constexpr auto between_asking = 100ms;

Result<std::string> other_project(warehouses::Warehouse& warehouse, const std::string& pipeline,
                                  const std::string& project) {
  const std::string name = duckdb::quote_text("project of " + pipeline);
  CW_ASSIGN(const duckdb::Rows found,
            warehouse.query("SELECT value FROM clearwell.meta WHERE name = " + name));
  if (found.size() > 0) {
    const std::string owner(found.chunks.front().column(0).text(0));
    return owner == project ? std::string() : owner;
  }
  CW_TRY(warehouse.execute("INSERT INTO clearwell.meta VALUES (" + name + ", " +
                           duckdb::quote_text(project) + ")"));
  return std::string();
}

namespace {

Result<void> keep_to_project(warehouses::Warehouse& warehouse, const std::string& pipeline,
                             const std::string& project) {
  CW_ASSIGN(const std::string owner, other_project(warehouse, pipeline, project));
  if (owner.empty()) return {};
  return config_error("the pipeline " + pipeline + " in this warehouse is that of the project " +
                      owner +
                      ", and what is known of the two would be mixed: rename it, or give the "
                      "project a warehouse of its own. If it is the same project under a new name: "
                      "UPDATE clearwell.meta SET value = " +
                      duckdb::quote_text(project) + " WHERE name = 'project of " + pipeline + "'");
}

}  // namespace

Result<bool> claim(warehouses::Warehouse& warehouse, const std::string& pipeline,
                   const ClaimOptions& options) {
  const auto until = Steady::now() + patience;
  bool told = false;
  while (options.stop == nullptr || !*options.stop) {
    CW_ASSIGN(const std::string holder, warehouse.claim(pipeline));
    if (holder.empty()) {
      if (!options.project.empty()) {
        CW_TRY(keep_to_project(warehouse, pipeline, options.project));
      }
      return true;
    }
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
