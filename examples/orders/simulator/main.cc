// orders-simulator: the services of the orders example. See --help.
#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "flags.h"
#include "kafka_sender.h"
#include "output_file.h"
#include "shop.h"

namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);

struct Arguments {
  orders::Options shop;
  std::string brokers, topic = "events-json-topic", file, manifest, replay;
  std::string start_time = "2019-12-21T00:00:00";
  double rate = 0;
  double min_wait = 0, max_wait = 60;
};

void describe(CLI::App& app, Arguments& arguments) {
  const auto share = [&app](const std::string& name, double& value, const std::string& doc) {
    app.add_option(name, value, doc)
        ->transform(simulators::to_share)
        ->capture_default_str()
        ->type_name("SHARE");
  };
  orders::Options& shop = arguments.shop;
  app.add_option("--brokers", arguments.brokers, "send to this Kafka, host:port")
      ->type_name("HOST:PORT");
  app.add_option("--topic", arguments.topic, "made if it is not there")->capture_default_str();
  app.add_option("--partitions", shop.partitions, "of the topic, if it is made")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--file", arguments.file, "write JSON lines into this file instead");
  app.add_option("--events", shop.events, "how many happen; some messages are sent besides")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seed", shop.seed, "the same seed, the same events")->capture_default_str();
  app.add_option("--rate", arguments.rate, "messages a second; 0: as fast as they are taken")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--start-time", arguments.start_time, "of the first event, UTC")
      ->capture_default_str();
  share("--disorder", shop.disorder, "share of events that are sent late");
  share("--repeats", shop.repeats, "share of events that are sent twice");
  share("--broken", shop.broken, "how many broken messages there are besides");
  app.add_option("--manifest", arguments.manifest,
                 "list what was sent: a JSON line {partition, value, good} each");
  app.add_option("--replay", arguments.replay,
                 "send the events of this file, one JSON array, instead")
      ->check(CLI::ExistingFile);
  app.add_option("--min-wait", arguments.min_wait, "replay: seconds before each event, at least")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--max-wait", arguments.max_wait, "replay: seconds before each event, at most")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.footer(
      "  orders-simulator --brokers localhost:9092 --events 100000\n"
      "  orders-simulator --brokers localhost:9092 --rate 50 --events 1000000\n"
      "  orders-simulator --brokers localhost:9092 --replay events.json --max-wait 2\n"
      "  orders-simulator --file archive/events.jsonl\n");
}

void wait_until(Clock::time_point until) {
  while (!stop && Clock::now() < until) {
    std::this_thread::sleep_for(
        std::min<Clock::duration>(until - Clock::now(), std::chrono::milliseconds(50)));
  }
}

// Where messages go: a topic, or lines of a file.
class Output {
 public:
  explicit Output(const Arguments& arguments) {
    if (!arguments.brokers.empty()) {
      kafka_ = std::make_unique<simulators::KafkaSender>(arguments.brokers, arguments.topic,
                                                         arguments.shop.partitions);
    } else {
      file_ = std::make_unique<simulators::OutputFile>(arguments.file);
    }
    if (!arguments.manifest.empty()) {
      manifest_ = std::make_unique<simulators::OutputFile>(arguments.manifest);
    }
  }

  void send(const orders::Message& message) {
    if (kafka_ != nullptr) kafka_->send(message.partition, message.value);
    // A blank line is no record.
    const bool is_line = message.value && !message.value->empty();
    if (file_ != nullptr && is_line) lines_ += *message.value + "\n";
    if (manifest_ != nullptr) {
      const nlohmann::ordered_json value =
          message.value ? nlohmann::ordered_json(*message.value) : nlohmann::ordered_json();
      listed_ +=
          nlohmann::ordered_json{
              {"partition", message.partition}, {"value", value}, {"good", message.good}}
              .dump() +
          "\n";
    }
    constexpr size_t enough = size_t{1} << 20;
    if (lines_.size() + listed_.size() > enough) write();
    ++count_;
  }

  int64_t finish() {
    write();
    if (kafka_ != nullptr) kafka_->flush();
    return count_;
  }

 private:
  void write() {
    if (file_ != nullptr) file_->write_all(lines_);
    if (manifest_ != nullptr) manifest_->write_all(listed_);
    lines_.clear();
    listed_.clear();
  }

  std::unique_ptr<simulators::KafkaSender> kafka_;
  std::unique_ptr<simulators::OutputFile> file_, manifest_;
  std::string lines_, listed_;
  int64_t count_ = 0;
};

void simulate(const Arguments& arguments, Output& output) {
  orders::Shop shop(arguments.shop);
  const Clock::time_point began = Clock::now();
  int64_t sent = 0;
  for (auto message = shop.next(); message && !stop; message = shop.next()) {
    if (arguments.rate > 0) {
      const std::chrono::duration<double> due(static_cast<double>(sent) / arguments.rate);
      wait_until(began + std::chrono::duration_cast<Clock::duration>(due));
    }
    output.send(*message);
    ++sent;
  }
}

void replay(const Arguments& arguments, Output& output) {
  std::ifstream file(arguments.replay);
  const auto events = nlohmann::ordered_json::parse(file);
  if (!events.is_array()) throw std::runtime_error(arguments.replay + " is no JSON array");
  simulators::Random waits(arguments.shop.seed, "waits");
  const double spread = std::max(0.0, arguments.max_wait - arguments.min_wait);
  int partition = 0;
  for (const auto& event : events) {
    const std::chrono::duration<double> wait(arguments.min_wait + waits.share() * spread);
    wait_until(Clock::now() + std::chrono::duration_cast<Clock::duration>(wait));
    if (stop) return;
    output.send({.partition = partition++ % arguments.shop.partitions, .value = event.dump()});
  }
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{
      "Sends what the services of a shop send: customers who register, orders, and what becomes\n"
      "of them, some of it late, twice or broken.",
      "orders-simulator"};
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
    arguments.shop.start = simulators::to_micros(arguments.start_time) / 1'000'000;
    if (arguments.brokers.empty() == arguments.file.empty()) {
      throw CLI::ValidationError("--brokers and --file", "give one of them");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::signal(SIGINT, [](int) { stop = true; });
  std::signal(SIGTERM, [](int) { stop = true; });
  Output output(arguments);
  if (arguments.replay.empty()) {
    simulate(arguments, output);
  } else {
    replay(arguments, output);
  }
  fmt::print("{:>10}  messages\n", output.finish());
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "orders-simulator: {}\n", error.what());
  return 1;
}
