// What the CMS has to say: changes of fragrances, some of them wrong, and what must become of each.
#pragma once

#include <cstdint>
#include <string>

#include "random.h"

namespace fragrances {

struct Delta {
  std::string id;    // of the delivery
  std::string body;  // JSON, or what should be JSON
  bool valid = true;
};

class Deltas {
 public:
  Deltas(uint64_t seed, int64_t fragrances, double bad);
  Delta next();

 private:
  std::string valid_fields();
  std::string bad_body();

  simulators::Random random_, faults_;
  int64_t fragrances_;
  double bad_;
  int64_t count_ = 0;
};

}  // namespace fragrances
