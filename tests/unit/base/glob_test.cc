#include "base/glob.h"

#include <gtest/gtest.h>

#include "tests/unit/base/temp_folder.h"

namespace clearwell {
namespace {

// The folders whose names are matched, joined by spaces.
std::string listed(const TempFolder& root, const std::string& pattern) {
  std::string all;
  const Glob glob(root.path(), pattern);
  glob.folders(
      [&](const std::string& folder, bool is_listed) {
        if (is_listed) all += (all.empty() ? "" : " ") + folder;
      },
      [&](const std::string& folder, int error) { all += "!" + folder + std::to_string(error); });
  return all;
}

TempFolder& tree() {
  static TempFolder folder;
  static const bool made = [] {
    for (const char* path : {"a/x/1", "a/y/1", "b/x/deep/er/1", ".hidden/x/1", "top"}) {
      folder.write(path, "");
    }
    std::filesystem::create_directory_symlink("..", folder / "b/x/up");
    return true;
  }();
  EXPECT_TRUE(made);
  return folder;
}

TEST(Glob, PartsOfAPath) {
  const Glob glob("/p", ".//data//*/x-?.json/");
  EXPECT_EQ(glob.base(), "data");
  EXPECT_EQ(glob.name(), "x-?.json");
  EXPECT_EQ(Glob("/p", "/*.json").base(), "/");
  EXPECT_EQ(Glob("/p", "/*.json").full("/"), "/");
  EXPECT_EQ(Glob("/p", "*.json").base(), ".");
  EXPECT_EQ(Glob("/p", "a/**").name(), "*");
}

TEST(Glob, FindsFolders) {
  EXPECT_EQ(listed(tree(), "*.json"), ".");
  EXPECT_EQ(listed(tree(), "a/x/*"), "a/x");
  EXPECT_EQ(listed(tree(), "*/x/*"), "a/x b/x");
  EXPECT_EQ(listed(tree(), "[a]/*/*"), "a/x a/y");
  EXPECT_EQ(listed(tree(), "*/nothing/*"), "");
  EXPECT_EQ(listed(tree(), "none/*"), "!none2");
}

TEST(Glob, TwoStarsDescendButNotThroughLinks) {
  EXPECT_EQ(listed(tree(), "b/**/*"), "b b/x b/x/deep b/x/deep/er");
  EXPECT_EQ(listed(tree(), "**/deep/*"), "b/x/deep");
  EXPECT_EQ(listed(tree(), "a/**"), "a a/x a/y");
}

TEST(Glob, NamesAsInAShell) {
  EXPECT_TRUE(name_matches("*.json", "a.json"));
  EXPECT_FALSE(name_matches("*.json", ".a.json"));
  EXPECT_TRUE(name_matches(".*", ".a"));
  EXPECT_TRUE(name_matches("[[]x", "[x"));
  EXPECT_FALSE(name_matches("a", "ab"));
}

}  // namespace
}  // namespace clearwell
