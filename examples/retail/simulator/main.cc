// retail-simulator: the producers of the retail example. See --help, and delivery.h for the
// manifest.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "flags.h"
#include "manifest.h"
#include "simulation.h"
#include "sink.h"

namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);

struct Arguments {
  retail::Options options;
  std::string blob, manifest, format = "files", phase = "all", start_time = "2024-05-01T00:00:00";
  double span_hours = 24;
  bool atomic = false;
};

void describe(CLI::App& app, Arguments& arguments) {
  retail::Options& options = arguments.options;
  const auto share = [&app](const std::string& name, double& value, const std::string& doc) {
    app.add_option(name, value, doc)
        ->transform(simulators::to_share)
        ->capture_default_str()
        ->type_name("SHARE");
  };
  app.add_option("--blob", arguments.blob, "folder to write into")->required()->type_name("DIR");
  app.add_option("--seed", options.seed, "the same seed, the same events")->capture_default_str();
  app.add_option("--users", options.users, "new users at each start")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--articles", options.articles, "new articles at each start")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--purchases", options.purchases, "purchases in all; 0: until stopped")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--starts", options.starts, "how often the producers start")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  share("--invalid", options.invalid, "share of broken purchases: five faults in turn");
  share("--duplicates", options.duplicates,
        "share delivered again, under another name or with a new mtime");
  share("--conflicts", options.conflicts, "share delivered again with another timestamp");
  share("--repaired", options.repaired, "share of the broken ones delivered again, whole");
  share("--damaged", options.damaged, "share of the valid ones whose bytes are spoiled");
  share("--half-written", options.half_written, "share of files written in two halves");
  share("--late", options.late, "share of users and articles that come after their purchases");
  app.add_option("--rate", options.rate, "purchases a second; 0: as fast as possible")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--format", arguments.format,
                 "files: one an event; jsonl: users.jsonl, articles.jsonl, purchases.jsonl")
      ->capture_default_str()
      ->check(CLI::IsMember({"files", "jsonl"}));
  app.add_option("--phase", arguments.phase,
                 "1: all but what comes late; 2: the rest, into the same folder")
      ->capture_default_str()
      ->check(CLI::IsMember({"1", "2", "all"}));
  app.add_option("--manifest", arguments.manifest, "list what was delivered and its expected fate")
      ->type_name("FILE");
  app.add_option("--start-time", arguments.start_time,
                 "of the first purchase, UTC; now: each happens when it is written")
      ->capture_default_str();
  app.add_option("--span", arguments.span_hours, "hours from the first purchase to the last")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--atomic", arguments.atomic, "files appear whole, by a rename");
  app.footer(
      "A day of 5000 purchases as files:\n"
      "  retail-simulator --blob blob\n"
      "A million lines, with what must become of each:\n"
      "  retail-simulator --blob blob --format jsonl --purchases 1000000 --manifest fates.jsonl\n"
      "A shop that does not close:\n"
      "  retail-simulator --blob blob --purchases 0 --rate 50 --late 5% --start-time now\n");
}

void complete(Arguments& arguments) {
  retail::Options& options = arguments.options;
  options.lines = arguments.format == "jsonl";
  options.phases = arguments.phase == "1"   ? retail::Phases::First
                   : arguments.phase == "2" ? retail::Phases::Second
                                            : retail::Phases::Both;
  options.live_clock = arguments.start_time == "now";
  if (!options.live_clock) options.start_time = simulators::to_micros(arguments.start_time);
  options.span = std::chrono::microseconds(static_cast<int64_t>(arguments.span_hours * 3600e6));
  if (options.purchases != 0) return;
  options.starts = 1;
  options.live_clock = true;
  if (options.rate <= 0) throw CLI::ValidationError("--purchases 0", "needs a --rate");
  if (options.phases != retail::Phases::Both) {
    throw CLI::ValidationError("--purchases 0", "has no phases");
  }
}

void print_summary(const std::map<std::string, int64_t>& written) {
  int64_t total = 0;
  for (const auto& [what, count] : written) total += count;
  fmt::print("{} events written\n", total);
  for (const auto& [what, count] : written) fmt::print("{:>10}  {}\n", count, what);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{
      "Writes what a shop's producers write: users, articles and purchases as JSON,\n"
      "some of it broken, late, repeated or half-written.",
      "retail-simulator"};
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
    complete(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::signal(SIGINT, [](int) { stop = true; });
  std::signal(SIGTERM, [](int) { stop = true; });
  const bool append = arguments.options.phases == retail::Phases::Second;
  const std::unique_ptr<retail::Sink> sink =
      arguments.options.lines ? retail::line_sink(arguments.blob, append)
                              : retail::file_sink(arguments.blob, !arguments.atomic);
  retail::Manifest manifest(arguments.manifest);
  retail::Simulation simulation(arguments.options, *sink, manifest);
  simulation.run(stop);
  print_summary(simulation.written());
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "retail-simulator: {}\n", error.what());
  return 1;
}
