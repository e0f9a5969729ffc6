#include "config/params.h"

#include <algorithm>

#include "config/grammar.h"
#include "config/mapping.h"
#include "config/phrases.h"

namespace clearwell::config {

namespace {

// Flags that `clearwell run` has itself.
const std::vector<std::string> own_flags = {"project", "database", "once",   "from",
                                            "engine",  "output",   "help",   "version",
                                            "quiet",   "verbose",  "config", "log-level"};

std::string as_flag(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void check_name(const Param& param, Faults& faults) {
  if (!is_plain_name(param.name)) {
    faults.add(param.mark, "bad_name",
               "the parameter name " + in_quotes(param.name) +
                   " must be of the form [a-z][a-z0-9_]*, since it becomes a flag");
  } else if (std::count(own_flags.begin(), own_flags.end(), as_flag(param.name)) > 0) {
    faults.add(param.mark, "reserved_name",
               "clearwell run has a flag --" + param.name + " of its own; rename the parameter");
  }
}

}  // namespace

std::vector<Param> read_params(const YamlNode& params, Faults& faults) {
  std::vector<Param> list;
  if (!params.is_map()) {
    faults.add(params.mark, "wrong_kind",
               "'params' must be a mapping of names to defaults, not " + shown(params));
    return list;
  }
  for (const YamlNode::Member& member : params.members) {
    Param param;
    param.name = member.key;
    param.mark = member.mark;
    check_name(param, faults);
    if (member.value.is_scalar()) {
      param.fallback = member.value.text;
    } else if (member.value.kind != YamlNode::Kind::Null) {
      const Mapping keys = check_mapping(member.value, "parameter " + in_quotes(member.key),
                                         param_spec().keys, faults);
      param.doc = keys.text("help").value_or("");
      param.fallback = keys.text("default");
    }
    list.push_back(std::move(param));
  }
  return list;
}

ParamValues param_values(const Pipeline& pipeline, const std::map<std::string, std::string>& given,
                         bool run, Faults& faults) {
  ParamValues values;
  std::vector<std::string> names;
  for (const Param& param : pipeline.params) {
    names.push_back(param.name);
    values[param.name] = param.fallback;
    const auto value = given.find(param.name);
    if (value != given.end()) values[param.name] = value->second;
    if (values[param.name] || !run) continue;
    faults.add(param.mark, "missing_param",
               "the parameter " + in_quotes(param.name) + " has no value; add --" + param.name +
                   " VALUE to the command line, or give it a default here");
  }
  for (const auto& [name, value] : given) {
    if (values.contains(name)) continue;
    faults.add({"command line", 0, 0}, "unknown_param",
               "pipeline " + in_quotes(pipeline.name) + " has no parameter --" + name +
                   (names.empty() ? "; it has none" : suggestion_and_list(name, names, "it has")));
  }
  return values;
}

}  // namespace clearwell::config
