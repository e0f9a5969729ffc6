#include "engine/pieces.h"

#include <gtest/gtest.h>

namespace clearwell::engine {
namespace {

// A source of lines in one lane: a position is the offset of the next record.
class Lines final : public sources::Source {
 public:
  Result<void> open(sources::Resume) override { return {}; }
  Result<sources::Polled> poll(batch::RawBatch&, const sources::Limits&,
                               std::chrono::microseconds) override {
    return sources::Polled::Finished;
  }
  Result<void> cut(batch::RawBatch& batch, size_t count) const override {
    batch.lanes.front().to = std::to_string(batch.records[count].offset);
    batch.records.resize(count);
    return {};
  }
  void committed(const batch::RawBatch&, const std::vector<bool>&) override {}
  bool caught_up() const override { return true; }
  void close() override {}
};

batch::RawBatch lines(int count) {
  batch::RawBatch out;
  out.source = "lines";
  for (int i = 0; i < count; ++i) {
    batch::Record record;
    record.payload = "{}";
    record.offset = 10 + i;
    out.records.push_back(record);
  }
  out.lanes.push_back({"p/lines/a", "10", std::to_string(10 + count)});
  return out;
}

TEST(Pieces, FollowEachOtherAndEndWhereTheBatchEnds) {
  const Lines source;
  Pieces pieces(lines(5), source);
  std::string moves;
  for (const size_t count : {2U, 1U, 2U}) {
    batch::RawBatch piece = pieces.peek(std::min(pieces.left(), count + 1));
    piece.records.resize(count);  // one less is judged than was peeked
    ASSERT_TRUE(pieces.take(piece).ok());
    ASSERT_EQ(piece.lanes.size(), 1U);
    moves += piece.lanes[0].from + "-" + piece.lanes[0].to + " " +
             std::to_string(piece.records[0].offset) + "; ";
  }
  EXPECT_EQ(moves, "10-12 10; 12-13 12; 13-15 13; ");
  EXPECT_EQ(pieces.left(), 0U);
}

TEST(Pieces, TheSourceIsToldOfTheWholeAfterTheLast) {
  const Lines source;
  Pieces pieces(lines(3), source);
  EXPECT_FALSE(pieces.committed({false, true}));
  EXPECT_TRUE(pieces.committed({true}));
  EXPECT_EQ(pieces.retried(), (std::vector<bool>{false, true, true}));
  EXPECT_EQ(pieces.whole().lanes[0].to, "13");
}

TEST(Pieces, MayEndBefore) {
  const Lines source;
  Pieces pieces(lines(3), source);
  batch::RawBatch piece = pieces.peek(2);
  ASSERT_TRUE(pieces.take(piece).ok());
  ASSERT_TRUE(pieces.end_here().ok());
  EXPECT_EQ(pieces.left(), 0U);
  EXPECT_EQ(pieces.whole().lanes[0].to, "12");
  EXPECT_TRUE(pieces.committed({false, false}));
}

// Files have marks instead of lanes.
TEST(Pieces, CarryTheirMarks) {
  const Lines source;
  batch::RawBatch files = lines(2);
  files.lanes.clear();
  files.marks = {batch::FileMark{1}, batch::FileMark{2}};
  Pieces pieces(std::move(files), source);
  batch::RawBatch all = pieces.peek(2);
  ASSERT_TRUE(pieces.take(all).ok());
  EXPECT_EQ(all.marks.size(), 2U);
  EXPECT_EQ(all.marks[1], batch::FileMark{2});
  EXPECT_EQ(all.payload_bytes, 4U);
}

}  // namespace
}  // namespace clearwell::engine
