#include <filesystem>
#include <fstream>
#include <future>

#include <gtest/gtest.h>

#include "sources/webhook/body.h"
#include "sources/webhook/door.h"
#include "sources/webhook/spool.h"
#include "sources/webhook/subscription.h"
#include "tests/unit/base/temp_folder.h"

namespace clearwell::sources::webhook {
namespace {

using Texts = std::vector<std::string>;

Texts records(std::string_view body, BodyKind kind) {
  Texts out;
  for (const std::string_view record : records_of(body, kind)) out.emplace_back(record);
  return out;
}

TEST(WebhookBody, OneRecordIsTheVeryBytes) {
  EXPECT_EQ(records(" {\"a\": 1}\n", BodyKind::Record), Texts{" {\"a\": 1}\n"});
  EXPECT_EQ(records("", BodyKind::Record), Texts{""});
}

TEST(WebhookBody, Lines) {
  EXPECT_EQ(records("1\r\n\n  2 \n3", BodyKind::Lines), (Texts{"1", "2", "3"}));
  EXPECT_EQ(records(" \n", BodyKind::Lines), Texts{""});
}

TEST(WebhookBody, ElementsOfAnArray) {
  EXPECT_EQ(records(R"( [1, {"a": [2, "],"]}, "x\"," ] )", BodyKind::Array),
            (Texts{"1", R"({"a": [2, "],"]})", R"("x\",")"}));
  EXPECT_EQ(records("[]", BodyKind::Array), Texts{});
  EXPECT_EQ(records("{\"a\": 1}", BodyKind::Array), Texts{"{\"a\": 1}"});
}

// What is no array is kept as it came, and told by quarantine.
TEST(WebhookBody, BrokenArraysStayWhole) {
  for (const char* body : {"[1, 2", "[1, {2]", "[1,,2]", "[1,]", "[\"a]", "[1]]", "["}) {
    EXPECT_EQ(records(body, BodyKind::Array), Texts{body});
  }
}

TEST(WebhookDoor, TokensAndSignatures) {
  const Door none;
  EXPECT_TRUE(none.opens("", "", "x"));
  const Door token{.tokens = {"old", "new"}, .signature_header = {}, .secrets = {}};
  EXPECT_TRUE(token.opens("Bearer new", "", "x"));
  EXPECT_TRUE(token.opens("Bearer old", "", "x"));
  for (const char* wrong : {"", "Bearer ", "Bearer olde", "new", "bearer new"}) {
    EXPECT_FALSE(token.opens(wrong, "", "x")) << wrong;
  }
  // RFC 4231, test case 2.
  const Door signature{.tokens = {}, .signature_header = "X", .secrets = {"other", "Jefe"}};
  const std::string good = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  const std::string body = "what do ya want for nothing?";
  EXPECT_TRUE(signature.opens("", good, body));
  EXPECT_TRUE(signature.opens("", "sha256=" + good, body));
  EXPECT_FALSE(signature.opens("", good, body + "!"));
  EXPECT_FALSE(signature.opens("", "", body));
}

TEST(WebhookUrl, Parts) {
  auto url = parse_url("https://example.org/a?b=1");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, "443");
  EXPECT_EQ(url->target, "/a?b=1");
  EXPECT_EQ(parse_url("http://127.0.0.1:9090")->target, "/");
  for (const char* wrong :
       {"", "example.org", "ftp://x", "http://", "http://x:y/", "http://:80/"}) {
    EXPECT_FALSE(parse_url(wrong).ok()) << wrong;
  }
}

