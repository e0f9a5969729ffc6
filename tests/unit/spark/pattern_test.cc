#include "spark/pattern.h"

#include <gtest/gtest.h>

namespace clearwell::spark {
namespace {

std::string java(const std::string& pattern) {
  auto out = java_pattern(pattern);
  return out.ok() ? *out : "fault: " + out.error().message;
}

TEST(Pattern, MostIsTheSame) {
  EXPECT_EQ(java("a.c|(?:b+?){2,3}\\d\\w"), "(?d)a.c|(?:b+?){2,3}\\d\\w");
  EXPECT_EQ(java("\\.\\-\\["), "(?d)\\.\\-\\[");
}

TEST(Pattern, EndsAreThoseOfTheText) { EXPECT_EQ(java("^a$"), "(?d)\\Aa\\z"); }

TEST(Pattern, ClassesHoldNoClasses) {
  EXPECT_EQ(java("[[&&^a-z]"), "(?d)[\\[\\&\\&\\^a-z]");
  EXPECT_EQ(java("[^]a]"), "(?d)[^\\]a]");
  EXPECT_EQ(java("[\\]\\d]x"), "(?d)[\\]\\d]x");
}

TEST(Pattern, BlanksAreWithoutTheVerticalTab) {
  EXPECT_EQ(java("\\s[\\s]\\S"), "(?d)[\\t\\n\\f\\r ][\\t\\n\\f\\r ][^\\t\\n\\f\\r ]");
}

TEST(Pattern, WhatDiffersIsNamed) {
  const std::string end = " is not the same in Java's regular expressions, which Spark has";
  EXPECT_EQ(java("\\pL"), "fault: \\p" + end);
  EXPECT_EQ(java("a\\b"), "fault: \\b" + end);
  EXPECT_EQ(java("(?i)a"), "fault: a group with flags or a name, (?…)" + end);
  EXPECT_EQ(java("[[:alpha:]]"), "fault: a class such as [:alpha:]" + end);
}

}  // namespace
}  // namespace clearwell::spark
