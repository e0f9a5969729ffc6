#include "base/time.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace clearwell {
namespace {

std::string again(const std::string& text) {
  const auto instant = from_iso8601(text);
  return instant ? to_iso8601(*instant) : "none";
}

TEST(Time, IsPrintedAndReadBack) {
  for (const char* text : {"2024-01-01T12:30:00Z", "2024-01-01T12:30:00.250Z",
                           "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(again(text), text);
  }
  EXPECT_EQ(to_iso8601(Instant{}), "1970-01-01T00:00:00Z");
}

TEST(Time, OtherTextsAreRefused) {
  for (const char* text :
       {"", "2024-01-01", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00Zx"}) {
    EXPECT_EQ(again(text), "none") << text;
  }
}

// Stored in ledgers and positions: another value would make every file a new one.
TEST(Hash, NeverChanges) {
  EXPECT_EQ(to_hex(hash128("")), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(to_hex(hash128("clearwell")).size(), 32u);
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2u);
  EXPECT_NE(hash128("a"), hash128("b"));
}

}  // namespace
}  // namespace clearwell
