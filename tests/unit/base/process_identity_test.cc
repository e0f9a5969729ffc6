#include "base/process_identity.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clearwell {
namespace {

TEST(ProcessIdentity, OursRuns) {
  ASSERT_FALSE(process_identity().empty());
  EXPECT_EQ(process_identity(), process_identity());
  EXPECT_FALSE(has_ended(process_identity()));
  EXPECT_EQ(process_name().find("process " + std::to_string(::getpid()) + " on "), 0u);
}

TEST(ProcessIdentity, OneThatHasEndedIsKnownToHave) {
  int said[2];
  ASSERT_EQ(::pipe(said), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string own = process_identity();
    const ssize_t written = ::write(said[1], own.data(), own.size());
    ::close(said[1]);
    ::pause();
    ::_exit(written > 0 ? 0 : 1);
  }
  ::close(said[1]);
  std::string identity(256, '\0');
  const ssize_t length = ::read(said[0], identity.data(), identity.size());
  ASSERT_GT(length, 0);
  identity.resize(static_cast<size_t>(length));
  EXPECT_NE(identity, process_identity());
  EXPECT_FALSE(has_ended(identity));
  ::kill(child, SIGKILL);
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(has_ended(identity)) << "a zombie";
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(has_ended(identity));
  // The same pid, another process.
  const size_t start = process_identity().rfind('/');
  EXPECT_TRUE(has_ended(process_identity().substr(0, start) + "/1"));
}

TEST(ProcessIdentity, OfOthersNothingIsKnown) {
  for (const char* other : {"", "/", "a", "a/b/1/2", "/1/2"})
    EXPECT_FALSE(has_ended(other)) << other;
}

}  // namespace
}  // namespace clearwell
