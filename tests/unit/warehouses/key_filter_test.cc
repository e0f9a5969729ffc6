#include "warehouses/key_filter.h"

#include <random>

#include <gtest/gtest.h>

namespace clearwell::warehouses {
namespace {

TEST(KeyFilter, KnowsWhatItWasTaught) {
  KeyFilter filter;
  EXPECT_FALSE(filter.may_contain(17));
  filter.insert(17);
  filter.insert(17);
  EXPECT_TRUE(filter.may_contain(17));
  EXPECT_FALSE(filter.may_contain(18));
  EXPECT_EQ(filter.size(), 1u);
}

TEST(KeyFilter, NeverForgetsWhileItGrows) {
  std::mt19937_64 random(1);
  std::vector<uint64_t> known(200'000), others(200'000);
  for (uint64_t& hash : known) hash = random();
  for (uint64_t& hash : others) hash = random();
  KeyFilter filter;
  for (uint64_t hash : known) filter.insert(hash);
  EXPECT_EQ(filter.size(), known.size());
  for (uint64_t hash : known) ASSERT_TRUE(filter.may_contain(hash));
  for (uint64_t hash : others) ASSERT_FALSE(filter.may_contain(hash));
}

// All in one shard, and all beginning their search at one slot.
TEST(KeyFilter, HoldsHashesThatCrowdTogether) {
  KeyFilter filter;
  for (uint64_t i = 1; i <= 3000; ++i) filter.insert(i << 32);
  EXPECT_EQ(filter.size(), 3000u);
  for (uint64_t i = 1; i <= 3000; ++i) ASSERT_TRUE(filter.may_contain(i << 32));
  EXPECT_FALSE(filter.may_contain(uint64_t{3001} << 32));
}

TEST(KeyFilter, ZeroIsAHashToo) {
  KeyFilter filter;
  EXPECT_FALSE(filter.may_contain(0));
  filter.insert(0);
  EXPECT_TRUE(filter.may_contain(0));
  EXPECT_EQ(filter.size(), 1u);
  EXPECT_FALSE(filter.may_contain(2));
  filter.insert(UINT64_MAX);
  EXPECT_TRUE(filter.may_contain(UINT64_MAX));
}

TEST(KeyFilter, IsEmptyAfterClear) {
  KeyFilter filter;
  for (uint64_t i = 0; i < 1000; ++i) filter.insert(i * 0x9E3779B97F4A7C15);
  filter.clear();
  EXPECT_EQ(filter.size(), 0u);
  for (uint64_t i = 0; i < 1000; ++i) EXPECT_FALSE(filter.may_contain(i * 0x9E3779B97F4A7C15));
  filter.insert(5);
  EXPECT_TRUE(filter.may_contain(5));
}

}  // namespace
}  // namespace clearwell::warehouses
