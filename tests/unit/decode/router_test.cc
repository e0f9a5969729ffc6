#include <gtest/gtest.h>

#include "decode/decoder.h"

namespace clearwell::decode {
namespace {

// The kind's index, or the reason.
std::string route(const std::string& payload,
                  std::vector<std::string> path = {"metadata", "type"}) {
  Router router(std::move(path), {"user", "card é"});
  batch::Arena arena;
  batch::Record record;
  record.payload = arena.add(payload);
  std::vector<int> kinds;
  batch::Reasons reasons(1);
  router.route({&record, 1}, kinds, reasons);
  EXPECT_EQ(kinds[0] < 0, reasons.has(0));
  if (kinds[0] >= 0) return std::to_string(kinds[0]);
  return reasons.of(0)[0].code + ": " + reasons.of(0)[0].message;
}

TEST(Router, FindsTheKind) {
  EXPECT_EQ(route(R"({"metadata":{"type":"user"}})"), "0");
  EXPECT_EQ(route(R"({"a":[{"type":"x"},"]"],"metadata":{"b":{"type":1},"type":"card \u00e9"}})"),
            "1");
  EXPECT_EQ(route("\xEF\xBB\xBF { \"metadata\" : {\"type\" : \"card é\" } , \"z\":[]} "), "1");
  EXPECT_EQ(route(R"({"type":"user","metadata":{"type":"?"}})", {"type"}), "0");
}

TEST(Router, MissingKind) {
  const char* missing = "route.missing: metadata.type is missing: the record has no kind";
  EXPECT_EQ(route("{}"), missing);
  EXPECT_EQ(route(R"({"type":"user"})"), missing);
  EXPECT_EQ(route(R"({"metadata":{}})"), missing);
  EXPECT_EQ(route(R"({"metadata":["type","user"]})"), missing);
  EXPECT_EQ(route(R"({"a":{"metadata":{"type":"user"}}})"), missing);
}

TEST(Router, UnknownKind) {
  EXPECT_EQ(route(R"({"metadata":{"type":"users"}})"),
            "route.unknown: metadata.type is \"users\", but must be one of: user, card é");
  EXPECT_EQ(route(R"({"metadata":{"type":5}})"),
            "route.unknown: metadata.type is not a text, but must be one of: user, card é");
  EXPECT_EQ(route(R"({"metadata":{"type":null}})"),
            "route.unknown: metadata.type is not a text, but must be one of: user, card é");
}

TEST(Router, BrokenRecords) {
  EXPECT_EQ(route(""), "json.incomplete: the record is empty");
  EXPECT_EQ(route("[]"), "json.root: the record is a list, but must be an object ({…})");
  EXPECT_EQ(route(R"({"metadata":{"type":"user"},"metadata":{}})"),
            "json.duplicate_key: metadata.type stands twice in the record");
  EXPECT_EQ(route(R"({"metadata":{"type":"user","type":"user"}})"),
            "json.duplicate_key: metadata.type stands twice in the record");
  for (const char* payload : {"{\"metadata\":{\"type\":\"user\"", "{\"metadata\":", "{\"a\":["}) {
    EXPECT_EQ(route(payload).substr(0, 15), "json.incomplete") << payload;
  }
  for (const char* payload :
       {"{\"metadata\":}", "{\"a\":}}", "{]", "{\"a\" 1}", "{\"a\":]}", "{\"type\":x}"}) {
    EXPECT_EQ(route(payload).substr(0, 11), "json.syntax") << payload;
  }
}

}  // namespace
}  // namespace clearwell::decode
