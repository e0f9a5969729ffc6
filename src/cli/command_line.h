// The command line of `clearwell`: parses it, runs the subcommand, answers with an exit code.
// Only this and flags.cc know the library that parses flags.
#pragma once

#include <string>
#include <vector>

namespace clearwell::cli {

// `arguments` without the program's name. Prints results to stdout, all else to stderr. Returns
// one of exit_codes.h.
int run_command_line(std::vector<std::string> arguments);

}  // namespace clearwell::cli
