// What is special about lines: where they begin and end, and files that grow, move and are
// replaced.
#include <algorithm>
#include <filesystem>
#include <random>

#include "tests/unit/base/temp_folder.h"
#include "tests/unit/sources/conformance.h"

namespace clearwell::sources {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Payloads = std::vector<std::string>;

class JsonlSource : public testing::Test {
 protected:
  Harness harness(const std::map<std::string, std::string>& more = {}) const {
    std::map<std::string, std::string> settings = {
        {"path", "*.jsonl*"}, {"settle", "150ms"}, {"scan_every", "50ms"}};
    for (const auto& [key, value] : more) settings[key] = value;
    return {"jsonl", settings, folder_.path()};
  }
  Payloads read_once(Harness& run) const {
    run.open_ok(true);
    return Harness::payloads(run.read_all());
  }
  static Payloads read(Harness& run, size_t count) { return Harness::payloads(run.read(count)); }
  static std::string open_fault(Harness& run) {
    const auto opened = run.open(true);
    if (opened.ok()) return "";
    EXPECT_EQ(opened.error().kind, ErrorKind::Config);
    return opened.error().message;
  }
  static void expect_idle(Harness& run) {
    batch::RawBatch none;
    const auto polled = run.poll(none, limits_of(), milliseconds(300));
    EXPECT_TRUE(polled.ok() && polled.value() == Polled::Idle);
  }

  TempFolder folder_;
};

TEST_F(JsonlSource, LinesWithTheirNumbersAndOffsets) {
  folder_.write("a.jsonl", "\xEF\xBB\xBF{}\r\n\n  \t\n[1]\n\r\n x \n\r");
  folder_.age("a.jsonl", hours(1));
  Harness run = harness();
  run.open_ok(true);
  const std::vector<Seen> seen = run.read_all();
  ASSERT_EQ(Harness::payloads(seen), (Payloads{"{}", "[1]", " x "}));
  EXPECT_EQ(seen[0].offset, 3);
  EXPECT_EQ(seen[0].line, 1);
  EXPECT_EQ(seen[1].offset, 12);
  EXPECT_EQ(seen[1].line, 4);
  EXPECT_EQ(seen[2].offset, 18);
  EXPECT_EQ(seen[2].line, 6);
  EXPECT_EQ(seen[2].partition, "a.jsonl");
  EXPECT_EQ(seen[2].order, batch::encode_order({.major = 0, .minor = 18, .tie = "a.jsonl"}));
}

TEST_F(JsonlSource, PositionsAreReadable) {
  folder_.write("a.jsonl", "1\n22\n");
  Harness run = harness();
  EXPECT_EQ(read_once(run).size(), 2u);
  ASSERT_EQ(run.state().lanes.size(), 1u);
  const auto& [lane, position] = *run.state().lanes.begin();
  EXPECT_EQ(lane, "pipe/jsonl/a.jsonl");
  EXPECT_TRUE(position.starts_with("{\"path\":\"a.jsonl\",\"device\":")) << position;
  EXPECT_NE(position.find("\"head_bytes\":5,"), std::string::npos) << position;
  EXPECT_TRUE(position.ends_with("\"offset\":5,\"line\":3}")) << position;
}

TEST_F(JsonlSource, ALastLineWithoutNewlineIsDataOnceItHasSettled) {
  folder_.write("a.jsonl", "1\n{\"half");
  Harness run = harness();
  run.open_ok(false);
  EXPECT_EQ(read(run, 1), Payloads{"1"});
  EXPECT_FALSE(run.source().caught_up());
  const std::vector<Seen> last = run.read(1);
  EXPECT_EQ(last[0].payload, "{\"half");
  EXPECT_EQ(last[0].fault, batch::SourceFault::None);
  EXPECT_EQ(last[0].line, 2);
  expect_idle(run);
  EXPECT_TRUE(run.source().caught_up());
  // Its newline ends the line that was taken; what comes else is a record of its own.
  folder_.append("a.jsonl", "\n3\n");
  EXPECT_EQ(run.read(1)[0].line, 3);
}

TEST_F(JsonlSource, AHalfLineThatGoesOnIsOneRecord) {
  folder_.write("a.jsonl", "{\"ha");
  Harness run = harness({{"settle", "60s"}});
  run.open_ok(false);
  expect_idle(run);
  folder_.append("a.jsonl", "lf\":");
  expect_idle(run);
  folder_.append("a.jsonl", "1}\n2");
  EXPECT_EQ(read(run, 1), Payloads{"{\"half\":1}"});
  expect_idle(run);
}

TEST_F(JsonlSource, OnceEndsWithWhatThereWasAtItsStart) {
  folder_.write("a.jsonl", "1\n2\n");
  Harness run = harness();
  run.open_ok(true);
  folder_.append("a.jsonl", "3\n");
  EXPECT_EQ(Harness::payloads(run.read_all()), (Payloads{"1", "2"}));
  EXPECT_EQ(read_once(run), Payloads{"3"});
}

std::string repeated(char c, size_t megabytes) {
  std::string text;
  text.resize(megabytes * 1'000'000, c);
  return text;
}

TEST_F(JsonlSource, LongLines) {
  const std::string longer_than_a_block = "\"" + repeated('l', 20) + "\"";
  const std::string too_large = repeated('t', 40);
  folder_.write("a.jsonl", "1\n" + longer_than_a_block + "\r\n2\n" + too_large + "\n3\n");
  Limits limits = limits_of();
  limits.record_bytes = 30'000'000;
  Harness run = harness();
  run.open_ok(true);
  const std::vector<Seen> seen = run.read_all(limits);
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen[0].payload, "1");
  EXPECT_TRUE(seen[1].payload == longer_than_a_block);
  EXPECT_EQ(seen[2].payload, "2");
  EXPECT_TRUE(seen[3].payload == too_large.substr(0, limits.record_bytes));
  EXPECT_EQ(seen[3].fault, batch::SourceFault::TooLarge);
  EXPECT_EQ(seen[3].line, 4);
  EXPECT_EQ(seen[4].payload, "3");
}

