// Reads models/NAME.sql, or models/SCHEMA.NAME.sql for a model in a schema of its own: one SELECT,
// headed by comment lines that say how it is kept.
//
//   -- Sales per state, for the dashboard.      any comment
//   -- materialized: view                       a key of model_spec()
//   -- every: 10s
//   SELECT …
//
// A line "-- word: value" whose word is not a key is a comment too, unless it looks like a
// misspelt key.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "config/project.h"

namespace clearwell::config {

struct ModelDefaults {
  std::string folder;               // of the project: ${file:PATH} is relative to it
  std::chrono::microseconds every;  // models.every of clearwell.yaml
};

// `file` is models/NAME.sql, `text` its content. Placeholders are replaced as under the key sql.
// None, and a fault, if the name is not usable or there is no SQL.
std::optional<Model> read_model(const std::string& file, const std::string& text,
                                const ModelDefaults& defaults, Faults& faults);

}  // namespace clearwell::config
