// The files of a spool: each holds the frames from the offset that it is called after,
// "00000000000004711.spool". Offsets count bytes since the spool was made and never come twice.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "sources/webhook/frame.h"

namespace clearwell::sources::webhook {

struct Segment {
  std::string path;
  int64_t start = 0;
  int64_t size = 0;  // bytes of whole frames
  int64_t end() const { return start + size; }
};

std::string segment_name(int64_t start);

// The segments of a folder, by start. Config error if one does not begin where the one before ends
// (a file is missing), with the cure.
Result<std::map<int64_t, Segment>> list_segments(const std::string& folder);

// Cuts off what a crash has left half-written at the end of the last segment: it was never
// answered. Config error if whole frames follow the damage, since those may have been: the cure is
// to restore the file, or to cut it by hand. Returns the bytes cut off; `only_look`: those that a
// reader must not go into, which may also be on their way.
Result<int64_t> mend_tail(Segment& segment, bool only_look);

// Reads the frames of one segment in their order.
class SegmentReader {
 public:
  // Opens at `offset`, which must be the start of a frame.
  static Result<SegmentReader> open(const Segment& segment, int64_t offset);

  enum class Read {
    Entry,
    End,      // no whole frame before `limit`
    Damaged,  // what stands at offset() is no frame
  };
  // The next frame that ends at or before offset `limit`. `entry` points into `bytes`.
  Result<Read> next(int64_t limit, std::string& bytes, webhook::Entry& entry);
  int64_t offset() const { return offset_; }
  const std::string& path() const { return path_; }

 private:
  Fd fd_;
  std::string path_;
  int64_t start_ = 0, offset_ = 0;
};

}  // namespace clearwell::sources::webhook
