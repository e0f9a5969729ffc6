// What can only be seen when all files of a project have been read.
#pragma once

#include "config/project.h"

namespace clearwell::config {

// Faults: two pipelines or two models of one name, a model called like a loaded table, references
// between contracts that go in a circle (a contract may refer to a table that it loads itself).
void check_across(const Project& project, Faults& faults);

// Tells each load what the others do to its table (Load::patched, deleted_from).
void link_loads(Project& project);

}  // namespace clearwell::config