TEST_F(JsonlSource, SeveralFilesInOneBatch) {
  for (const char* name : {"c.jsonl", "a.jsonl", "b.jsonl"}) {
    folder_.write(name, std::string(name, 1) + "1\n" + std::string(name, 1) + "2\n");
  }
  Harness run = harness();
  run.open_ok(true);
  batch::RawBatch batch;
  ASSERT_EQ(run.poll(batch, limits_of(5), seconds(1)).value(), Polled::Ready);
  EXPECT_EQ(Harness::payloads(Harness::seen(batch)), (Payloads{"a1", "a2", "b1", "b2", "c1"}));
  EXPECT_EQ(batch.lanes.size(), 3u);
  run.commit(batch);
  EXPECT_EQ(read_once(run), Payloads{"c2"});
}

TEST_F(JsonlSource, MoreFilesThanMayBeOpen) {
  for (int i = 0; i < 600; ++i) folder_.write(std::to_string(i) + ".jsonl", "1\n");
  Harness run = harness();
  run.open_ok(false);
  EXPECT_EQ(run.read(600).size(), 600u);
  for (int i = 0; i < 600; i += 7) folder_.append(std::to_string(i) + ".jsonl", "2\n");
  for (const Seen& record : run.read(86)) EXPECT_EQ(record.payload, "2");
  expect_idle(run);
}

TEST_F(JsonlSource, AFolderIsNoFile) {
  std::filesystem::create_directory(folder_ / "in");
  Harness run = harness({{"path", "in"}});
  EXPECT_EQ(open_fault(run), "in is a folder; name its files, e.g. in/*.jsonl");
}

// ---- replaced and renamed files -------------------------------------------

