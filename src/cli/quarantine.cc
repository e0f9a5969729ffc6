#include "cli/quarantine.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "cli/session.h"
#include "cli/text.h"

namespace clearwell::cli {
namespace {

const std::vector<std::string> states = {"open",     "resolved",  "released",
                                         "replayed", "discarded", "all"};

}  // namespace

Result<std::string> where(const HeldFilter& filter) {
  if (std::find(states.begin(), states.end(), filter.state) == states.end()) {
    return config_error(
        fmt::format("unknown state '{}'; one of: {}", filter.state, join(states, ", ")));
  }
  std::vector<std::string> terms = {"true"};
  if (filter.state != "all") terms.push_back("state = " + duckdb::quote_text(filter.state));
  if (filter.pipeline) terms.push_back("pipeline = " + duckdb::quote_text(*filter.pipeline));
  if (filter.reason) {
    terms.push_back(duckdb::quote_text(*filter.reason) + " = ANY (codes)");
  }
  return " WHERE " + join(terms, " AND ");
}

Result<void> require_choice(const ReplayArguments& arguments) {
  if (arguments.all && !arguments.ids.empty()) {
    return config_error("give either ids or --all, not both");
  }
  if (!arguments.all && arguments.ids.empty()) {
    return config_error("which records? Give their ids, or --all with filters");
  }
  return {};
}

Result<std::vector<int64_t>> chosen_ids(warehouses::Warehouse& warehouse,
                                        const ReplayArguments& arguments) {
  if (!arguments.all) return arguments.ids;
  CW_ASSIGN(const std::string condition, where(arguments.filter));
  CW_ASSIGN(const Table rows, texts(warehouse, "SELECT id::VARCHAR FROM clearwell.quarantine" +
                                                   condition + " ORDER BY id"));
  std::vector<int64_t> ids;
  for (const auto& row : rows.rows) {
    const std::string& text = row.front().value();
    std::from_chars(text.data(), text.data() + text.size(), ids.emplace_back());
  }
  return ids;
}

}  // namespace clearwell::cli
