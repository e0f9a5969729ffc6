#include "cli/golden.h"

#include <gtest/gtest.h>

namespace clearwell::cli {
namespace {

using namespace std::string_literals;

constexpr const char* sample =
    "# what it proves\n"
    "batches fixed\n"
    "\n"
    "file a/b.txt\n"
    "one\n"
    "\\---- not the end\n"
    "----\n"
    "bytes raw\n"
    "\\xff\\x00\\n\n"
    "tail\\\\\n"
    "----\n"
    "$ clearwell query \"SELECT 1\"\n"
    "1\n"
    "----\n"
    "mtime raw 2024-01-02T00:00:00Z\n"
    "$ false\n"
    "---- exit 1\n"
    "# the end\n";

TEST(Golden, ParsesEveryDirective) {
  const auto scenario = parse_scenario(sample);
  ASSERT_TRUE(scenario.ok()) << scenario.error().message;
  EXPECT_FALSE(scenario->any_batches);
  ASSERT_EQ(scenario->steps.size(), 5U);
  const auto& steps = scenario->steps;
  EXPECT_EQ(steps[0].argument, "a/b.txt");
  EXPECT_EQ(steps[0].content, "one\n---- not the end\n");
  EXPECT_EQ(steps[1].content, "\xff\0\ntail\\"s);
  EXPECT_EQ(steps[2].argument, "clearwell query \"SELECT 1\"");
  EXPECT_EQ(steps[2].content, "1\n");
  EXPECT_EQ(steps[2].line, 12U);
  EXPECT_EQ(steps[3].argument, "raw 2024-01-02T00:00:00Z");
  EXPECT_EQ(steps[4].exit, 1);
  EXPECT_EQ(steps[4].content, "");
}

TEST(Golden, BatchesAreAnyUnlessSaidOtherwise) {
  const auto scenario = parse_scenario("$ true\n----\n");
  ASSERT_TRUE(scenario.ok());
  EXPECT_TRUE(scenario->any_batches);
}

TEST(Golden, FaultsNameTheirLine) {
  const auto message = [](const std::string& text) {
    const auto scenario = parse_scenario(text);
    return scenario.ok() ? "" : scenario.error().message;
  };
  EXPECT_EQ(message("\nflie a\n"), "line 2: unknown directive 'flie'");
  EXPECT_EQ(message("file a\nx\n"), "line 1: no line '----' ends this block");
  EXPECT_EQ(message("file\n"), "line 1: 'file' needs an argument");
  EXPECT_EQ(message("bytes a\n\\q\n----\n"),
            "line 1: bytes: a backslash begins \\n, \\r, \\t, \\\\ or \\xNN");
  EXPECT_EQ(message("file a\n---- exit 1\n"),
            "line 2: a block ends with '----', or with '---- exit N' for a command");
  EXPECT_EQ(message("$ x\n---- exit one\n"), "line 2: exit needs a number");
  EXPECT_EQ(message("batches two\n"), "line 1: batches any, or fixed");
}

TEST(Golden, RewritingWithWhatIsExpectedChangesNothing) {
  const auto scenario = parse_scenario(sample);
  ASSERT_TRUE(scenario.ok());
  EXPECT_EQ(rewrite(sample, scenario.value(), {{"1\n", 0}, {"", 1}}), sample);
}

TEST(Golden, RewritingTouchesOnlyBlocksOfCommands) {
  const std::string text =
      "$ a\nold\nolder\n---- exit 3\n# between\n$ b\n----\n\nfile f\nx\n----\n";
  const auto scenario = parse_scenario(text);
  ASSERT_TRUE(scenario.ok());
  const std::string now = rewrite(text, scenario.value(), {{"new\n----\n\\----\n", 0}, {"", 2}});
  EXPECT_EQ(now,
            "$ a\nnew\n\\----\n\\\\----\n----\n# between\n$ b\n---- exit 2\n\nfile f\nx\n----\n");
  const auto again = parse_scenario(now);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->steps[0].content, "new\n----\n\\----\n");
}

TEST(Golden, DifferencesStandInTheirContext) {
  EXPECT_EQ(difference("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf\n"),
            "  …\n  c\n  d\n- e\n+ E\n  f\n");
  EXPECT_EQ(difference("", "x\n"), "+ x\n");
  EXPECT_EQ(difference("a\n", "a\n"), "  …\n");
}

}  // namespace
}  // namespace clearwell::cli
