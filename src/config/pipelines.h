// Reads one pipelines/*.yaml: name, parameters, sources, and one or more kinds of records.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/project.h"
#include "config/yaml_node.h"

namespace clearwell::config {

// `document` is as parsed: placeholders are replaced here, since the file itself declares the
// parameters. None only if the pipeline has no usable name.
std::optional<Pipeline> read_pipeline(YamlNode document, const LoadOptions& options,
                                      Faults& faults);

}  // namespace clearwell::config
