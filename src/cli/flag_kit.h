// What the definitions of flags have in common: flags that every command has, checks of values, and
// how a subcommand's arguments reach its function.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/flags.h"

namespace clearwell::cli {

// Whole numbers from `smallest` on. (CLI11's own validators tell people of ranges of doubles.)
CLI::Validator whole_number(int64_t smallest);
// One of these words, with a "did you mean".
CLI::Validator one_of(std::vector<std::string> words);

// --project, --database, --log-level and, where `output`, --output.
void add_common(CLI::App& app, Parsed& parsed, bool output);

// A subcommand with its own arguments, kept alive by the action that uses them.
template <typename Arguments>
std::shared_ptr<Arguments> on(CLI::App& command, Parsed& parsed,
                              Result<ExitCode> (*action)(const Common&, const Arguments&)) {
  auto arguments = std::make_shared<Arguments>();
  command.callback([&parsed, arguments, action] {
    parsed.action = [&parsed, arguments, action] { return action(parsed.common, *arguments); };
  });
  return arguments;
}

// A subcommand without.
void on(CLI::App& command, Parsed& parsed, Result<ExitCode> (*action)(const Common&));

}  // namespace clearwell::cli
