#include "cli/parameters.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "cli/text.h"

namespace clearwell::cli {
namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Error no_such_pipeline(const config::Project& project, const std::string& name) {
  std::vector<std::string> names;
  for (const config::Pipeline& pipeline : project.pipelines) names.push_back(pipeline.name);
  const auto near = config::nearest(name, names);
  std::string cure = "; there are: " + join(names, ", ");
  if (near) cure = fmt::format("; did you mean '{}'?", *near);
  if (names.empty()) cure = "; the project has none";
  return config_error(fmt::format("there is no pipeline '{}'{}", name, cure));
}

Error no_such_flag(const std::string& flag, const std::set<std::string>& declared) {
  std::vector<std::string> flags = {"project", "database",  "once", "from",
                                    "output",  "log-level", "help"};
  flags.insert(flags.end(), declared.begin(), declared.end());
  const auto near = config::nearest(flag, flags);
  std::string cure = "; the selected pipelines declare no params";
  if (!declared.empty()) {
    cure = "; declared params: --" + join({declared.begin(), declared.end()}, ", --");
  }
  if (near) cure = fmt::format("; did you mean '--{}'?", *near);
  return config_error(fmt::format("unknown flag '--{}'{}", flag, cure));
}

// The last one given, if any.
std::optional<std::string> value_of(const std::string& param, const RunArguments& arguments) {
  std::optional<std::string> found;
  for (const auto& [flag, value] : arguments.params) {
    if (flag == param || underscored(flag) == param) found = value;
  }
  return found;
}

}  // namespace

Result<Selection> select(const config::Project& project, const RunArguments& arguments) {
  Selection selection;
  selection.pipelines = arguments.pipelines;
  if (selection.pipelines.empty()) {
    for (const auto& pipeline : project.pipelines) selection.pipelines.push_back(pipeline.name);
  }
  std::set<std::string> declared;
  for (const std::string& name : selection.pipelines) {
    const config::Pipeline* pipeline = project.find_pipeline(name);
    if (pipeline == nullptr) return no_such_pipeline(project, name);
    for (const config::Param& param : pipeline->params) {
      declared.insert(param.name);
      const auto value = value_of(param.name, arguments);
      if (value) selection.params[name][param.name] = *value;
    }
  }
  for (const auto& [flag, value] : arguments.params) {
    if (!declared.contains(flag) && !declared.contains(underscored(flag))) {
      return no_such_flag(flag, declared);
    }
  }
  return selection;
}

}  // namespace clearwell::cli
