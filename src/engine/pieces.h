// A batch of a source that is judged and committed piece by piece, since records of it refer to
// others of the same batch. To the source it stays one batch.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "batch/record.h"
#include "sources/source.h"

namespace clearwell::engine {

class Pieces {
 public:
  // The source must outlive it. The views in the pieces point into it.
  Pieces(batch::RawBatch whole, const sources::Source& source);

  // Records that are in no piece yet.
  size_t left() const { return whole_.records.size() - taken_; }
  // The next `count` records (at most left()), without positions: to be judged.
  batch::RawBatch peek(size_t count) const;
  // Takes the first records of what was peeked: all of `piece`, which gets its positions.
  Result<void> take(batch::RawBatch& piece);
  // Nothing comes after what has been taken.
  Result<void> end_here();

  // `retried` of a piece that has been committed, in their order. True when it was the last one:
  // then the source is to be told of whole() and retried().
  bool committed(const std::vector<bool>& retried);
  const batch::RawBatch& whole() const { return whole_; }
  const std::vector<bool>& retried() const { return retried_; }

 private:
  batch::RawBatch whole_;
  const sources::Source& source_;
  std::vector<batch::LaneAdvance> lanes_;  // from where the last piece ended
  size_t taken_ = 0;
  std::vector<bool> retried_;
};

}  // namespace clearwell::engine
