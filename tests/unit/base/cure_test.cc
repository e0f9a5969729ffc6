#include "base/cure.h"

#include <gtest/gtest.h>

namespace clearwell {
namespace {

TEST(Cure, StandsBehindWhatTheSystemSaid) {
  EXPECT_EQ(with_cure("a.jsonl: Too many open files"),
            "a.jsonl: Too many open files (raise the limit of open files (ulimit -n))");
  EXPECT_EQ(with_cure("writing: No space left on device"),
            "writing: No space left on device (make room on that disk)");
}

TEST(Cure, OtherMessagesStayAsTheyAre) {
  EXPECT_EQ(with_cure(""), "");
  EXPECT_EQ(with_cure("a.jsonl: Input/output error"), "a.jsonl: Input/output error");
}

TEST(Cure, WhatTryingAgainMayMend) {
  EXPECT_TRUE(is_of_files("IO Error: Could not write file a: No space left on device"));
  EXPECT_TRUE(is_of_files("a.jsonl: Input/output error"));
  EXPECT_FALSE(is_of_files("a.jsonl: Permission denied"));
  EXPECT_FALSE(is_of_files("Constraint Error: duplicate key"));
}

}  // namespace
}  // namespace clearwell
