#include "base/step.h"

#include <csignal>
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/unit/base/temp_folder.h"

namespace clearwell {
namespace {

class StepTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(watch_steps(nullptr, nullptr).ok()); }
};

std::string fault_of(const char* stop_at) {
  const auto watched = watch_steps(stop_at, nullptr);
  return watched.ok() ? "none" : watched.error().message;
}

TEST_F(StepTest, TheTableNamesEachOnce) {
  const std::set<std::string_view> names(std::begin(step_table), std::end(step_table));
  EXPECT_EQ(names.size(), std::size(step_table));
}

TEST_F(StepTest, NothingIsWatchedUnlessAsked) {
  EXPECT_TRUE(watch_steps(nullptr, "").ok());
  EXPECT_FALSE(steps::watched);
  EXPECT_TRUE(watch_steps("load.counts", nullptr).ok());
  EXPECT_TRUE(steps::watched);
}

TEST_F(StepTest, OtherTextsAreRefused) {
  EXPECT_EQ(fault_of("load.counts:2:pause"), "none");
  EXPECT_EQ(fault_of("load.counts:kill"), "none");
  EXPECT_NE(fault_of("load").find("there is no such step; the steps are warehouse.schema_made "),
            std::string::npos);
  for (const char* text : {"load.counts:0", "load.counts:-1", "load.counts:two", "load.counts:",
                           "load.counts:2:3", "load.counts:kill:2", "load.counts:1:kill:"}) {
    EXPECT_EQ(fault_of(text), "CLEARWELL_STOP_AT is '" + std::string(text) +
                                  "', but must look like load.counts, load.counts:2 or "
                                  "load.counts:2:pause");
  }
}

TEST_F(StepTest, EndsTheProgramAtThatPassing) {
  EXPECT_EXIT(
      {
        static_cast<void>(watch_steps("load.counts:2", nullptr).ok());
        step("load.counts");
        step("load.begun");
        step("load.counts");
        std::exit(0);
      },
      testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(
      {
        static_cast<void>(watch_steps("load.counts:2", nullptr).ok());
        step("load.counts");
        std::exit(7);
      },
      testing::ExitedWithCode(7), "");
}

TEST_F(StepTest, WritesDownWhatIsPassed) {
  const TempFolder folder;
  const std::string path = folder / "steps";
  ASSERT_TRUE(watch_steps(nullptr, path.c_str()).ok());
  step("read.polled");
  step("load.begun");
  EXPECT_EQ(read_file(path).value(), "read.polled\nload.begun\n");
  EXPECT_FALSE(watch_steps(nullptr, (folder / "not/there").c_str()).ok());
}

}  // namespace
}  // namespace clearwell
