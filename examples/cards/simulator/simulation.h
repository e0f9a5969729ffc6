// Both services at work: who sends what, when, and in which state its file is.
//
// Time is either made up, and then everything is the same for the same options, file times
// included; or it is the real one (`live`): files are then written in place, some of them in two
// halves, and stamped by the kernel.
//
// The manifest, JSON lines, one a file, in the order of writing:
//   {"kind": "cards", "place": "cards/5f….json", "what": "modified", "id": 7, "event_id": "5f…",
//    "event_at": "2024-05-01 12:30:00", "mtime_ns": 1714566600004000000, "reasons": []}
// what: sent (a user), new, new_without_user, modified, or torn: the service was killed while it
// wrote, and only one half of the file is there. reasons: why it must be in quarantine in the end,
// "code@path"; empty: it is a version of its user or card.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "random.h"
#include "services.h"

namespace cards {

struct Options {
  std::string blob, manifest;
  uint64_t seed = 1;
  int64_t users = 1000;
  int64_t events = 2000;        // of cards; 0: until stopped
  int64_t users_restart = 700;  // the users service starts again after so many events of cards
  int64_t killed = 400;         // the cards service is killed after so many; 0: never
  double late = 0.03;           // share of files written long after their event
  bool live = false;
  double speed = 1;         // live: how many times faster
  double half_written = 0;  // live: share of files written in two halves
  int64_t start_time = 0;   // not live: microseconds since 1970
};

class Simulation {
 public:
  explicit Simulation(const Options& options);

  // Writes everything; returns early once `stop` is true. Throws std::system_error.
  void run(const std::atomic<bool>& stop);

  // Files written, by "kind what".
  const std::map<std::string, int64_t>& written() const { return written_; }

 private:
  enum class State { Whole, Torn };

  void burst(const std::atomic<bool>& stop);
  void send_some_users();
  void send_card();
  void deliver(const Event& event, State state);
  int64_t write_made_up(const std::string& path, const std::string& bytes);
  int64_t write_live(const std::string& path, const std::string& bytes);
  void write_counter() const;
  void note(const Event& event, State state, const std::string& place, int64_t mtime_ns);
  void pass(int64_t microseconds);
  bool is_done() const { return options_.events != 0 && sent_ >= options_.events; }

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  Options options_;
  Random times_, accidents_;
  UsersService users_;
  CardsService cards_;
  int64_t now_;                       // microseconds since 1970
  int64_t sent_ = 0, last_kill_ = 0;  // events of cards
  std::map<std::string, int64_t> written_;
  std::unique_ptr<std::FILE, Close> manifest_;
};

}  // namespace cards
