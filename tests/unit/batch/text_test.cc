#include "batch/text.h"

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

std::string lower(std::string text) {
  to_lower(text);
  return text;
}
std::string upper(std::string text) {
  to_upper(text);
  return text;
}

TEST(Text, KnowsValidUtf8) {
  EXPECT_EQ(utf8_sequence("a", 0), 1u);
  EXPECT_EQ(utf8_sequence("é", 0), 2u);
  EXPECT_EQ(utf8_sequence("€", 0), 3u);
  EXPECT_EQ(utf8_sequence("😀", 0), 4u);
  EXPECT_EQ(utf8_sequence("\xF4\x8F\xBF\xBF", 0), 4u);  // U+10FFFF
}

TEST(Text, RefusesInvalidUtf8) {
  for (const char* bytes :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xC3(", "\xE2(\x80"}) {
    EXPECT_EQ(utf8_sequence(bytes, 0), 0u) << bytes;
  }
  EXPECT_EQ(utf8_valid_prefix("ab\xFF"), 2u);
  EXPECT_EQ(utf8_valid_prefix("abé"), 4u);
}

TEST(Text, CountsCodePoints) {
  EXPECT_EQ(code_points(""), 0);
  EXPECT_EQ(code_points("aé€😀"), 4);
}

TEST(Text, TrimsUnicodeSpace) {
  EXPECT_EQ(trim(" \t\r\n\v\f x y \xC2\xA0\xE3\x80\x80\xE2\x80\xA8"), "x y");
  EXPECT_EQ(trim("\xEF\xBB\xBFx"), "x");
  EXPECT_EQ(trim(" \xC2\x85 "), "");
  EXPECT_EQ(trim("é"), "é");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, ChangesTheCaseOfSimpleLetters) {
  EXPECT_EQ(lower("ABC-ÅÄÖ ÞØ Š Ž Ñ ΑΩ ЖЯЁ"), "abc-åäö þø š ž ñ αω жяё");
  EXPECT_EQ(upper("abc-åäö þø š ž ñ αω жяё"), "ABC-ÅÄÖ ÞØ Š Ž Ñ ΑΩ ЖЯЁ");
  EXPECT_EQ(upper("ß × ÷ ÿ ı ς"), "ß × ÷ ÿ ı ς");
  EXPECT_EQ(lower("İ 漢字 😀 ẞ"), "İ 漢字 😀 ẞ");
  EXPECT_EQ(lower("@[`{"), "@[`{");
}

}  // namespace
}  // namespace clearwell::batch
