#include <gtest/gtest.h>

#include "config/spec.h"

namespace clearwell::config {

TEST(Settings, HoldsEveryKindWithItsMark) {
  Settings settings;
  settings.set("text", std::string("x"), {"f", 1, 2});
  settings.set("integer", int64_t{5}, {});
  settings.set("boolean", true, {});
  settings.set("duration", std::chrono::microseconds(7), {});
  settings.set("percent", 0.5, {});
  settings.set("texts", std::vector<std::string>{"a", "b"}, {});
  EXPECT_EQ(settings.text("text"), "x");
  EXPECT_EQ(settings.mark("text").column, 2);
  EXPECT_EQ(settings.integer("integer"), 5);
  EXPECT_TRUE(settings.boolean("boolean"));
  EXPECT_EQ(settings.duration("duration").count(), 7);
  EXPECT_EQ(settings.percent("percent"), 0.5);
  EXPECT_EQ(settings.texts("texts").size(), 2u);
  EXPECT_TRUE(settings.has("text"));
  EXPECT_FALSE(settings.has("other"));
  settings.set("text", std::string("y"), {});
  EXPECT_EQ(settings.text("text"), "y");
}

TEST(SettingsDeathTest, AskingForWhatTheSpecDoesNotHaveIsABug) {
  Settings settings;
  settings.set("text", std::string("x"), {});
  EXPECT_DEATH(settings.text("tetx"), "internal error");
  EXPECT_DEATH(settings.integer("text"), "internal error");
}

}  // namespace clearwell::config
