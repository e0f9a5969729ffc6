// Damage to the bytes of an event, as disks, proxies and hand-made JSON do it.
#pragma once

#include <string>
#include <string_view>

#include "random.h"

namespace retail {

using simulators::Random;

struct Damaged {
  std::string bytes;
  std::string_view what;    // for the manifest
  std::string_view reason;  // the code it must be rejected with
};

// REQUIRES: `json` is an object of a purchase or an entry, without a newline in its bytes. The
// result has none either, so that it can stand in a file of lines.
Damaged damage(const std::string& json, Random& random);

}  // namespace retail
