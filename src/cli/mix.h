// What `generate` and `prove` share: the project they make data for, and the shares given as flags.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/commands.h"
#include "config/project.h"
#include "generate/dataset.h"

namespace clearwell::cli {

// The project, checked as `check` does, with the pipeline's parameters ("NAME=VALUE") in it; those
// that must be given and are not have their name as value. A Config error, with "did you mean",
// unless the project is sound and has the pipeline.
Result<config::Project> load_to_generate(const Common& common, const std::string& pipeline,
                                         const std::vector<std::string>& params);

// Shares such as "15%" as numbers. A Config error names the flag that cannot be read.
Result<generate::Options> read_mix(const MixArguments& mix);

// Is the pipeline's input one file a record? That of its first source decides.
bool reads_files(const config::Pipeline& pipeline);

}  // namespace clearwell::cli
