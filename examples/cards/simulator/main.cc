// cards-simulator: the services of the cards example. See --help, and simulation.h for the
// manifest.
#include <atomic>
#include <csignal>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "flags.h"
#include "simulation.h"

namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void describe(CLI::App& app, cards::Options& options, std::string& start_time) {
  const auto share = [&app](const std::string& name, double& value, const std::string& doc) {
    app.add_option(name, value, doc)
        ->transform(simulators::to_share)
        ->capture_default_str()
        ->type_name("SHARE");
  };
  const auto count = [&app](const std::string& name, int64_t& value, const std::string& doc) {
    app.add_option(name, value, doc)->capture_default_str()->check(CLI::NonNegativeNumber);
  };
  app.add_option("--blob", options.blob, "folder to write into")->required()->type_name("DIR");
  app.add_option("--seed", options.seed, "the same seed, the same events")->capture_default_str();
  app.add_option("--users", options.users, "how many there are, with ids from 0")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  count("--events", options.events, "events of cards in all; 0: until stopped");
  count("--users-restart", options.users_restart,
        "the users service starts again after so many events of cards; 0: never");
  count("--killed", options.killed,
        "the cards service is killed after so many of its events; 0: never");
  share("--late", options.late, "share of files that are written long after their event");
  app.add_flag("--live", options.live,
               "in real time, files written in place; else all at once, with made-up file times");
  app.add_option("--speed", options.speed, "live: how many times faster")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  share("--half-written", options.half_written, "live: share of files written in two halves");
  app.add_option("--start-time", start_time, "of the first event, UTC; not with --live")
      ->capture_default_str();
  app.add_option("--manifest", options.manifest, "list what was written and what must become of it")
      ->type_name("FILE");
  app.footer(
      "Seven minutes of events at once:\n"
      "  cards-simulator --blob blob\n"
      "As it happens, until Ctrl-C:\n"
      "  cards-simulator --blob blob --live --events 0 --half-written 5%\n");
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{
      "Writes what the users and the cards service write: events as JSON files, some of them\n"
      "incomplete, late, made twice, or of users that do not exist.",
      "cards-simulator"};
  cards::Options options;
  std::string start_time = "2024-05-01T00:00:00";
  describe(app, options, start_time);
  try {
    app.parse(argc, argv);
    options.start_time = simulators::to_micros(start_time);
    if (options.live) options.late = 0;
    if (!options.live && (options.events == 0 || options.half_written > 0)) {
      throw CLI::ValidationError("--events 0 and --half-written", "need --live");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::signal(SIGINT, [](int) { stop = true; });
  std::signal(SIGTERM, [](int) { stop = true; });
  cards::Simulation simulation(options);
  simulation.run(stop);
  for (const auto& [what, count] : simulation.written()) fmt::print("{:>10}  {}\n", count, what);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "cards-simulator: {}\n", error.what());
  return 1;
}
