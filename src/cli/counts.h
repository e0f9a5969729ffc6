// The terms of the accounting equation in their one order, as columns, cells and JSON members.
#pragma once

#include <vector>

#include "batch/fate.h"
#include "cli/table.h"
#include "cli/text.h"

namespace clearwell::cli {

// What `run` leaves out of its table: a run discards nothing.
struct CountsShown {
  bool discarded = true;
};

void add_counts_columns(Table& table, CountsShown shown);
void add_counts_cells(std::vector<Table::Cell>& row, const batch::Counts& counts,
                      CountsShown shown = {});
void add_counts(JsonObject& object, const batch::Counts& counts);

}  // namespace clearwell::cli