TEST_F(JsonlSource, AReplacedFileIsAFaultWithItsCures) {
  folder_.write("a.jsonl", "1\n2\n");
  Harness run = harness();
  EXPECT_EQ(read_once(run).size(), 2u);
  folder_.write("new", "3\n4\n5\n");
  std::filesystem::rename(folder_ / "new", folder_ / "a.jsonl");
  const std::string fault = open_fault(run);
  EXPECT_EQ(fault,
            "a.jsonl was replaced: another file has taken its place, so where to go on is unknown. "
            "Put the old file back (renamed is fine, if `path` matches it), or give the new one "
            "another name, or set `if_replaced: restart` to read it from its start, or, if it is a "
            "copy, `if_replaced: continue`");
  Harness restarted = harness({{"if_replaced", "restart"}});
  restarted.state() = run.state();
  EXPECT_EQ(read_once(restarted), (Payloads{"3", "4", "5"}));
  EXPECT_EQ(read_once(restarted), Payloads{});
}

TEST_F(JsonlSource, ATruncatedOrRewrittenFileIsAFault) {
  folder_.write("a.jsonl", "1\n2\n");
  Harness run = harness();
  EXPECT_EQ(read_once(run).size(), 2u);
  folder_.write("a.jsonl", "1\n");
  EXPECT_NE(open_fault(run).find("shorter than what has been read"), std::string::npos);
  folder_.write("a.jsonl", "1\n3\n4\n");
  EXPECT_NE(open_fault(run).find("its content is no longer"), std::string::npos);
}

TEST_F(JsonlSource, ACopyIsContinuedOnRequest) {
  folder_.write("a.jsonl", "1\n2\n");
  Harness run = harness({{"if_replaced", "continue"}});
  EXPECT_EQ(read_once(run).size(), 2u);
  folder_.write("copy", "1\n2\n3\n");
  std::filesystem::rename(folder_ / "copy", folder_ / "a.jsonl");
  EXPECT_EQ(read_once(run), Payloads{"3"});
  folder_.write("other", "1\n9\n3\n4\n");
  std::filesystem::rename(folder_ / "other", folder_ / "a.jsonl");
  EXPECT_NE(open_fault(run), "");
}

TEST_F(JsonlSource, ATruncatedFileIsAFaultWhileFollowing) {
  folder_.write("a.jsonl", "1\n2\n");
  Harness run = harness();
  run.open_ok(false);
  EXPECT_EQ(run.read(2).size(), 2u);
  folder_.write("a.jsonl", "3\n");
  batch::RawBatch none;
  const auto polled = run.poll(none, limits_of(), seconds(2));
  ASSERT_FALSE(polled.ok());
  EXPECT_EQ(polled.error().kind, ErrorKind::Config);
  Harness restarted = harness({{"if_replaced", "restart"}});
  folder_.write("a.jsonl", "1\n2\n");
  restarted.open_ok(false);
  EXPECT_EQ(restarted.read(2).size(), 2u);
  folder_.write("a.jsonl", "3\n");
  EXPECT_EQ(read(restarted, 1), Payloads{"3"});
}

// proves: nothing-lost | jsonl | each | resume
TEST_F(JsonlSource, RotationBetweenRuns) {
  folder_.write("a.jsonl", "1\n2\n");
  Harness run = harness();
  EXPECT_EQ(read_once(run), (Payloads{"1", "2"}));
  for (int round = 0; round < 4; ++round) {
    const std::string text = std::to_string(round);
    folder_.append("a.jsonl", "old" + text + "\n");
    for (int i = round; i >= 0; --i) {
      const std::string from = i == 0 ? "a.jsonl" : "a.jsonl." + std::to_string(i);
      std::filesystem::rename(folder_ / from, folder_ / ("a.jsonl." + std::to_string(i + 1)));
    }
    folder_.write("a.jsonl", "new" + text + "\n");
    Payloads read = read_once(run);
    std::sort(read.begin(), read.end());
    EXPECT_EQ(read, (Payloads{"new" + text, "old" + text}));
    EXPECT_EQ(read_once(run), Payloads{});
  }
}

