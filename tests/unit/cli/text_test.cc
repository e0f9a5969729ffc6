#include "cli/text.h"

#include <gtest/gtest.h>

namespace clearwell::cli {
namespace {

using namespace std::string_literals;

TEST(Text, Utf8IsWellFormedOrNot) {
  EXPECT_TRUE(is_utf8("Malmö 東京 🚰"));
  EXPECT_TRUE(is_utf8("\0"s));
  EXPECT_FALSE(is_utf8("\xff"));
  EXPECT_FALSE(is_utf8("cut \xe6\x9d"));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));          // overlong '/'
  EXPECT_FALSE(is_utf8("\xe0\x80\xaf"));      // overlong in three bytes
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // half of a surrogate pair
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // beyond U+10FFFF
}

TEST(Text, WidthIsWhatATerminalTakes) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("Malmö"), 5U);
  EXPECT_EQ(display_width("東京"), 4U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);  // e and a combining acute accent
  EXPECT_EQ(display_width("🚰"), 2U);
  EXPECT_EQ(display_width("한국"), 4U);
}

TEST(Text, NothingPrintedMovesTheCursor) {
  EXPECT_EQ(printable_text("a\x1b[2Jb", false), "a\\x1b[2Jb");
  EXPECT_EQ(printable_text("a\nb\tc\r", false), "a\\nb\\tc\\r");
  EXPECT_EQ(printable_text("a\nb\tc\r", true), "a\nb\tc\\r");
  EXPECT_EQ(printable_text("\xff\xc2\x9b", false), "\\xff\\x9b");
  EXPECT_EQ(printable_text("東京", false), "東京");
}

TEST(Text, JsonTextIsValidJson) {
  EXPECT_EQ(json_text("a\"b\\c\n\t\x01"), R"("a\"b\\c\n\t\u0001")");
  EXPECT_EQ(json_text("東京"), "\"東京\"");
  EXPECT_EQ(json_text("\xff"), "\"\xef\xbf\xbd\"");
  EXPECT_EQ(json_text("\0"s), R"("\u0000")");
}

TEST(Text, JsonNumbers) {
  for (const char* yes : {"0", "-1", "12.50", "1e+20", "1E5", "0.1", "170141183460469231731"}) {
    EXPECT_TRUE(is_json_number(yes)) << yes;
  }
  for (const char* no : {"", "-", "inf", "nan", "01", "1.", ".5", "1e", "0x1", "1 "}) {
    EXPECT_FALSE(is_json_number(no)) << no;
  }
}

TEST(Text, CsvFieldsFollowRfc4180) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field(""), "\"\"");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
}

TEST(Text, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\x00\xfe"s), "/wD+");
}

TEST(Text, HexDumpShowsBytesBesideText) {
  EXPECT_EQ(hex_dump("{\"a\":\xff}0123456789"),
            "00000000  7b 22 61 22 3a ff 7d 30  31 32 33 34 35 36 37 38  |{\"a\":.}012345678|\n"
            "00000010  39                                                |9|\n");
}

TEST(Text, ObjectsKeepTheirOrder) {
  EXPECT_EQ(JsonObject().text("b", "x").number("a", -1).boolean("c", true).raw("d", "[]").str(),
            R"({"b":"x","a":-1,"c":true,"d":[]})");
  EXPECT_EQ(JsonObject().str(), "{}");
  EXPECT_EQ(json_array({}, true), "[]");
  EXPECT_EQ(json_array({"1", "2"}), "[1,2]");
}

}  // namespace
}  // namespace clearwell::cli
