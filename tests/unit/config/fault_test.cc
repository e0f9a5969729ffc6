#include "config/fault.h"

#include <gtest/gtest.h>

#include "config/phrases.h"
#include "config/project.h"

namespace clearwell::config {

TEST(Faults, TextIsSortedByPlaceAndSaysEachOnce) {
  Faults faults;
  faults.add({"b.yaml", 1, 1}, "x", "last");
  faults.add({"a.yaml", 10, 1}, "x", "fourth");
  faults.add({"a.yaml", 2, 7}, "x", "third");
  faults.add({"a.yaml", 2, 5}, "x", "second");
  faults.add({"a.yaml", 0, 0}, "x", "the whole file");
  faults.add({"a.yaml", 2, 5}, "x", "second");
  EXPECT_EQ(faults.to_text(),
            "a.yaml: error[x]: the whole file\n"
            "a.yaml:2:5: error[x]: second\n"
            "a.yaml:2:7: error[x]: third\n"
            "a.yaml:10:1: error[x]: fourth\n"
            "b.yaml:1:1: error[x]: last\n");
  EXPECT_EQ(Faults().to_text(), "");
}

TEST(Nearest, FindsMisspellings) {
  const std::vector<std::string> keys = {"table", "key", "mode", "version", "history"};
  EXPECT_EQ(nearest("tabel", keys), "table");     // two letters swapped
  EXPECT_EQ(nearest("tables", keys), "table");    // one too many
  EXPECT_EQ(nearest("verson", keys), "version");  // one missing
  EXPECT_EQ(nearest("MODE", keys), "mode");       // case does not count
  EXPECT_EQ(nearest("ky", keys), "key");
  EXPECT_EQ(nearest("histroy", keys), "history");
}

TEST(Nearest, PrefersTheNearestThenTheFirst) {
  EXPECT_EQ(nearest("min_itens", {"max_items", "min_items"}), "min_items");
  EXPECT_EQ(nearest("mad", {"mid", "mod"}), "mid");
}

TEST(Nearest, DoesNotGuessWildly) {
  EXPECT_EQ(nearest("name", {"take"}), std::nullopt);
  EXPECT_EQ(nearest("retries", {"table", "version"}), std::nullopt);
  EXPECT_EQ(nearest("x", {"y"}), std::nullopt);
  EXPECT_EQ(nearest("", {"a"}), std::nullopt);
  EXPECT_EQ(nearest(std::string(1000, 'a'), {std::string(1000, 'a')}), std::nullopt);
  EXPECT_EQ(nearest("table", {}), std::nullopt);
}

TEST(Phrases, QuotesStayOnOneLineAndShort) {
  EXPECT_EQ(in_quotes("a\nb\tc"), "'a b c'");
  EXPECT_EQ(in_quotes(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
  EXPECT_EQ(in_quotes(std::string(61, 'x')), "'" + std::string(60, 'x') + "…'");
  std::string umlauts, sixty;  // cut between characters, never inside one
  for (int i = 0; i < 70; i++) umlauts += "ü";
  for (int i = 0; i < 60; i++) sixty += "ü";
  EXPECT_EQ(in_quotes(umlauts), "'" + sixty + "…'");
}

TEST(Phrases, Names) {
  EXPECT_TRUE(is_plain_name("purchase_lines2"));
  EXPECT_FALSE(is_plain_name("Purchases"));
  EXPECT_FALSE(is_plain_name("_hidden"));
  EXPECT_FALSE(is_plain_name("2nd"));
  EXPECT_FALSE(is_plain_name(""));
  EXPECT_FALSE(is_plain_name(std::string(64, 'a')));
  EXPECT_TRUE(is_plain_name(std::string(63, 'a')));
  EXPECT_TRUE(is_identifier("_Hidden2"));
  EXPECT_FALSE(is_identifier("käse"));
  EXPECT_FALSE(is_identifier("a b"));
}

TEST(Phrases, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a.b", '.'), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(split("", '.'), (std::vector<std::string>{""}));
  EXPECT_EQ(split(".a.", '.'), (std::vector<std::string>{"", "a", ""}));
}

}  // namespace clearwell::config
