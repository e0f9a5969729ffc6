#include "cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "base/log.h"
#include "base/step.h"
#include "cli/flags.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "config/project.h"

namespace clearwell::cli {
namespace {

constexpr const char* description =
    "Clearwell turns files and streams of messy events into validated, exactly-once tables\n"
    "that can be queried. Nothing invalid gets in; nothing at all gets lost.";

constexpr const char* footer =
    "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 budget exceeded.\n\n"
    "Examples:\n"
    "  clearwell check                        is the project right?\n"
    "  clearwell run --once                   load what there is\n"
    "  clearwell status                       what became of every record\n"
    "  clearwell quarantine list              what was rejected, and why\n"
    "  clearwell query \"SELECT * FROM users\"\n\n"
    "`clearwell COMMAND --help` says more.";

// "clearwell quarantine list": the way to the subcommand that was reached.
std::string path_of(const CLI::App* app) {
  return app->get_parent() == nullptr ? app->get_name()
                                      : path_of(app->get_parent()) + " " + app->get_name();
}

// What --help prints, with the whole way to the subcommand in its usage line.
std::string help_of(const CLI::App& app) {
  const std::string above = app.get_parent() == nullptr ? "" : path_of(app.get_parent());
  return app.help(above, CLI::AppFormatMode::Normal);
}

const CLI::App* reached(const CLI::App* app) {
  const auto below = app->get_subcommands();
  return below.empty() ? app : reached(below.front());
}

int usage_error(const CLI::App& command, const std::string& message) {
  note("error: " + message);
  note(fmt::format("`{} --help` shows what there is", path_of(&command)));
  return static_cast<int>(ExitCode::Usage);
}

std::vector<const CLI::App*> below(const CLI::App* app) {
  return app->get_subcommands([](const CLI::App*) { return true; });
}

// "; did you mean 'status'?" for a word that is none of `app`'s subcommands; also one further
// below:
// "; did you mean 'quarantine replay'?".
std::string did_you_mean(const std::string& word, const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* one : below(app)) {
    names.push_back(one->get_name());
    for (const CLI::App* two : below(one)) {
      if (two->get_name() != word) continue;
      return fmt::format("; did you mean '{} {}'?", one->get_name(), word);
    }
  }
  const auto near = config::nearest(word, names);
  return near ? fmt::format("; did you mean '{}'?", *near) : "";
}

struct UnknownCommand {
  const CLI::App* parent;
  std::string word;
};

// The first word, looked for from `at`, that stands where a subcommand of `app` should and is none.
std::optional<UnknownCommand> unknown_command(const CLI::App* app,
                                              const std::vector<std::string>& arguments,
                                              size_t at) {
  const std::vector<const CLI::App*> commands = below(app);
  while (!commands.empty() && at < arguments.size()) {
    const std::string& word = arguments[at++];
    if (word.starts_with("-")) {
      const CLI::Option* option = app->get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) ++at;
      continue;
    }
    for (const CLI::App* command : commands) {
      if (command->get_name() == word) return unknown_command(command, arguments, at);
    }
    return UnknownCommand{app, word};
  }
  return std::nullopt;
}

std::string unknown_flag(const CLI::App& app) {
  const CLI::App* command = reached(&app);
  const std::vector<std::string> extras = app.remaining(true);
  const std::string word = extras.empty() ? "" : extras.front();
  if (!word.starts_with("--")) return fmt::format("unexpected argument '{}'", word);
  std::vector<std::string> names;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  const std::string flag = word.substr(2, word.find('=') - 2);
  const auto near = config::nearest(flag, names);
  return fmt::format("unknown flag '--{}'{}", flag,
                     near ? fmt::format("; did you mean '--{}'?", *near) : "");
}

Output output_of(const std::string& name) {
  if (name == "json") return Output::Json;
  return name == "csv" ? Output::Csv : Output::Table;
}

int act(Parsed& parsed) {
  parsed.common.output = output_of(parsed.output);
  if (const auto level = log_level(parsed.log_level)) set_log_level(*level);
  take_file_limits_as_errors();
  const Result<void> watched =
      watch_steps(std::getenv("CLEARWELL_STOP_AT"), std::getenv("CLEARWELL_STEPS_TO"));
  const Result<ExitCode> done = watched.ok() ? parsed.action() : watched.error();
  if (done.ok()) {
    if (std::fflush(stdout) == 0) return static_cast<int>(done.value());
    note("error: cannot write the output");
    return static_cast<int>(ExitCode::Failed);
  }
  note("error: " + done.error().message);
  return static_cast<int>(exit_code_of(done.error()));
}

// Fills `parsed` or returns an exit code.
int parse(CLI::App& app, std::vector<std::string> arguments) {
  if (const auto unknown = unknown_command(&app, arguments, 0)) {
    return usage_error(*unknown->parent, fmt::format("unknown command '{}'{}", unknown->word,
                                                     did_you_mean(unknown->word, unknown->parent)));
  }
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    print(help_of(*reached(&app)));
  } catch (const CLI::CallForVersion&) {
    print("clearwell " CLEARWELL_VERSION "\n");
  } catch (const CLI::ExtrasError&) {
    return usage_error(*reached(&app), unknown_flag(app));
  } catch (const CLI::ParseError& error) {
    return usage_error(*reached(&app), error.what());
  }
  return 0;
}

}  // namespace

int run_command_line(std::vector<std::string> arguments) {
  CLI::App app(description, "clearwell");
  app.footer(footer);
  app.require_subcommand(1);
  app.set_version_flag("--version", "clearwell " CLEARWELL_VERSION, "version of the program");
  Parsed parsed;
  add_subcommands(app, parsed);
  auto params = split_parameters(app, arguments);
  if (!params.ok()) return usage_error(*app.get_subcommand("run"), params.error().message);
  parsed.params = std::move(params).value();
  if (arguments.empty()) {
    std::fputs(app.help().c_str(), stderr);
    return static_cast<int>(ExitCode::Usage);
  }
  const int failed = parse(app, std::move(arguments));
  return failed != 0 || !parsed.action ? failed : act(parsed);
}

}  // namespace clearwell::cli
