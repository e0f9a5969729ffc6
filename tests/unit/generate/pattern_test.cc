#include "generate/pattern.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

namespace clearwell::generate {
namespace {

// Every sample must match, of expressions as contracts have them.
TEST(Pattern, SamplesMatch) {
  for (const char* expression :
       {"[A-Z]{3}", "\\d{4}-\\d{2}", "a|bc|", "(ab)*c+", "[^@\\s]+@[^@\\s]+", "(?:x|y){2,4}?z",
        "(?P<name>q)[[:digit:]]", "^start.*end$", "\\x41\\x{e9}", "[\\w.-]+", "[]a]", "[a\\-z]",
        "\\p{Lu}\\pL", "{a}", "a{,2}", "é+", "\\.\\*", "[^\\n]", "()"}) {
    SCOPED_TRACE(expression);
    auto pattern = Pattern::parse(expression);
    ASSERT_TRUE(pattern.ok()) << pattern.error().message;
    const re2::RE2 regex(expression);
    ASSERT_TRUE(regex.ok()) << regex.error();
    Random random(7);
    for (int i = 0; i < 100; ++i) {
      const std::string text = pattern->sample(random, i % 10);
      EXPECT_TRUE(re2::RE2::FullMatch(text, regex)) << text;
    }
  }
}

TEST(Pattern, StretchBoundsOpenRepetitions) {
  auto pattern = Pattern::parse("a+");
  ASSERT_TRUE(pattern.ok());
  Random random(1);
  size_t longest = 0;
  for (int i = 0; i < 200; ++i) {
    const size_t length = pattern->sample(random, 4).size();
    EXPECT_GE(length, 1U);
    longest = std::max(longest, length);
  }
  EXPECT_EQ(longest, 5U);
}

TEST(Pattern, RefusesWhatItDoesNotUnderstand) {
  for (const char* expression : {"(", "[a", "a)", "\\", "\\p{Greek}", "[[:nope:]]"}) {
    const auto pattern = Pattern::parse(expression);
    ASSERT_FALSE(pattern.ok()) << expression;
    EXPECT_EQ(pattern.error().kind, ErrorKind::Config);
    EXPECT_NE(pattern.error().message.find(expression), std::string::npos);
  }
}

}  // namespace
}  // namespace clearwell::generate
