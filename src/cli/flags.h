// Every subcommand's flags, positionals, help and examples, in one place: what CLI11 is told.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace clearwell::cli {

// What parsing leaves behind. `action` does the chosen subcommand; empty: only help was wanted.
struct Parsed {
  Common common;
  std::string output = "table";
  std::string log_level = "warn";
  std::vector<std::pair<std::string, std::string>> params;  // of `run`, see split_parameters
  std::function<Result<ExitCode>()> action;
};

// REQUIRES: `parsed` outlives `app`.
void add_subcommands(CLI::App& app, Parsed& parsed);

// `run` takes the parameters of its pipelines as flags, which are known only once the project is
// loaded. Takes every "--name value" and "--name=value" whose name `run` does not know out of
// `arguments` (only if the subcommand is run). A Config error for a flag without a value.
Result<std::vector<std::pair<std::string, std::string>>> split_parameters(
    const CLI::App& app, std::vector<std::string>& arguments);

}  // namespace clearwell::cli
