// Reads `contract:`: a mapping of names to fields, nested to any depth that YAML allows.
#pragma once

#include <vector>

#include "config/contract.h"
#include "config/yaml_node.h"

namespace clearwell::config {

// Adds a fault for everything that can be known without the types' own texts: what is no valid
// default, min, format, pattern or zone, decode::check_contract finds. Fields with faults are left
// out or incomplete.
std::vector<Field> read_fields(const YamlNode& contract, Faults& faults);

}  // namespace clearwell::config
