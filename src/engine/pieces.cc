#include "engine/pieces.h"

#include <algorithm>
#include <utility>

namespace clearwell::engine {

Pieces::Pieces(batch::RawBatch whole, const sources::Source& source)
    : whole_(std::move(whole)), source_(source), lanes_(whole_.lanes) {}

batch::RawBatch Pieces::peek(size_t count) const {
  CW_ASSERT(count <= left());
  const auto part = [&](const auto& all) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(taken_);
    return std::vector(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  batch::RawBatch out;
  out.source = whole_.source;
  out.records = part(whole_.records);
  if (!whole_.marks.empty()) out.marks = part(whole_.marks);
  for (const batch::Record& record : out.records) out.payload_bytes += record.payload.size();
  return out;
}

Result<void> Pieces::take(batch::RawBatch& piece) {
  const size_t count = piece.records.size();
  batch::RawBatch rest;
  rest.lanes = lanes_;
  rest.records.assign(whole_.records.begin() + static_cast<std::ptrdiff_t>(taken_ + count),
                      whole_.records.end());
  if (!rest.records.empty()) CW_TRY(source_.cut(rest, 0));
  for (const batch::LaneAdvance& moved : rest.lanes) {
    if (moved.from == moved.to) continue;
    for (batch::LaneAdvance& lane : lanes_) {
      if (lane.lane == moved.lane) lane.from = moved.to;
    }
    piece.lanes.push_back(moved);
  }
  taken_ += count;
  return {};
}

Result<void> Pieces::end_here() {
  CW_TRY(source_.cut(whole_, taken_));
  return {};
}

bool Pieces::committed(const std::vector<bool>& retried) {
  retried_.insert(retried_.end(), retried.begin(), retried.end());
  return retried_.size() == whole_.records.size();
}

}  // namespace clearwell::engine
