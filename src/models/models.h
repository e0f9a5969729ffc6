// SQL models: one SELECT a file, kept as a table or a view in the warehouse, rebuilt in the order
// of their dependencies, which are read from the SQL itself.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/project.h"
#include "warehouses/warehouse.h"

namespace clearwell::models {

struct Plan {
  struct Step {
    const config::Model* model;
    std::vector<std::string> reads;  // tables and models named in its SQL
  };
  std::vector<Step> steps;  // dependencies first
};

// Faults (SQL that does not parse, no single SELECT, a cycle) go to `faults`. `project` must
// outlive the plan.
Plan plan(const config::Project& project, config::Faults& faults);

// Builds one model in a transaction of its own: a table keeps its identity (DELETE and INSERT;
// made anew only when its columns have changed), a view is replaced when its SQL has changed.
// Fatal with the database's message otherwise; the old content then stays.
Result<void> build(warehouses::Warehouse& warehouse, const Plan::Step& step);

}  // namespace clearwell::models
