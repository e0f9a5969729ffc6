// Trying again what cannot be done at present: with growing pauses, for a limited time under
// --once.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"

namespace clearwell::engine {

struct Patience {
  std::string what;                          // "purchases: loading"
  std::function<bool()> stopping;            // asked at least every 20 ms
  std::optional<std::chrono::seconds> most;  // none: until it succeeds or is told to stop
  std::chrono::milliseconds pause{100};      // doubled each time, to `longest`
  static constexpr std::chrono::milliseconds longest{5000};
};

// How long a run that is to end by itself waits for a systemic fault to pass.
inline constexpr std::chrono::seconds patience_once{30};

// What `attempt` returns: at last a success, an error that trying again does not mend, or the
// retryable one for which there was no more patience.
template <typename Attempt>
auto patiently(Patience patience, Attempt&& attempt) -> decltype(attempt()) {
  const auto since = Steady::now();
  for (;;) {
    auto done = attempt();
    if (done.ok() || done.error().kind != ErrorKind::Retryable || patience.stopping()) return done;
    if (patience.most && Steady::now() - since >= *patience.most) return done;
    log_warn(patience.what + " failed, trying again: " + done.error().message);
    const auto until = Steady::now() + patience.pause;
    while (!patience.stopping() && Steady::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    patience.pause = std::min(patience.pause * 2, Patience::longest);
  }
}

}  // namespace clearwell::engine
