// Parameters of a pipeline: declared under `params:`, given as flags of `clearwell run`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/placeholders.h"
#include "config/project.h"
#include "config/yaml_node.h"

namespace clearwell::config {

// What `params:` declares.
std::vector<Param> read_params(const YamlNode& params, Faults& faults);

// The value of each declared parameter: from the command line, else its default, else none. Adds a
// fault for one that is given but not declared, and, if the pipeline is to `run`, for one that has
// no value.
ParamValues param_values(const Pipeline& pipeline, const std::map<std::string, std::string>& given,
                         bool run, Faults& faults);

}  // namespace clearwell::config
