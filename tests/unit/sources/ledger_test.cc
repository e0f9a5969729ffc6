#include "sources/files/ledger.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace clearwell::sources::files {
namespace {

batch::FileMark mark(int64_t number) { return hash128(std::to_string(number)); }

TEST(FileLedger, KnowsWhatWasPutIn) {
  Ledger ledger;
  EXPECT_FALSE(ledger.contains(mark(1)));
  for (int i = 0; i < 20'000; ++i) {
    EXPECT_TRUE(ledger.insert(mark(i)));
    EXPECT_FALSE(ledger.insert(mark(i)));
  }
  EXPECT_EQ(ledger.size(), 20'000u);
  for (int i = 0; i < 40'000; ++i) EXPECT_EQ(ledger.contains(mark(i)), i < 20'000) << i;
}

TEST(FileLedger, TheMarkThatLooksLikeAFreeSlotIsAMarkToo) {
  Ledger ledger;
  EXPECT_FALSE(ledger.contains({}));
  EXPECT_TRUE(ledger.insert({}));
  EXPECT_FALSE(ledger.insert({}));
  EXPECT_TRUE(ledger.contains({}));
  EXPECT_EQ(ledger.size(), 1u);
}

TEST(FileLedger, MarksThatShareTheirSlotAreKeptApart) {
  Ledger ledger;
  for (int last = 1; last < 200; ++last) {
    batch::FileMark crowded{};
    crowded.fill(0xFF);
    crowded[15] = static_cast<uint8_t>(last);
    EXPECT_TRUE(ledger.insert(crowded));
    EXPECT_TRUE(ledger.contains(crowded));
    crowded[14] = 0;
    EXPECT_FALSE(ledger.contains(crowded));
  }
}

// proves: bounded | files | each | first-run
TEST(FileLedger, TakesLessThan32BytesAFile) {
  Ledger grown, reserved;
  reserved.reserve(300'000);
  for (int i = 0; i < 300'000; ++i) {
    grown.insert(mark(i));
    reserved.insert(mark(i));
    if (i > 50'000 && i % 1000 == 0) {
      ASSERT_LT(grown.memory(), 27 * grown.size()) << i;
    }
  }
  EXPECT_LT(reserved.memory(), 27 * reserved.size());
}

}  // namespace
}  // namespace clearwell::sources::files
