#include "batch/fate.h"

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

constexpr Fate all_fates[] = {Fate::Loaded,      Fate::Superseded, Fate::Duplicate, Fate::Skipped,
                              Fate::Quarantined, Fate::Parked,     Fate::Discarded};

TEST(Counts, HaveAPlaceForEachFate) {
  for (Fate fate : all_fates) {
    Counts counts;
    counts.of(fate) = 1;
    EXPECT_FALSE(counts.balanced()) << static_cast<int>(fate);
    counts.read = 1;
    EXPECT_TRUE(counts.balanced()) << static_cast<int>(fate);
    for (Fate other : all_fates) EXPECT_EQ(counts.of(other), other == fate ? 1 : 0);
  }
}

TEST(Counts, AreAddedTermByTerm) {
  Counts sum = {28, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_TRUE(sum.balanced());
  // A release: two leave the park, one is loaded and one quarantined.
  Counts release;
  release.parked = -2;
  release.loaded = release.quarantined = 1;
  EXPECT_TRUE(release.balanced());
  sum += release;
  EXPECT_EQ(sum, (Counts{28, 2, 2, 3, 4, 6, 4, 7}));
  sum += Counts{7, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(sum, (Counts{35, 3, 3, 4, 5, 7, 5, 8}));
  EXPECT_TRUE(sum.balanced());
}

TEST(Counts, TellWhenARecordIsLostOrDoubled) {
  EXPECT_TRUE(Counts{}.balanced());
  EXPECT_FALSE((Counts{1, 0, 0, 0, 0, 0, 0, 0}).balanced());
  EXPECT_FALSE((Counts{1, 1, 0, 1, 0, 0, 0, 0}).balanced());
}

}  // namespace
}  // namespace clearwell::batch
