// Random numbers that are the same on every machine and in every build: splitmix64, and
// distributions of our own (those of <random> differ between standard libraries).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace clearwell::generate {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  // A stream of its own for each name, whatever has been drawn here before.
  static Random named(uint64_t seed, std::string_view name) {
    return Random(seed * 0x9E3779B97F4A7C15ULL ^ hash64(name));
  }

  uint64_t next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  // 0 .. n-1. REQUIRES: n > 0.
  uint64_t below(uint64_t n) {
    CW_ASSERT(n > 0);
    return next() % n;
  }
  // Both ends included. REQUIRES: low <= high.
  int64_t between(int64_t low, int64_t high) {
    const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
    const uint64_t step = width == UINT64_MAX ? next() : below(width + 1);
    return static_cast<int64_t>(static_cast<uint64_t>(low) + step);
  }
  // 0 <= x < 1
  double real() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double share) { return real() < share; }

  // REQUIRES: not empty.
  template <typename T>
  const T& pick(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace clearwell::generate
