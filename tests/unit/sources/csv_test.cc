// What is special about files of CSV: records of several lines, and headers.
#include <algorithm>
#include <random>

#include "tests/unit/base/temp_folder.h"
#include "tests/unit/sources/conformance.h"

namespace clearwell::sources {
namespace {

using Payloads = std::vector<std::string>;

class CsvSource : public testing::Test {
 protected:
  Harness harness(const std::map<std::string, std::string>& more = {}) const {
    std::map<std::string, std::string> settings = {
        {"path", "*.csv"}, {"settle", "100ms"}, {"scan_every", "50ms"}, {"columns", "a,b"}};
    for (const auto& [key, value] : more) settings[key] = value;
    return {"csv", settings, folder_.path()};
  }
  TempFolder folder_;
};

TEST_F(CsvSource, RowsWithTheirLinesAndOffsets) {
  folder_.write("a.csv",
                "\xEF\xBB\xBF"
                "a,b\r\n1,\"x\ny\"\r\n\n2,z\n3,\"\n\"");
  Harness run = harness();
  run.open_ok(true);
  const std::vector<Seen> seen = run.read_all();
  ASSERT_EQ(Harness::payloads(seen), (Payloads{"1,\"x\ny\"", "2,z", "3,\"\n\""}));
  EXPECT_EQ(seen[0].offset, 8);
  EXPECT_EQ(seen[0].line, 2);
  EXPECT_EQ(seen[1].offset, 18);
  EXPECT_EQ(seen[1].line, 5);
  EXPECT_EQ(seen[2].line, 6);
  // What is appended begins where the last record ended.
  folder_.append("a.csv", "\n4,x\n");
  run.open_ok(true);
  EXPECT_EQ(run.read_all().at(0).line, 8);
}

TEST_F(CsvSource, AnUnclosedQuoteIsWaitedForAndThenSpoilsOneLine) {
  folder_.write("a.csv", "a,b\n1,\"x\n2,y\n");
  Harness run = harness();
  run.open_ok(false);
  EXPECT_EQ(Harness::payloads(run.read(2)), (Payloads{"1,\"x", "2,y"}));
  folder_.append("a.csv", "3,\"z");
  folder_.append("a.csv", "\n\"\n");
  EXPECT_EQ(Harness::payloads(run.read(1)), Payloads{"3,\"z\n\""});
}

TEST_F(CsvSource, ARecordLongerThanABlock) {
  std::string large = "1,\"";
  large.resize(9'000'000, 'x');
  large += '\n';
  large.resize(18'000'000, 'y');
  large += '"';
  folder_.write("a.csv", "a,b\n0,small\n" + large + "\n2,small\n");
  Limits limits = limits_of();
  limits.record_bytes = 20'000'000;
  Harness run = harness();
  run.open_ok(true);
  const std::vector<Seen> seen = run.read_all(limits);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_TRUE(seen[1].payload == large);
  EXPECT_EQ(seen[2].payload, "2,small");
  EXPECT_EQ(seen[2].line, 5);
  // Beyond the limit its lines are records.
  Harness strict = harness();
  strict.open_ok(true);
  limits.record_bytes = 17'000'000;
  EXPECT_EQ(strict.read_all(limits).size(), 4u);
}

TEST_F(CsvSource, AFileWithAnotherHeaderIsToldAndItsNeighboursAreRead) {
  folder_.write("a.csv", "b,a\n1,2\n");
  folder_.write("b.csv", "a,\"b\"\n3,4\n");
  folder_.write("c.csv", "");
  folder_.write("d.csv", "a,b");
  Harness run = harness();
  run.open_ok(true);
  batch::RawBatch batch;
  ASSERT_EQ(run.poll(batch, limits_of(), milliseconds(5000)).value(), Polled::Ready);
  EXPECT_EQ(Harness::payloads(Harness::seen(batch)), Payloads{"3,4"});
  run.commit(batch);
  batch::RawBatch none;
  const auto end = run.poll(none, limits_of(), milliseconds(5000));
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().message,
            "not all files could be read: a.csv: its header is b,a, but must be a,b, so nothing "
            "of it is read: list its columns in `columns`, or set `delimiter`, or `header: false` "
            "if it has none");
}

TEST_F(CsvSource, AHeaderThatIsMendedIsRead) {
  folder_.write("a.csv", "x\n1,2\n");
  Harness run = harness();
  run.open_ok(false);
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Idle);
  EXPECT_EQ(run.source().problems().size(), 1u);
  folder_.write("a.csv", "a,b\n1,2\n");
  EXPECT_EQ(Harness::payloads(run.read(1)), Payloads{"1,2"});
}

TEST_F(CsvSource, WithoutHeaderTheFirstRowIsARecord) {
  folder_.write("a.csv", "1,2\n");
  Harness run = harness({{"header", "false"}});
  run.open_ok(true);
  EXPECT_EQ(Harness::payloads(run.read_all()), Payloads{"1,2"});
}

// proves: nothing-lost, nothing-doubled, batches-do-not-matter | csv | each | first-run, resume
TEST_F(CsvSource, BatchesAndRestartsMakeNoDifference) {
  static const Payloads parts = {"\n", "\r\n", ",",     "\"",         "\"\"",
                                 "\n", "x",    "\"y\"", ",\"z\nz\"\n"};
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    std::string text = "a,b\n";
    for (size_t i = random() % 60; i > 0; --i) text += parts[random() % parts.size()];
    folder_.write("a.csv", text);
    folder_.age("a.csv", std::chrono::hours(1));
    Harness whole = harness();
    whole.open_ok(true);
    const std::vector<Seen> expected = whole.read_all();
    Harness run = harness();
    std::vector<Seen> seen;
    for (bool finished = false; !finished;) {
      run.open_ok(true);
      batch::RawBatch batch;
      const auto polled = run.poll(batch, limits_of(1 + random() % 3), milliseconds(1000));
      ASSERT_TRUE(polled.ok()) << polled.error().message;
      finished = polled.value() == Polled::Finished;
      if (finished || random() % 3 == 0) continue;  // lost with a crash
      if (batch.records.size() > 1 && random() % 2 == 0) {
        ASSERT_TRUE(run.source().cut(batch, batch.records.size() - 1).ok());
      }
      run.commit(batch);
      for (const Seen& record : Harness::seen(batch)) seen.push_back(record);
    }
    EXPECT_TRUE(seen == expected) << testing::PrintToString(text);
    for (const Seen& record : seen) {
      EXPECT_EQ(text.substr(record.offset, record.payload.size()), record.payload);
      EXPECT_EQ(record.line, 1 + std::count(text.begin(), text.begin() + record.offset, '\n'));
    }
  }
}

}  // namespace
}  // namespace clearwell::sources
