// When a file counts as settled: nobody has written into it for a while, so what is incomplete in
// it will stay so.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace clearwell::sources {

// How much longer a file of this mtime must stay as it is, 0 when it has settled. Never longer than
// `settle`, whatever a wrong or frozen clock or a mtime in the future say: whoever waits so long
// and sees no change has seen enough.
inline Micros until_settled(int64_t mtime_ns, Micros settle) {
  const Instant mtime{Micros(mtime_ns / 1000)};
  return std::clamp<Micros>(settle - (now() - mtime), Micros(0), settle);
}

}  // namespace clearwell::sources
