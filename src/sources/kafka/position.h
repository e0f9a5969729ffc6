// How far a partition has been read, as a warehouse keeps it: JSON text
//   {"cluster":"4L6g3nShT-eMCtK--X86sw","topic":"orders","partition":3,"offset":42,"missed":7}
// `offset` is that of the next message. `cluster` is left out where the brokers have no id,
// `missed` where it is zero: how many offsets the brokers had deleted before they were read.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace clearwell::sources::kafka {

struct Position {
  std::string cluster;
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t missed = 0;
};

std::string to_text(const Position& position);
// Config error for a text that is no position of this source.
Result<Position> parse_position(const std::string& text);

}  // namespace clearwell::sources::kafka
