// The shop at work: who delivers what, when, how often and in which state.
//
// A simulation is the same for the same options (except under live_clock), and can be written in
// two parts, between which a test may run Clearwell: phase 1 is all that comes in good time; phase
// 2 is what comes afterwards, the late users and articles, the files written again, and the rest of
// those half-written.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catalogue.h"
#include "delivery.h"
#include "manifest.h"
#include "purchases.h"
#include "random.h"
#include "sink.h"

namespace retail {

enum class Phases { First = 1, Second = 2, Both = 3 };

// Shares are 0 to 1, of the deliveries that they can concern.
struct Options {
  uint64_t seed = 1;
  int64_t users = 1000;      // new ones at each start
  int64_t articles = 200;    // new ones at each start
  int64_t purchases = 5000;  // in all; 0: until stopped
  int64_t starts = 1;        // of the producers, evenly over the purchases
  double invalid = 0.15;
  double duplicates = 0;    // delivered again
  double conflicts = 0;     // delivered again with another timestamp
  double repaired = 0;      // of the invalid: delivered again without the fault
  double damaged = 0;       // of the valid: bytes spoiled
  double half_written = 0;  // files only
  double late = 0;          // of users and articles
  double rate = 0;          // purchases a second; 0: as fast as possible
  Phases phases = Phases::Both;
  bool lines = false;                // files of lines: no file is half-written or written again
  int64_t start_time = 0;            // of the first purchase, microseconds since 1970
  bool live_clock = false;           // purchases happen when they are written
  std::chrono::microseconds span{};  // from the first purchase to the last
};

class Simulation {
 public:
  Simulation(const Options& options, Sink& sink, Manifest& manifest);

  // Delivers everything; returns early once `stop` is true. Throws std::system_error.
  void run(const std::atomic<bool>& stop);

  // Deliveries written, by "kind fault delivery".
  const std::map<std::string, int64_t>& written() const { return written_; }

 private:
  using Steady = std::chrono::steady_clock;

  void start_producers();
  void add_entry(Kind kind, Entry entry);
  void sell(int64_t number);
  void send_broken_then_repaired(Delivery first, const Purchase& valid);
  void send_again(Delivery first, const Purchase& purchase);
  void send_conflict(const Delivery& first, Purchase purchase);
  void send_half(Delivery first, const Purchase& purchase);
  void send_damaged(Delivery first);

  Delivery delivery_of(const Purchase& purchase) const;
  void judge(Delivery& delivery, const Purchase& purchase, bool known) const;
  int64_t timestamp_of(int64_t number);
  void deliver(const Delivery& delivery);
  void deliver_soon(Delivery delivery);
  void deliver_in_phase_2(Delivery delivery, double seconds);
  void deliver_due(int64_t number);
  void keep_pace(int64_t number, const std::atomic<bool>& stop);

  Options options_;
  Sink& sink_;
  Manifest& manifest_;
  Random masters_, twists_, times_, damages_, delays_;
  Shelf users_, articles_;
  Till till_;
  int64_t number_ = 0;                    // of the purchase being sold
  std::multimap<int64_t, Delivery> due_;  // by number of the purchase that they follow
  std::vector<Delivery> phase_2_;
  std::map<std::string, int64_t> written_;
  Steady::time_point began_;
};

}  // namespace retail
