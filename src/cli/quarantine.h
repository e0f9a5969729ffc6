// What the quarantine subcommands share: which records are meant, as SQL over clearwell.quarantine.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/commands.h"
#include "warehouses/warehouse.h"

namespace clearwell::cli {

// " WHERE …" that selects the filter's records, or a Config error for an unknown state.
Result<std::string> where(const HeldFilter& filter);

// A Config error unless either ids or --all are given.
Result<void> require_choice(const ReplayArguments& arguments);
// The ids given, or with `all` those that the filter matches, in ascending order.
Result<std::vector<int64_t>> chosen_ids(warehouses::Warehouse& warehouse,
                                        const ReplayArguments& arguments);

}  // namespace clearwell::cli
