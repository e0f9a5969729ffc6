// The list of fault codes is complete and has nothing that is not used.
#include "config/codes.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace clearwell::config {

namespace {

// The text of all sources of a folder and those below it, but codes.cc.
std::string read_all(const std::filesystem::path& folder) {
  std::stringstream text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().filename() == "codes.cc" || entry.path().extension() != ".cc") continue;
    text << std::ifstream(entry.path()).rdbuf();
  }
  return text.str();
}

// The codes that faults are added with: a text of small letters and at least one _, which is an
// argument but not the last, or the first of fault().
std::set<std::string> used_codes(const std::string& sources) {
  static const std::regex call("(fault\\(|,)\\s*\"([a-z0-9]+(_[a-z0-9]+)+)\"\\s*,");
  std::set<std::string> codes;
  for (std::sregex_iterator it(sources.begin(), sources.end(), call), end; it != end; ++it) {
    codes.insert((*it)[2]);
  }
  return codes;
}

// A compiler cache may have made __FILE__ relative to the build folder.
std::filesystem::path root() {
  if (std::filesystem::exists("src/config")) return ".";
  return std::filesystem::path(__FILE__).parent_path() / "../../..";
}

}  // namespace

TEST(Codes, ListIsSortedAndDescribed) {
  std::string last;
  for (const FaultCode& code : fault_codes()) {
    EXPECT_LT(last, code.code);
    EXPECT_TRUE(code.meaning.ends_with('.')) << code.code;
    last = code.code;
  }
}

TEST(Codes, EveryUsedCodeIsListed) {
  std::set<std::string> listed;
  for (const FaultCode& code : fault_codes()) listed.emplace(code.code);
  for (const std::string& code : used_codes(read_all(root() / "src/config"))) {
    EXPECT_TRUE(listed.contains(code)) << code;
  }
}

TEST(Codes, EveryListedCodeIsUsed) {
  const std::string sources = read_all(root() / "src");
  for (const FaultCode& code : fault_codes()) {
    const std::string literal = '"' + std::string(code.code) + '"';
    EXPECT_NE(sources.find(literal), std::string::npos) << code.code;
  }
}

// Of config/; the others are asserted where they are made.
TEST(Codes, EveryCodeIsAsserted) {
  const std::string tests = read_all(root() / "tests/unit/config");
  for (const std::string& code : used_codes(read_all(root() / "src/config"))) {
    EXPECT_NE(tests.find("error[" + code + "]"), std::string::npos) << code << " has no test";
  }
}

}  // namespace clearwell::config
