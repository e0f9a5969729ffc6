// Reads one kind of record: contract, checks, loads and what becomes of unknown fields and
// conflicts.
#pragma once

#include <string>

#include "config/contract.h"
#include "config/mapping.h"

namespace clearwell::config {

// Fills in `kind`, whose name and mark are set: the kind's own, or the pipeline's if it has no
// route. `what` names it in messages. `keys` has been checked against kind_spec() or
// pipeline_spec().
Kind read_kind(Kind kind, const std::string& what, const Mapping& keys, Faults& faults);

// 16 hex digits over everything in `kind` but its version and marks. Equal for equal settings,
// however they are written; it may change with a new release of Clearwell.
std::string kind_version(const Kind& kind);

}  // namespace clearwell::config
