// What sources of CSV and the contract that their rows are judged by must agree on.
#pragma once

#include "config/project.h"
#include "decode/decoder.h"

namespace clearwell::engine {

// Of the sources of CSV of a pipeline.
decode::CsvFormats csv_formats(const config::Pipeline& pipeline);

// Faults: a delimiter or quote that is none, columns that do not fit the contract, fields that no
// column can hold, a route.
void check_csv(const config::Pipeline& pipeline, config::Faults& faults);

}  // namespace clearwell::engine
