#include "simulation.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "output_file.h"

namespace cards {
namespace {

constexpr int64_t second = 1'000'000;  // microseconds
constexpr int64_t users_at_a_time = 25;

int64_t real_time() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Where a service that ran here before has left off.
int64_t noted_counter(const std::string& blob) {
  int64_t counter = 0;
  std::ifstream(blob + "/cards/__id_counter") >> counter;
  return counter;
}

}  // namespace

Simulation::Simulation(const Options& options)
    : options_(options),
      times_(options.seed, "times"),
      accidents_(options.seed, "accidents"),
      users_(options.seed, options.users),
      cards_(options.seed, options.users, options.live ? noted_counter(options.blob) : 0),
      now_(options.live ? real_time() : options.start_time) {
  for (Kind kind : {Kind::Users, Kind::Cards}) {
    std::filesystem::create_directories(std::filesystem::path(options_.blob) / name_of(kind));
  }
  if (options_.manifest.empty()) return;
  manifest_.reset(std::fopen(options_.manifest.c_str(), "wb"));
  if (!manifest_) simulators::fail(options_.manifest);
}

void Simulation::run(const std::atomic<bool>& stop) {
  while (!is_done() && !stop) {
    burst(stop);
    pass(times_.between(second, 2 * second));
  }
  while (users_.has_more() && !stop) send_some_users();
  if (!manifest_) return;
  if (std::fflush(manifest_.get()) != 0 || std::ferror(manifest_.get()) != 0) {
    simulators::fail(options_.manifest);
  }
}

void Simulation::burst(const std::atomic<bool>& stop) {
  const int64_t events = times_.between(5, 9);
  for (int64_t i = 0; i < events && !is_done() && !stop; ++i) {
    pass(times_.between(0, 20'000));
    if (sent_ > 0 && options_.users_restart > 0 && sent_ % options_.users_restart == 0) {
      users_.start();
    }
    send_some_users();
    send_card();
  }
}

void Simulation::send_some_users() {
  for (int64_t i = 0; i < users_at_a_time && users_.has_more(); ++i) {
    deliver(users_.next(now_ / second), State::Whole);
  }
}

void Simulation::send_card() {
  const Event event = cards_.next(now_ / second);
  ++sent_;
  // It is killed just after it has made a card, or while it writes one.
  const bool due = options_.killed > 0 && sent_ >= last_kill_ + options_.killed;
  if (!due || event.what == "modified") {
    deliver(event, State::Whole);
    return write_counter();
  }
  last_kill_ = sent_;
  const bool torn = accidents_.chance(0.3), before_counter = torn || accidents_.chance(0.6);
  deliver(event, torn ? State::Torn : State::Whole);
  if (!before_counter) write_counter();
  cards_.kill(before_counter);
}

void Simulation::deliver(const Event& event, State state) {
  const std::string place = fmt::format("{}/{}.json", name_of(event.kind), event.event_id);
  const bool torn = state == State::Torn;
  const std::string bytes = torn ? event.bytes.substr(0, event.bytes.size() / 2) : event.bytes;
  const std::string path = options_.blob + "/" + place;
  const int64_t mtime = options_.live ? write_live(path, bytes) : write_made_up(path, bytes);
  note(event, state, place, mtime);
}

// The file appears by a rename, so that nobody sees it with another time than the one made up.
int64_t Simulation::write_made_up(const std::string& path, const std::string& bytes) {
  // Kernels stamp files by a clock that ticks every 4 ms, so files may share a time.
  int64_t mtime = now_ / 4000 * 4'000'000;
  if (accidents_.chance(options_.late)) {
    mtime += accidents_.between(1, 30) * 1'000'000'000;
  }
  const std::string part = path + ".part";
  {
    const simulators::OutputFile file(part);
    file.write_all(bytes);
    file.stamp(mtime);
  }
  std::filesystem::rename(part, path);
  return mtime;
}

int64_t Simulation::write_live(const std::string& path, const std::string& bytes) {
  const simulators::OutputFile file(path);
  const bool in_halves = accidents_.chance(options_.half_written);
  const size_t first = in_halves ? accidents_.below(bytes.size()) : bytes.size();
  file.write_all(bytes.substr(0, first));
  if (in_halves) {
    std::this_thread::sleep_for(std::chrono::milliseconds(accidents_.between(1, 50)));
    file.write_all(bytes.substr(first));
  }
  return file.stamped();
}

void Simulation::write_counter() const {
  const simulators::OutputFile file(options_.blob + "/cards/__id_counter");
  file.write_all(std::to_string(cards_.counter()));
}

void Simulation::note(const Event& event, State state, const std::string& place, int64_t mtime_ns) {
  const bool torn = state == State::Torn;
  const std::string_view what = torn ? std::string_view("torn") : event.what;
  ++written_[fmt::format("{} {}", name_of(event.kind), what)];
  if (!manifest_) return;
  std::string_view reason;
  if (torn) {
    reason = "\"json.incomplete\"";
  } else if (event.kind == Kind::Cards && !event.user_id) {
    reason = "\"field.missing@payload.user_id\"";
  } else if (event.kind == Kind::Cards && *event.user_id == options_.users) {
    reason = "\"reference.missing@payload.user_id\"";
  }
  // No text in here needs escaping.
  fmt::print(manifest_.get(),
             R"({{"kind": "{}", "place": "{}", "what": "{}", "id": {}, "event_id": "{}", )"
             R"("event_at": "{}", "mtime_ns": {}, "reasons": [{}]}})"
             "\n",
             name_of(event.kind), place, what, event.id, event.event_id, time_text(event.event_at),
             mtime_ns, reason);
}

void Simulation::pass(int64_t microseconds) {
  now_ += microseconds;
  if (!options_.live) return;
  std::this_thread::sleep_for(std::chrono::microseconds(
      static_cast<int64_t>(static_cast<double>(microseconds) / options_.speed)));
  now_ = real_time();
}

}  // namespace cards
