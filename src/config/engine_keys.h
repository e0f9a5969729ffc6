// The keys of `engine:` in clearwell.yaml: engines beside the one inside.
#pragma once

#include <vector>

#include "config/spec.h"

namespace clearwell::config {

std::vector<Key> engine_keys();

}  // namespace clearwell::config