// proves: nothing-lost | jsonl | each | first-run
TEST_F(JsonlSource, RotationWhileFollowing) {
  folder_.write("a.jsonl", "first\n");
  Harness run = harness();
  run.open_ok(false);
  EXPECT_EQ(run.read(1).size(), 1u);
  for (int round = 0; round < 4; ++round) {
    const std::string text = std::to_string(round);
    folder_.append("a.jsonl", "old" + text + "\n");
    for (int i = round; i >= 0; --i) {
      const std::string from = i == 0 ? "a.jsonl" : "a.jsonl." + std::to_string(i);
      std::filesystem::rename(folder_ / from, folder_ / ("a.jsonl." + std::to_string(i + 1)));
    }
    folder_.write("a.jsonl", "new" + text + "\n");
    Payloads both = read(run, 2);
    std::sort(both.begin(), both.end());
    EXPECT_EQ(both, (Payloads{"new" + text, "old" + text}));
  }
  EXPECT_EQ(read_once(run), Payloads{});
}

TEST_F(JsonlSource, RotationOutOfSightIsReadToTheEnd) {
  folder_.write("a.jsonl", "1\n");
  Harness run = harness({{"path", "a.jsonl"}});
  run.open_ok(false);
  EXPECT_EQ(run.read(1).size(), 1u);
  folder_.append("a.jsonl", "2\n");
  std::filesystem::rename(folder_ / "a.jsonl", folder_ / "gone");
  folder_.write("a.jsonl", "3\n");
  EXPECT_EQ(read(run, 2), (Payloads{"2", "3"}));
  EXPECT_EQ(read_once(run), Payloads{});
}

// ---- against a plain model ------------------------------------------------

std::string random_text(std::mt19937& random, size_t pieces) {
  static const Payloads parts = {
      "\n",  "\r\n", "{}", "\r", " ", "a", "\xEF\xBB\xBF", "bcdefghijklmnop", std::string(70, 'x'),
      "\n\n"};
  std::string text;
  for (size_t i = 0; i < pieces; ++i) text += parts[random() % parts.size()];
  return text;
}

// All lines that end with a newline.
Payloads model(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  Payloads lines;
  size_t start = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    std::string line = text.substr(start, end - start);
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
    start = end + 1;
  }
  return lines;
}

// proves: batches-do-not-matter | jsonl | each | first-run
TEST_F(JsonlSource, AgreesWithAPlainSplitter) {
  std::mt19937 random(20240101);
  for (int round = 0; round < 60; ++round) {
    const TempFolder folder;
    const std::string text = random_text(random, random() % 200) + "\n";
    folder.write("a.jsonl", text);
    Harness run("jsonl", {{"path", "a.jsonl"}}, folder.path());
    run.open_ok(true);
    Limits limits = limits_of(1 + random() % 20);
    limits.bytes = 1 + random() % 300;
    const std::vector<Seen> seen = run.read_all(limits);
    EXPECT_EQ(Harness::payloads(seen), model(text)) << "round " << round;
    for (const Seen& record : seen) {
      EXPECT_EQ(text.substr(record.offset, record.payload.size()), record.payload);
      const auto before = text.begin() + record.offset;
      EXPECT_EQ(record.line, 1 + std::count(text.begin(), before, '\n'));
    }
  }
}

// proves: nothing-lost, nothing-doubled | jsonl | each | resume
TEST_F(JsonlSource, GrowthCrashesAndRestartsLoseNothing) {
  std::mt19937 random(7);
  std::string text;
  Payloads read;
  Harness run = harness({{"settle", "1000s"}});
  folder_.write("a.jsonl", "");
  run.open_ok(false);
  for (int round = 0; round < 300; ++round) {
    const std::string more = random_text(random, random() % 20);
    text += more;
    folder_.append("a.jsonl", more);
    batch::RawBatch batch;
    const auto polled = run.poll(batch, limits_of(1 + random() % 10), milliseconds(0));
    ASSERT_TRUE(polled.ok()) << polled.error().message;
    const bool crash = random() % 4 == 0;
    if (polled.value() == Polled::Ready && !crash) {
      run.commit(batch);
      for (const Seen& seen : Harness::seen(batch)) read.push_back(seen.payload);
    }
    if (crash) run.open_ok(false);
  }
  folder_.append("a.jsonl", "\nend\n");
  const Payloads expected = model(text + "\nend\n");
  run.open_ok(false);
  for (const Seen& seen : run.read(expected.size() - read.size())) read.push_back(seen.payload);
  EXPECT_EQ(read, expected);
}

}  // namespace
}  // namespace clearwell::sources
