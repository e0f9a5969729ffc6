#include "cli/flag_kit.h"

#include <algorithm>
#include <charconv>

#include "cli/text.h"
#include "config/project.h"

namespace clearwell::cli {

CLI::Validator whole_number(int64_t smallest) {
  return CLI::Validator(
      [smallest](const std::string& text) {
        int64_t value = 0;
        const char* end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, value);
        const bool good = parsed.ec == std::errc() && parsed.ptr == end && value >= smallest;
        if (good) return std::string();
        return "'" + text + "' is no whole number from " + std::to_string(smallest) + " on";
      },
      "");
}

CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](const std::string& text) {
        if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
        const auto near = config::nearest(text, words);
        return "'" + text + "' is not one of " + join(words, ", ") +
               (near ? "; did you mean '" + *near + "'?" : "");
      },
      "");
}

void add_common(CLI::App& app, Parsed& parsed, bool output) {
  app.add_option("--project", parsed.common.folder, "folder of the project (default: .)")
      ->type_name("DIR");
  if (output) {
    app.add_option("--output", parsed.output, "table (default), json or csv")
        ->type_name("FORM")
        ->check(one_of({"table", "json", "csv"}));
  }
  app.add_option("--log-level", parsed.log_level, "debug, info, warn (default), error or off")
      ->type_name("LEVEL")
      ->check(one_of({"debug", "info", "warn", "error", "off"}));
}

void on(CLI::App& command, Parsed& parsed, Result<ExitCode> (*action)(const Common&)) {
  command.callback(
      [&parsed, action] { parsed.action = [&parsed, action] { return action(parsed.common); }; });
}

}  // namespace clearwell::cli
