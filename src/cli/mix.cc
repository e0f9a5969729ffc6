#include "cli/mix.h"

#include <fmt/format.h>

#include "cli/session.h"
#include "cli/text.h"
#include "config/units.h"
#include "engine/engine.h"

namespace clearwell::cli {
namespace {

Result<void> read_share(const std::string& text, const char* flag, double& out) {
  if (text.empty()) return {};
  const std::optional<double> share = config::parse_percent(text);
  if (!share) return config_error(fmt::format("{}: '{}' is no share such as 15%", flag, text));
  out = *share;
  return {};
}

Error unknown_pipeline(const config::Project& project, const std::string& name) {
  std::vector<std::string> names;
  for (const config::Pipeline& pipeline : project.pipelines) names.push_back(pipeline.name);
  const auto near = config::nearest(name, names);
  const std::string meant = near ? "; did you mean '" + *near + "'?" : ";";
  return config_error(
      fmt::format("there is no pipeline '{}'{} Pipelines: {}", name, meant, join(names, ", ")));
}

}  // namespace

Result<config::Project> load_to_generate(const Common& common, const std::string& pipeline,
                                         const std::vector<std::string>& params) {
  std::map<std::string, std::map<std::string, std::string>> values;
  for (const std::string& param : params) {
    const size_t equals = param.find('=');
    if (equals == std::string::npos || equals == 0) {
      return config_error(fmt::format("--param: '{}' is not of the form NAME=VALUE", param));
    }
    values[pipeline][param.substr(0, equals)] = param.substr(equals + 1);
  }
  // Where data comes from is of no matter here, so a parameter that must be given for a run need
  // not be: its own name stands in.
  for (const config::Pipeline& one : load_project(common).project.pipelines) {
    for (const config::Param& param : one.params) {
      if (!param.fallback) values[one.name].emplace(param.name, param.name);
    }
  }
  config::LoadedProject loaded = load_project(common, values);
  const config::Pipeline* found = loaded.project.find_pipeline(pipeline);
  if (found == nullptr && loaded.faults.empty()) {
    return unknown_pipeline(loaded.project, pipeline);
  }
  if (loaded.faults.empty()) engine::check(loaded.project, loaded.faults);
  if (!loaded.faults.empty()) return as_error(loaded.faults, "nothing was made, the project has");
  return std::move(loaded.project);
}

Result<generate::Options> read_mix(const MixArguments& mix) {
  generate::Options out;
  if (mix.count) out.count = *mix.count;
  out.seed = static_cast<uint64_t>(mix.seed);
  CW_TRY(read_share(mix.invalid, "--invalid", out.invalid));
  CW_TRY(read_share(mix.duplicates, "--duplicates", out.duplicates));
  CW_TRY(read_share(mix.versions, "--versions", out.versions));
  CW_TRY(read_share(mix.late, "--late", out.late));
  CW_TRY(read_share(mix.half_written, "--half-written", out.half_written));
  CW_TRY(read_share(mix.edges, "--edges", out.edges));
  return out;
}

bool reads_files(const config::Pipeline& pipeline) {
  return !pipeline.sources.empty() && pipeline.sources.front().type == "files";
}

}  // namespace clearwell::cli
