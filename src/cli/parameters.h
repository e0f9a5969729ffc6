// Which pipelines a run is about, and which of them each `--name value` of its command line is for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/commands.h"
#include "config/project.h"

namespace clearwell::cli {

struct Selection {
  std::vector<std::string> pipelines;  // every name that runs, also when all do
  std::map<std::string, std::map<std::string, std::string>> params;  // by pipeline
};

// Config error, with "did you mean", for a pipeline that is not there and for a flag that none of
// the selected pipelines declares under `params:`. `--page-size` is also the parameter page_size.
Result<Selection> select(const config::Project& project, const RunArguments& arguments);

}  // namespace clearwell::cli
