// Chance, the same on every machine for a seed: the standard fixes what std::mt19937_64 yields, but
// not what the standard distributions make of it, so these are our own.
//
// Each concern of a simulator draws from a stream of its own. More re-deliveries, say, then leave
// the events themselves as they were.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace simulators {

class Random {
 public:
  Random(uint64_t seed, std::string_view stream);

  // 0 .. count-1. REQUIRES: count > 0.
  uint64_t below(uint64_t count) { return engine_() % count; }
  // first .. last, both included.
  int64_t between(int64_t first, int64_t last) {
    return first + static_cast<int64_t>(below(static_cast<uint64_t>(last - first) + 1));
  }
  // 0 <= x < 1.
  double share() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return share() < probability; }
  // One element of an array or vector.
  template <typename Range>
  const auto& pick(const Range& range) {
    return range[below(std::size(range))];
  }
  // "{0:04}"-like runs of digits.
  std::string digits(int count);
  // A random (version 4) UUID in lower case.
  std::string uuid();

 private:
  std::mt19937_64 engine_;
};

}  // namespace simulators
