// One entry of the spool as bytes: a header of 40 bytes, the delivery's name, the payload.
//
//   offset  bytes
//        0      8  "CWSPOOL1"
//        8      8  hash (XXH3) of all that follows
//       16      8  length of the name
//       24      8  length of the payload
//       32      8  microseconds since 1970 UTC at which it came
// Numbers are little-endian.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace clearwell::sources::webhook {

struct Entry {
  std::string_view name;  // the delivery's, as its sender gave it; may be empty
  std::string_view payload;
  Instant came;
};

inline constexpr std::string_view frame_magic = "CWSPOOL1";
inline constexpr size_t header_bytes = 40;
// No name is longer: it is cut.
inline constexpr size_t longest_name = 1024;

void append_frame(const Entry& entry, std::string& out);

struct FrameSize {
  uint64_t name = 0;
  uint64_t payload = 0;
  uint64_t whole() const { return header_bytes + name + payload; }
};
// What a header promises; none if it is none.
std::optional<FrameSize> frame_size(std::string_view header);

// The entry of a whole frame, pointing into it; none if it is damaged.
std::optional<Entry> read_frame(std::string_view frame);

}  // namespace clearwell::sources::webhook
