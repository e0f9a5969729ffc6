#include "cli/process.h"

#include <gtest/gtest.h>

namespace clearwell::cli {
namespace {

ShellResult run(const std::string& text, std::chrono::seconds limit = std::chrono::seconds(20)) {
  auto result = run_shell({text, "/", {{"PATH", "/usr/bin:/bin"}, {"NAME", "value"}}, limit});
  EXPECT_TRUE(result.ok()) << result.error().message;
  return std::move(result).value();
}

TEST(Process, OutputIsInTheOrderInWhichItWasWritten) {
  const ShellResult result = run("echo one; echo two >&2; echo $NAME; pwd; exit 3");
  EXPECT_EQ(result.output, "one\ntwo\nvalue\n/\n");
  EXPECT_EQ(result.exit, 3);
  EXPECT_FALSE(result.timed_out);
}

TEST(Process, ASignalIsAnExitCode) { EXPECT_EQ(run("kill -9 $$").exit, 128 + 9); }

TEST(Process, WhatTakesTooLongIsKilledWithItsChildren) {
  const ShellResult result = run("echo begun; sleep 100 & wait", std::chrono::seconds(1));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.output, "begun\n");
}

}  // namespace
}  // namespace clearwell::cli
