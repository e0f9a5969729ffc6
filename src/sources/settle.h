// When a file counts as settled: nobody has written into it for a while, so what is incomplete in
// it will stay so.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

#include <time.h>

#include "base/time.h"

namespace clearwell::sources {

// How much longer a file of this mtime must stay as it is, 0 when it has settled. Never longer than
// `settle`, whatever a wrong or frozen clock or a mtime in the future say: whoever waits so long
// and sees no change has seen enough.
inline Micros until_settled(int64_t mtime_ns, Micros settle) {
  const Instant mtime{Micros(mtime_ns / 1000)};
  return std::clamp<Micros>(settle - (now() - mtime), Micros(0), settle);
}

// Waits until whatever is written into a file of this mtime gets a later one. The kernel stamps
// files by a clock that moves in ticks (4 ms, or 10): of two writes in one tick the second shows
// neither in the mtime nor, if it writes over what was there, in the size. A file is read when that
// tick is over, so that a change is seen. Takes a few ms for a file just written, at most once a
// tick; no longer than `longest`, whatever clocks do.
inline void await_next_tick(int64_t mtime_ns) {
  constexpr std::chrono::milliseconds longest{25};
  const auto until = Steady::now() + longest;
  for (;;) {
    timespec tick{};
    clock_gettime(CLOCK_REALTIME_COARSE, &tick);
    const int64_t ahead = mtime_ns - (tick.tv_sec * 1'000'000'000 + tick.tv_nsec);
    // A mtime in the future has been set by somebody; a write would replace it.
    const bool of_this_tick = ahead >= 0 && ahead < 1'000'000'000;
    if (!of_this_tick || Steady::now() >= until) return;
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
}

}  // namespace clearwell::sources
