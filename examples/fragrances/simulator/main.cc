// fragrances-simulator: the CMS of the fragrances example. See --help.
#include <atomic>
#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cms.h"
#include "deltas.h"
#include "flags.h"
#include "output_file.h"

namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);

struct Options {
  int port = 9090;
  uint64_t seed = 1;
  int64_t events = 0, fragrances = 5000, restart_every = 0;
  double bad = 0.05, min_wait = 20, max_wait = 25;
  bool retry = false;
  std::string manifest;
};

void describe(CLI::App& app, Options& options) {
  app.add_option("--port", options.port, "of the CMS, on 127.0.0.1")->capture_default_str();
  app.add_option("--seed", options.seed, "the same seed, the same deltas")->capture_default_str();
  app.add_option("--events", options.events, "deltas in all; 0: until stopped")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--fragrances", options.fragrances, "how many there are, with ids from 0")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--bad", options.bad, "share of deltas that are wrong")
      ->transform(simulators::to_share)
      ->capture_default_str()
      ->type_name("SHARE");
  app.add_option("--min-wait", options.min_wait, "seconds between deltas, at least")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--max-wait", options.max_wait, "and at most")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--restart-every", options.restart_every,
                 "the CMS starts anew after so many deltas and forgets its listener; 0: never")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--retry", options.retry,
               "send a delta again until it is answered 200 (the real CMS never does)");
  app.add_option("--manifest", options.manifest,
                 "write a line for each delta: its id, valid or bad, the last status, its body")
      ->type_name("FILE");
  app.footer(
      "As the CMS is, until Ctrl-C:\n"
      "  fragrances-simulator\n"
      "Ten thousand deltas as fast as they are answered, with a CMS that starts anew now and "
      "then:\n"
      "  fragrances-simulator --events 10000 --max-wait 0 --min-wait 0 --restart-every 1000 "
      "--retry\n");
}

void pause(double seconds) {
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  while (!stop && Clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

// Posted once, whether anybody listens or not; with --retry until it is answered 200.
unsigned deliver(const Options& options, const fragrances::Cms& cms, fragrances::Sender& sender,
                 const fragrances::Delta& delta) {
  for (;;) {
    const auto listener = cms.listener();
    const unsigned status = listener ? sender.send(*listener, delta) : 0;
    if (status == 200 || !options.retry || stop) return status;
    pause(0.02);
  }
}

void run(const Options& options) {
  fragrances::Deltas deltas(options.seed, options.fragrances, options.bad);
  simulators::Random waits(options.seed, "waits");
  std::unique_ptr<simulators::OutputFile> manifest;
  if (!options.manifest.empty()) {
    manifest = std::make_unique<simulators::OutputFile>(options.manifest);
  }
  auto cms = std::make_unique<fragrances::Cms>(options.port);
  fragrances::Sender sender;
  for (int64_t sent = 0; !stop && (options.events == 0 || sent < options.events); ++sent) {
    if (options.restart_every > 0 && sent > 0 && sent % options.restart_every == 0) {
      cms.reset();
      cms = std::make_unique<fragrances::Cms>(options.port);
    }
    const fragrances::Delta delta = deltas.next();
    const unsigned status = deliver(options, *cms, sender, delta);
    if (manifest) {
      manifest->write_all(fmt::format("{}\t{}\t{}\t{}\n", delta.id, delta.valid ? "valid" : "bad",
                                      status, delta.body));
    }
    pause(options.min_wait + (options.max_wait - options.min_wait) * waits.share());
  }
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{
      "A CMS that calls its one listener once for each change of a fragrance, and forgets it when "
      "it\n"
      "starts anew.",
      "fragrances-simulator"};
  Options options;
  describe(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::signal(SIGINT, [](int) { stop = true; });
  std::signal(SIGTERM, [](int) { stop = true; });
  run(options);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "fragrances-simulator: {}\n", error.what());
  return 1;
}
