// Payloads that senders get wrong, and those that attackers get right: each refused with its own
// words, and no field of it kept.
#include <gtest/gtest.h>

#include "decode/json/diagnose.h"
#include "tests/unit/decode/decode_fixture.h"

namespace clearwell::testing {
namespace {

config::Kind small_kind() {
  Field number = field("n", FieldType::Integer);
  Field text = field("t", FieldType::Text);
  text.required = false;
  return kind_of({number, text, object_field("o", {number})});
}

// The only reason of a payload, decoded by a contract that it would fit.
std::string why(const std::string& payload) {
  const Decoded batch(small_kind(), {payload});
  const bool broken = batch.code().starts_with("json.");
  EXPECT_TRUE(!broken || batch.row(0) == "n=NULL, t=NULL, o=NULL") << batch.row(0);
  return batch.why();
}

TEST(JsonHostile, Empty) {
  EXPECT_EQ(why(""), "json.incomplete: the record is empty");
  EXPECT_EQ(why(" \r\n\t"), "json.incomplete: the record is empty");
  EXPECT_EQ(why("\xEF\xBB\xBF"), "json.incomplete: the record is empty");
}

TEST(JsonHostile, CutAnywhereIsIncomplete) {
  const std::string whole =
      "{\"n\": -1.5e+3, \"t\": \"a\\ud83d\\ude00\\n\xE2\x82\xAC\xF0\x9F\x98\x80\", \"o\": {\"n\": "
      "[true, false, null]}}";
  ASSERT_FALSE(decode::json::diagnose(whole).has_value());
  for (size_t length = 0; length < whole.size(); ++length) {
    const auto reason = decode::json::diagnose(whole.substr(0, length));
    ASSERT_TRUE(reason.has_value());
    EXPECT_EQ(reason->code, "json.incomplete") << whole.substr(0, length);
  }
}

TEST(JsonHostile, SyntaxNamesThePlace) {
  EXPECT_EQ(why(R"({"n":1 "o":2})"),
            "json.syntax: expected \",\" or \"}\" at byte 7, near: {\"n\":1 \"o\":2}");
  EXPECT_EQ(why(R"({"n":1,})"),
            "json.syntax: expected a field's name in double quotes at byte 7, near: {\"n\":1,}");
  EXPECT_EQ(why("{'n':1}"),
            "json.syntax: expected a field's name in double quotes at byte 1, near: {'n':1}");
  EXPECT_EQ(why(R"({"n" 1})"), "json.syntax: expected \":\" at byte 5, near: {\"n\" 1}");
  EXPECT_EQ(why(R"({"n":[1 2]})"),
            "json.syntax: expected \",\" or \"]\" at byte 8, near: {\"n\":[1 2]}");
  EXPECT_EQ(why(R"({"n":1}})"),
            "json.syntax: expected nothing more, since the value ends before at byte 7, near: "
            "{\"n\":1}}");
  EXPECT_EQ(why(R"({"n":1} {"n":2})").substr(0, 12), "json.syntax:");
}

TEST(JsonHostile, NumbersThatAreNone) {
  for (const char* number : {"NaN", "Infinity", "-Infinity", "+1", "01", "1.", ".5", "1e", "0x10",
                             "1_0", "--1", "-", "1.5.5", "nan", "1e+", "١"}) {
    const std::string payload = std::string("{\"n\":") + number + ",\"o\":{\"n\":1}}";
    EXPECT_EQ(why(payload).substr(0, 12), "json.syntax:") << number;
    EXPECT_EQ(why("{\"x\":" + std::string(number) + "}").substr(0, 12), "json.syntax:") << number;
  }
}

TEST(JsonHostile, WordsThatAreNone) {
  for (const char* word : {"True", "nul", "nulll", "truex", "undefined", "t", "no"}) {
    EXPECT_EQ(why("{\"n\":" + std::string(word) + ",\"x\":1}").substr(0, 12), "json.syntax:");
    EXPECT_EQ(why("{\"x\":" + std::string(word) + ",\"y\":1}").substr(0, 12), "json.syntax:");
  }
}

TEST(JsonHostile, UnknownFieldsAreReadWhole) {
  for (const char* value : {"[1,]", "{\"a\"}", "[}", "{]", "[01]", "\"\\x\"", "[\"\\ud800\"]",
                            "{\"a\":tru}", "[1 2]", "{\"a\":1,\"b\"}", "[,]", "{,}", "\f1"}) {
    const std::string payload = "{\"n\":1,\"x\":" + std::string(value) + ",\"o\":{\"n\":1}}";
    EXPECT_EQ(why(payload).substr(0, 12), "json.syntax:") << value;
  }
}

TEST(JsonHostile, TextsMustBeWellFormed) {
  EXPECT_EQ(why("{\"t\":\"a\nb\"}").substr(0, 74),
            "json.syntax: expected no control character inside a text (write it as an e");
  EXPECT_EQ(why(std::string("{\"t\":\"a\0b\"}", 11)).substr(0, 12), "json.syntax:");
  for (const char* text :
       {"\\x41", "\\u12g4", "\\ud800", "\\ud800\\u0041", "\\udc00", "\\ud800x", "\\U0041", "\\'"}) {
    EXPECT_EQ(why("{\"t\":\"" + std::string(text) + "\",\"o\":{}}").substr(0, 12), "json.syntax:")
        << text;
    EXPECT_EQ(why("{\"" + std::string(text) + "\":1,\"o\":{}}").substr(0, 12), "json.syntax:")
        << text;
  }
}

TEST(JsonHostile, BytesMustBeUtf8) {
  EXPECT_EQ(why("{\"t\":\"a\xFF\"}"),
            "json.utf8: byte 7 (0xFF) is not UTF-8: {\"t\":\"a\xEF\xBF\xBD\"}");
  EXPECT_EQ(why("{\"x\":\"\xED\xA0\x80\"}").substr(0, 10), "json.utf8:");
  EXPECT_EQ(why("{\"\xC0\xAF\":1}").substr(0, 10), "json.utf8:");
  EXPECT_EQ(why(std::string("\xFF\xFE{") + '\0').substr(0, 67),
            "json.utf8: byte 0 begins a text in UTF-16; it must be sent in UTF-8");
  EXPECT_EQ(why("{\"n\":1}\xFF").substr(0, 10), "json.utf8:");
  EXPECT_EQ(why("{\"n\":x\xFF").substr(0, 12), "json.syntax:");  // the first error counts
}

TEST(JsonHostile, RootMustBeAnObject) {
  EXPECT_EQ(why("[{\"n\":1}]"), "json.root: the record is a list, but must be an object ({…})");
  EXPECT_EQ(why(" \"n\""), "json.root: the record is a text, but must be an object ({…})");
  EXPECT_EQ(why("12"), "json.root: the record is a number, but must be an object ({…})");
  EXPECT_EQ(why("null"), "json.root: the record is null, but must be an object ({…})");
  EXPECT_EQ(why("[1,}").substr(0, 12), "json.syntax:");
}

TEST(JsonHostile, DepthIsLimited) {
  const auto nested = [](size_t levels, const std::string& open, const std::string& close) {
    std::string out;
    for (size_t i = 0; i < levels; ++i) out += open;
    out += "1";
    for (size_t i = 0; i < levels; ++i) out += close;
    return "{\"n\":1,\"o\":{\"n\":1},\"x\":" + out + "}";
  };
  EXPECT_EQ(why(nested(63, "[", "]")), "");
  EXPECT_EQ(why(nested(64, "[", "]")).substr(0, 64),
            "json.depth: expected at most 64 levels of nesting at byte 86, ne");
  EXPECT_EQ(why(nested(10'000, "[", "]")).substr(0, 11), "json.depth:");
  EXPECT_EQ(why(nested(10'000, "{\"x\":", "}")).substr(0, 11), "json.depth:");
  EXPECT_EQ(why(std::string(1'000'000, '[')).substr(0, 11), "json.depth:");
}

TEST(JsonHostile, KeysStandOnce) {
  EXPECT_EQ(why(R"({"n":1,"n":2,"o":{"n":1}})"),
            "json.duplicate_key: n stands twice in the record");
  EXPECT_EQ(why(R"({"n":1,"\u006e":2,"o":{"n":1}})"),
            "json.duplicate_key: n stands twice in the record");
  EXPECT_EQ(why(R"({"o":{"n":1,"x":0,"n":1}})"),
            "json.duplicate_key: o.n stands twice in the record");
  EXPECT_EQ(why(R"({"n":1,"n":2)").substr(0, 15), "json.incomplete");
  EXPECT_EQ(why(R"({"n":1,"x":1,"x":2,"o":{"n":1}})"), "");  // of the contract's keys only
}

TEST(JsonHostile, MarksAndLineEndsAreTolerated) {
  EXPECT_EQ(why("\xEF\xBB\xBF{\"n\":1,\"o\":{\"n\":1}}\r\n"), "");
  EXPECT_EQ(why("{\"n\":1}\xEF\xBB\xBF").substr(0, 12), "json.syntax:");
}

TEST(JsonHostile, NamesAreOnlyNames) {
  const std::string evil = "'; DROP TABLE users; --";
  const Decoded batch(small_kind(),
                      {"{\"" + evil + "\":1,\"n\":1,\"t\":\"" + evil + "\",\"o\":{\"n\":2,\"" +
                       std::string(100'000, 'x') + "\":1}}"});
  EXPECT_EQ(batch.why(), "");
  EXPECT_EQ(batch.row(0), "n=1, t=" + evil + ", o={n: 2}");
}

TEST(JsonHostile, SourceFaultsAreReasonsOfTheirOwn) {
  const config::Kind kind = small_kind();
  auto decoder = decode::make_decoder(kind, batch::contract_schema(kind, {}));
  batch::Arena arena;
  std::vector<batch::Record> records(3);
  for (batch::Record& record : records) record.payload = arena.add("{\"n\":1,\"o\":{\"n\":1}}");
  records[0].fault = batch::SourceFault::TooLarge;
  records[1].fault = batch::SourceFault::Incomplete;
  records[1].payload = arena.add("{\"n\":");
  const std::vector<uint32_t> rows = {0, 1, 2};
  batch::Columns columns;
  batch::Reasons reasons(3);
  decoder->decode(records, rows, columns, reasons);
  ASSERT_EQ(reasons.of(0).size(), 1u);
  EXPECT_EQ(reasons.of(0)[0].code, "record.too_large");
  EXPECT_EQ(
      reasons.of(0)[0].message,
      "the record is larger than limits.record_bytes; its first 19 bytes are kept here. Raise "
      "that limit in clearwell.yaml, or let its sender make smaller records");
  ASSERT_EQ(reasons.of(1).size(), 1u);
  EXPECT_EQ(reasons.of(1)[0].message, "the record ends at byte 5, where a value was due");
  EXPECT_FALSE(reasons.has(2));
}

TEST(JsonHostile, ThousandsOfBadElementsAreCounted) {
  std::string payload = "{\"l\":[";
  for (int i = 0; i < 5000; ++i) payload += i > 0 ? ",\"x\"" : "\"x\"";
  payload += "]}";
  const Decoded batch(kind_of({list_field("l", field("item", FieldType::Integer))}), {payload});
  const std::string all = batch.why();
  EXPECT_EQ(all.substr(all.rfind('\n') + 1), "more: …and 4968 more reasons");
}

}  // namespace
}  // namespace clearwell::testing
