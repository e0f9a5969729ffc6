#include "batch/reason.h"

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

TEST(Reasons, WrittenOnesFollowWhatIsAdded) {
  Reasons reasons(2);
  reasons.add(1, {"field.min", "cart[2].quantity", "-4", "too \"small\""});
  reasons.write();
  const std::string first =
      R"({"code":"field.min","path":"cart[2].quantity","value":"-4","message":"too \"small\""})";
  EXPECT_EQ(reasons.json(0), "[]");
  EXPECT_EQ(reasons.json(1), "[" + first + "]");
  reasons.add(1, {"key.conflict", "", "a\n\\", "known"});
  EXPECT_EQ(
      reasons.json(1),
      "[" + first + R"(,{"code":"key.conflict","path":"","value":"a\u000a\\","message":"known"}])");
  reasons.reset(2);
  EXPECT_EQ(reasons.json(1), "[]");
}

}  // namespace
}  // namespace clearwell::batch
