// clearwell quarantine replay and discard: what a person decides about rejected records.
#include <fmt/format.h>

#include "cli/quarantine.h"
#include "cli/session.h"
#include "cli/text.h"
#include "engine/engine.h"

namespace clearwell::cli {
namespace {

Result<std::vector<engine::Repair>> repairs_of(const std::vector<std::string>& texts) {
  std::vector<engine::Repair> repairs;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return config_error(
          fmt::format("--set {}: expected path=value, e.g. --set 'cart[0].quantity=1'", text));
    }
    repairs.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return repairs;
}

Result<std::unique_ptr<warehouses::Warehouse>> open_to_change(const config::Project& project) {
  if (!warehouse_exists(project)) return open_to_read(project);  // says what is wrong
  return open_warehouse(project, warehouses::Access::Write);
}

Result<ExitCode> nothing_to_do(const Common& common, const std::string& json) {
  note("no records in quarantine match; nothing was done");
  if (common.output == Output::Json) print(json + "\n");
  return ExitCode::Done;
}

}  // namespace

Result<ExitCode> quarantine_replay(const Common& common, const ReplayArguments& arguments) {
  CW_TRY(require_choice(arguments));
  CW_ASSIGN(const std::vector<engine::Repair> repairs, repairs_of(arguments.repairs));
  CW_ASSIGN(const config::Project project, load_sound(common));
  CW_ASSIGN(auto warehouse, open_to_change(project));
  CW_ASSIGN(const std::vector<int64_t> ids, chosen_ids(*warehouse, arguments));
  if (ids.empty()) return nothing_to_do(common, R"({"accepted":0,"rejected":0})");
  CW_ASSIGN(const engine::ReplayReport report, engine::replay(project, *warehouse, ids, repairs));
  if (common.output == Output::Json) {
    print(
        JsonObject().number("accepted", report.accepted).number("rejected", report.rejected).str() +
        "\n");
  } else {
    print(fmt::format("{} replayed: {} accepted, {} still in quarantine\n",
                      counted(report.accepted + report.rejected, "record"), report.accepted,
                      report.rejected));
  }
  return ExitCode::Done;
}

Result<ExitCode> quarantine_discard(const Common& common, const ReplayArguments& arguments) {
  CW_TRY(require_choice(arguments));
  CW_ASSIGN(const config::Project project, load_for_reading(common));
  CW_ASSIGN(auto warehouse, open_to_change(project));
  CW_ASSIGN(const std::vector<int64_t> ids, chosen_ids(*warehouse, arguments));
  if (ids.empty()) return nothing_to_do(common, R"({"discarded":0})");
  CW_ASSIGN(const int64_t discarded, engine::discard(*warehouse, ids));
  if (common.output == Output::Json) {
    print(JsonObject().number("discarded", discarded).str() + "\n");
  } else {
    print(counted(discarded, "record") + " discarded\n");
  }
  return ExitCode::Done;
}

}  // namespace clearwell::cli