class SpoolTest : public testing::Test {
 protected:
  std::unique_ptr<Spool> open(int64_t segment = 1 << 20, int64_t most = 1 << 20,
                              std::chrono::microseconds retain = std::chrono::hours(1)) {
    auto spool = Spool::open({folder_.path() + "/spool", most, segment, retain});
    EXPECT_TRUE(spool.ok()) << spool.error().message;
    return spool.ok() ? std::move(*spool) : nullptr;
  }
  static Spool::Outcome put(Spool& spool, const std::string& payload) {
    std::promise<Spool::Outcome> outcome;
    spool.append({{"name", payload, now()}},
                 [&outcome](Spool::Outcome done) { outcome.set_value(done); });
    return outcome.get_future().get();
  }
  // Payloads from an offset on.
  static Texts read(const Spool& spool, int64_t offset) {
    Texts out;
    std::string bytes;
    Entry entry;
    while (offset < spool.end()) {
      const Segment segment = spool.segment_at(offset);
      auto reader = SegmentReader::open(segment, offset);
      EXPECT_TRUE(reader.ok());
      while (reader->next(segment.end(), bytes, entry).value() == SegmentReader::Read::Entry) {
        out.emplace_back(entry.payload);
      }
      if (reader->offset() == offset) break;
      offset = reader->offset();
    }
    return out;
  }
  std::string last_file() const {
    std::string last;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path() + "/spool")) {
      const std::string path = file.path().string();
      if (path.ends_with(".spool")) last = std::max(last, path);
    }
    return last;
  }
  void add_bytes(const std::string& bytes) const {
    std::ofstream(last_file(), std::ios::binary | std::ios::app) << bytes;
  }

  TempFolder folder_;
};

TEST_F(SpoolTest, KeepsItsEntriesOverRestarts) {
  std::string uuid;
  for (int run = 0; run < 3; ++run) {
    const auto spool = open(100);
    ASSERT_NE(spool, nullptr);
    if (run > 0) {
      EXPECT_EQ(spool->uuid(), uuid);
    }
    uuid = spool->uuid();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(put(*spool, std::to_string(run)), Spool::Outcome::Kept);
  }
  EXPECT_EQ(read(*open(), 0), (Texts{"0", "0", "0", "1", "1", "1", "2", "2", "2"}));
}

TEST_F(SpoolTest, BelongsToOneProcess) {
  const auto spool = open();
  const auto second = Spool::open({folder_.path() + "/spool"});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::Retryable);
}

// proves: bounded | webhook | each | first-run
TEST_F(SpoolTest, RefusesWhatDoesNotFitAndForgetsWhatIsLoaded) {
  const auto spool = open(100, 1000, {});
  int kept = 0;
  while (put(*spool, std::string(60, 'x')) == Spool::Outcome::Kept) ++kept;
  EXPECT_EQ(kept, 9);  // of 104 bytes each
  EXPECT_EQ(spool->first(), 0);
  spool->loaded(spool->end());
  EXPECT_GT(spool->first(), 0);
  EXPECT_EQ(put(*spool, "more"), Spool::Outcome::Kept);
}

// proves: nothing-lost | webhook | each | resume
TEST_F(SpoolTest, WhatACrashLeftHalfWrittenIsCutOff) {
  std::string frame;
  append_frame({"name", "never answered", now()}, frame);
  for (size_t left = 1; left < frame.size(); left += 5) {
    {
      const auto spool = open();
      ASSERT_NE(spool, nullptr);
      EXPECT_EQ(put(*spool, "whole"), Spool::Outcome::Kept);
    }
    add_bytes(frame.substr(0, left));
    const auto spool = open();
    ASSERT_NE(spool, nullptr);
    for (const std::string& payload : read(*spool, 0)) EXPECT_EQ(payload, "whole");
  }
}

TEST_F(SpoolTest, DamageWithWholeEntriesBehindItIsAFault) {
  {
    const auto spool = open();
    put(*spool, "first");
    put(*spool, "second");
  }
  std::fstream file(last_file(), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(header_bytes + 5);
  file << 'X';
  file.close();
  const auto spool = Spool::open({folder_.path() + "/spool"});
  ASSERT_FALSE(spool.ok());
  EXPECT_EQ(spool.error().kind, ErrorKind::Config);
  EXPECT_NE(spool.error().message.find("is damaged from byte 0 to 49"), std::string::npos)
      << spool.error().message;
}

TEST_F(SpoolTest, AMissingFileIsAFault) {
  {
    const auto spool = open(10);
    for (int i = 0; i < 3; ++i) put(*spool, "x");
  }
  std::filesystem::remove(folder_.path() + "/spool/" + segment_name(45));
  const auto spool = Spool::open({folder_.path() + "/spool"});
  ASSERT_FALSE(spool.ok());
  EXPECT_NE(spool.error().message.find("has a gap"), std::string::npos) << spool.error().message;
}

}  // namespace
}  // namespace clearwell::sources::webhook
