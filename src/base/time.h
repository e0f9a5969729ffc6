// Points in time and spans as the whole program uses them: microseconds since 1970-01-01 UTC, the
// resolution of both warehouses' timestamps.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace clearwell {

using Micros = std::chrono::microseconds;
// An instant, UTC. time_since_epoch().count() is what a TIMESTAMPTZ column holds.
using Instant = std::chrono::time_point<std::chrono::system_clock, Micros>;

// The wall clock. CLEARWELL_CLOCK=2024-01-01T00:00:00Z in the environment freezes it there, for
// tests; CLEARWELL_CLOCK=@FILE where that file says, which may be replaced meanwhile. (A value that
// is no time ends the program with exit code 2.) Never used to order records (that is
// Record::order).
Instant now();

// "2024-01-01T12:30:00.250Z"; the fraction is left out when it is zero, else it has 3 or 6 digits.
std::string to_iso8601(Instant instant);
// The inverse, for texts of exactly that form (up to 6 digits of fraction).
std::optional<Instant> from_iso8601(const std::string& text);

// A pause that a stop request or a test may not outlast: never sleeps longer than 50 ms at once.
using Steady = std::chrono::steady_clock;

}  // namespace clearwell
