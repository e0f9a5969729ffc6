// Replaces placeholders in values, after YAML has been parsed: what a variable holds can never
// become YAML structure, and never shows up in a message.
//
//   ${NAME}            environment variable; not set: a fault
//   ${NAME:-default}   environment variable; not set or empty: the default
//   ${params.NAME}     a parameter of the pipeline (only in pipeline files)
//   ${file:PATH}       content of a file without the line end: for secrets. Relative to the project
//   ${window.start}    the start and ${window.end} the end of a report's window (only in the SQL of
//                      reports): stays as it is, to be filled in when the report is made
//   $$                 a dollar sign
//
// Any other dollar sign stands for itself. Under the key `sql` the replacement is textual too: the
// value becomes part of the SQL as it is, so what goes there must be trusted; $$ stays as it is,
// since SQL quotes with it, only $${ becomes ${.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/fault.h"
#include "config/yaml_node.h"

namespace clearwell::config {

// Values of a pipeline's parameters; none: declared, but not given and not needed in this run.
using ParamValues = std::map<std::string, std::optional<std::string>>;

enum class TextKind { Value, Sql };

class Placeholders {
 public:
  // `params` is null where there are none (clearwell.yaml, models).
  Placeholders(std::string folder, const ParamValues* params, Faults& faults)
      : folder_(std::move(folder)), params_(params), faults_(faults) {}

  // ${window.start} and ${window.end} have a meaning here.
  void keep_window() { window_ = true; }

  // Replaces in `node` and all values below it. Keys stay as they are.
  void replace(YamlNode& node, TextKind kind = TextKind::Value);

  // The replaced text. `open` becomes true if a placeholder had no value (a fault, if it must have
  // one, has been added); that placeholder then stays in the text as written.
  std::string replace(const std::string& text, const Mark& mark, TextKind kind, bool& open);

 private:
  std::optional<std::string> resolve(const std::string& body, const Mark& mark);
  std::optional<std::string> variable(const std::string& body, const Mark& mark);
  std::optional<std::string> parameter(const std::string& name, const Mark& mark);
  std::optional<std::string> secret(const std::string& path, const Mark& mark);

  std::string folder_;
  const ParamValues* params_;
  Faults& faults_;
  bool window_ = false;
};

}  // namespace clearwell::config
