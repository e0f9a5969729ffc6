#include "cli/process.h"

#include "base/child.h"

namespace clearwell::cli {

Result<ShellResult> run_shell(const ShellCommand& command) {
  ShellResult result;
  ChildCommand child;
  child.arguments = {"/bin/sh", "-c", command.text};
  child.folder = command.folder;
  child.environment = command.environment;
  child.limit = command.limit;
  child.output = [&result](std::string_view bytes) { result.output += bytes; };
  CW_ASSIGN(const ChildEnd end, run_child(child));
  result.exit = end.exit;
  result.timed_out = end.timed_out;
  return result;
}

}  // namespace clearwell::cli
