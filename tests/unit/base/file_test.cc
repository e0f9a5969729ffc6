#include "base/file.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/unit/base/temp_folder.h"

namespace clearwell {
namespace {

TEST(File, IsReadAsItWasWritten) {
  const TempFolder folder;
  const std::string bytes("a\0b\xFF\n", 5);
  ASSERT_TRUE(write_file(folder / "f", bytes).ok());
  auto read = read_file(folder / "f");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, bytes);
  ASSERT_TRUE(write_file(folder / "f", "").ok());
  EXPECT_EQ(read_file(folder / "f").value(), "");
}

TEST(File, WithoutASizeIsReadToItsEnd) {
  auto read = read_file("/proc/self/status");
  ASSERT_TRUE(read.ok());
  EXPECT_NE(read->find("Threads:"), std::string::npos);
}

TEST(File, MissingIsAFaultOfConfiguration) {
  const auto read = read_file("/nowhere/at/all");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::Config);
  EXPECT_EQ(read.error().message, "/nowhere/at/all: No such file or directory");
}

TEST(File, AFolderIsLockedForOneAtATime) {
  using std::chrono::milliseconds;
  const TempFolder folder;
  Fd mine, another;
  ASSERT_EQ(lock_folder(folder.path(), milliseconds(0), mine), 0);
  EXPECT_EQ(lock_folder(folder.path(), milliseconds(20), another), ETIMEDOUT);
  mine.reset();
  EXPECT_EQ(lock_folder(folder.path(), milliseconds(0), another), 0);
  EXPECT_EQ(lock_folder(folder / "missing", milliseconds(0), mine), ENOENT);
}

TEST(File, FailedWriteLeavesNothingBehind) {
  const TempFolder folder;
  EXPECT_FALSE(write_file(folder / "no/f", "x").ok());
  std::filesystem::create_directory(folder / "f");
  EXPECT_FALSE(write_file(folder / "f", "x").ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, StatTellsWhatItIs) {
  const TempFolder folder;
  folder.write("f", "12345");
  folder.set_mtime("f", 1'700'000'000'123'456'789);
  FileStat info;
  ASSERT_EQ(stat_path(folder / "f", info), 0);
  EXPECT_EQ(info.size, 5);
  EXPECT_EQ(info.mtime_ns, 1'700'000'000'123'456'789);
  EXPECT_TRUE(info.regular);
  EXPECT_EQ(stat_path(folder / "g", info), ENOENT);
}

TEST(File, PathsAreRelativeToTheirFolder) {
  EXPECT_EQ(path_in("/p", "a/b"), "/p/a/b");
  EXPECT_EQ(path_in("/p/", "a"), "/p/a");
  EXPECT_EQ(path_in("/p", "/a"), "/a");
}

}  // namespace
}  // namespace clearwell
