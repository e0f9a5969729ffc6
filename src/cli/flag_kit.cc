#include "cli/flag_kit.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "cli/text.h"
#include "config/project.h"

namespace clearwell::cli {
namespace {

// "postgres:///shop" for the database shop, which libpq looks for where PGHOST and the like say.
std::string url_of_database(const std::string& name) {
  std::string url = "postgres:///";
  for (const char c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    url += plain ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return url;
}

// Turns the name of a PostgreSQL database into a URL, and leaves a URL as it is.
CLI::Validator database() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        if (text.find(':') != std::string::npos) return "";  // judged when it is opened
        if (text.empty() || text.find('/') != std::string::npos || text.ends_with(".duckdb")) {
          return "'" + text +
                 "' is no name of a PostgreSQL database; a file is written duckdb:PATH, a server "
                 "postgres://USER@HOST/DATABASE";
        }
        text = url_of_database(text);
        return "";
      },
      "");
}

}  // namespace

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
  app.add_option("--database", parsed.common.database,
                 "another warehouse: a PostgreSQL database, where PGHOST says, or a URL")
      ->type_name("NAME")
      ->transform(database());
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
