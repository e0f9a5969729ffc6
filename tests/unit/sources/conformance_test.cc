// What every source promises, whatever it reads from.
#include "tests/unit/sources/conformance.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "tests/unit/base/temp_folder.h"

namespace clearwell::sources {
namespace {

class SourceConformance : public testing::TestWithParam<Bench> {
 protected:
  Harness harness() const { return {GetParam().kind, GetParam().settings(folder_.path())}; }
  void add(const std::vector<std::string>& payloads) const {
    GetParam().add(folder_.path(), payloads);
  }
  // "prefix-0" to "prefix-(count-1)", added.
  std::vector<std::string> add_numbered(const std::string& prefix, int count) const {
    std::vector<std::string> payloads;
    for (int i = 0; i < count; ++i) payloads.push_back(prefix + "-" + std::to_string(i));
    add(payloads);
    return payloads;
  }
  static std::vector<std::string> sorted(std::vector<std::string> texts) {
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  TempFolder folder_;
};

// proves: all-is-read, nothing-doubled | each | each | first-run
TEST_P(SourceConformance, HandsOverEveryRecordOnceThenFinishes) {
  const auto expected = sorted(add_numbered("r", 100));
  Harness run = harness();
  run.open_ok(true);
  const std::vector<Seen> seen = run.read_all(limits_of(7));
  EXPECT_EQ(sorted(Harness::payloads(seen)), expected);
  std::set<std::string> orders;
  for (const Seen& record : seen) {
    EXPECT_TRUE(orders.insert(record.order).second);
    EXPECT_NE(record.partition, "");
    EXPECT_EQ(record.fault, batch::SourceFault::None);
  }
  EXPECT_TRUE(run.source().caught_up());
  EXPECT_TRUE(run.source().problems().empty());
}

TEST_P(SourceConformance, IsNotFinishedBeforeAllIsConfirmed) {
  add_numbered("r", 3);
  Harness run = harness();
  run.open_ok(true);
  std::vector<batch::RawBatch> batches;
  size_t records = 0;
  while (records < 3) {
    batches.emplace_back();
    ASSERT_EQ(run.poll(batches.back(), limits_of(), milliseconds(5000)).value(), Polled::Ready);
    records += batches.back().records.size();
  }
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Idle);
  for (const batch::RawBatch& batch : batches) run.commit(batch);
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Finished);
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Finished);
}

// proves: nothing-doubled | each | each | resume
TEST_P(SourceConformance, ReadsNothingAgainAfterItWasCommitted) {
  add_numbered("r", 20);
  Harness run = harness();
  run.open_ok(true);
  EXPECT_EQ(run.read_all().size(), 20u);
  run.open_ok(true);
  EXPECT_EQ(run.read_all().size(), 0u);
  const auto more = sorted(add_numbered("more", 5));
  run.open_ok(true);
  EXPECT_EQ(sorted(Harness::payloads(run.read_all())), more);
}

// proves: nothing-lost, nothing-doubled, all-is-read | each | each | resume
TEST_P(SourceConformance, ACrashRepeatsExactlyWhatWasNotCommitted) {
  add_numbered("r", 60);
  Harness whole = harness();
  whole.open_ok(true);
  std::vector<Seen> expected = whole.read_all(limits_of(7));

  Harness run = harness();
  std::vector<Seen> committed;
  for (int crash = 0; crash < 20; ++crash) {
    run.open_ok(true);
    for (int i = 0; i < 4; ++i) {
      batch::RawBatch batch;
      if (run.poll(batch, limits_of(5), milliseconds(200)).value() != Polled::Ready) break;
      if (i > 1) continue;  // lost with the crash
      const std::vector<Seen> seen = Harness::seen(batch);
      committed.insert(committed.end(), seen.begin(), seen.end());
      run.commit(batch);
    }
  }
  const auto by_order = [](const Seen& a, const Seen& b) { return a.order < b.order; };
  std::sort(expected.begin(), expected.end(), by_order);
  std::sort(committed.begin(), committed.end(), by_order);
  EXPECT_EQ(Harness::payloads(committed), Harness::payloads(expected));
  for (size_t i = 0; i < committed.size(); ++i) {
    EXPECT_EQ(committed[i].order, expected[i].order);
    EXPECT_EQ(committed[i].offset, expected[i].offset);
    EXPECT_EQ(committed[i].line, expected[i].line);
    EXPECT_EQ(committed[i].partition, expected[i].partition);
  }
}

TEST_P(SourceConformance, ACutBatchLeavesTheRestUnread) {
  const auto expected = sorted(add_numbered("r", 30));
  const auto all_of = [](size_t rows) {
    Limits limits = limits_of(rows);
    limits.linger = std::chrono::seconds(5);
    return limits;
  };
  for (size_t count = 0; count < 12; ++count) {
    Harness run = harness();
    run.open_ok(true);
    run.commit([&] {
      batch::RawBatch batch;
      EXPECT_EQ(run.poll(batch, all_of(4), milliseconds(1000)).value(), Polled::Ready);
      return batch;
    }());
    const size_t before = 4;
    batch::RawBatch batch;
    ASSERT_EQ(run.poll(batch, all_of(12), milliseconds(1000)).value(), Polled::Ready);
    ASSERT_EQ(batch.records.size(), 12u);
    ASSERT_TRUE(run.source().cut(batch, count).ok());
    ASSERT_EQ(batch.records.size(), count);
    run.commit(batch);
    run.open_ok(true);
    EXPECT_EQ(run.read_all().size(), 30 - before - count);
  }
}

TEST_P(SourceConformance, MissingInputIsAFaultUnderOnce) {
  Harness run = harness();
  const auto opened = run.open(true);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::Config);
  EXPECT_NE(opened.error().message.find(GetParam().named(folder_.path())), std::string::npos)
      << opened.error().message;
  EXPECT_NE(opened.error().message.find("--once"), std::string::npos) << opened.error().message;
}

// proves: recovers | each | each | resume
TEST_P(SourceConformance, MissingInputIsWaitedForWhenFollowing) {
  Harness run = harness();
  run.open_ok(false);
  batch::RawBatch batch;
  EXPECT_EQ(run.poll(batch, limits_of(), milliseconds(100)).value(), Polled::Idle);
  EXPECT_TRUE(run.source().caught_up());
  const auto expected = sorted(add_numbered("late", 4));
  EXPECT_EQ(sorted(Harness::payloads(run.read(4))), expected);
}

// proves: all-is-read | each | each | first-run
TEST_P(SourceConformance, FollowsWhatComes) {
  add_numbered("first", 3);
  Harness run = harness();
  run.open_ok(false);
  EXPECT_EQ(run.read(3).size(), 3u);
  for (int round = 0; round < 5; ++round) {
    const auto expected = sorted(add_numbered("round" + std::to_string(round), 3));
    EXPECT_EQ(sorted(Harness::payloads(run.read(3))), expected);
  }
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Idle);
  EXPECT_TRUE(run.source().caught_up());
}

TEST_P(SourceConformance, EmptyInputIsFinishedAtOnce) {
  add({});
  Harness run = harness();
  run.open_ok(true);
  EXPECT_EQ(run.read_all().size(), 0u);
}

// proves: bounded | each | each | first-run
TEST_P(SourceConformance, KeepsItsLimits) {
  add_numbered("a-record-of-some-length", 50);
  Harness run = harness();
  run.open_ok(true);
  Limits limits = limits_of(9);
  for (int polls = 0; polls < 100; ++polls) {
    batch::RawBatch batch;
    if (run.poll(batch, limits, milliseconds(1000)).value() != Polled::Ready) break;
    EXPECT_LE(batch.records.size(), limits.rows);
    EXPECT_LT(batch.payload_bytes, limits.bytes + 100);
    limits = polls % 2 == 0 ? Limits{1000, 60, 1000, limits.linger} : limits_of(9);
    run.commit(batch);
  }
  EXPECT_TRUE(run.source().caught_up());
}

// proves: neighbours, bounded | each | each | first-run
TEST_P(SourceConformance, ATooLargeRecordIsCutAndItsNeighboursAreNot) {
  const std::string large(5000, 'x');
  add({"small-1", large, std::string(100, 'y'), "small-2", std::string(101, 'z')});
  Limits limits = limits_of();
  limits.record_bytes = 100;
  Harness run = harness();
  run.open_ok(true);
  std::map<std::string, batch::SourceFault> faults;
  for (const Seen& record : run.read_all(limits)) faults[record.payload] = record.fault;
  using batch::SourceFault;
  const std::map<std::string, SourceFault> expected = {
      {"small-1", SourceFault::None},
      {"small-2", SourceFault::None},
      {std::string(100, 'x'), SourceFault::TooLarge},
      {std::string(100, 'y'), SourceFault::None},
      {std::string(100, 'z'), SourceFault::TooLarge}};
  EXPECT_EQ(faults, expected);
}

// proves: exact-evidence | each | each | first-run
TEST_P(SourceConformance, BytesAreExact) {
  const std::vector<std::string> payloads = {std::string("a\0b", 3), "\xFF\xFE",
                                             "{\"\xED\xA0\x80\"}", " lead and trail ", "\xC3\xA4"};
  add(payloads);
  Harness run = harness();
  run.open_ok(true);
  EXPECT_EQ(sorted(Harness::payloads(run.read_all())), sorted(payloads));
}

TEST_P(SourceConformance, IsConfirmedFromAnotherThread) {
  const auto expected = sorted(add_numbered("r", 300));
  Harness run = harness();
  run.open_ok(true);
  std::vector<Seen> all;
  std::vector<std::thread> commits;
  for (;;) {
    auto batch = std::make_shared<batch::RawBatch>();
    const auto polled = run.poll(*batch, limits_of(3), milliseconds(1000));
    ASSERT_TRUE(polled.ok()) << polled.error().message;
    if (polled.value() == Polled::Finished) break;
    const std::vector<Seen> seen = Harness::seen(*batch);
    all.insert(all.end(), seen.begin(), seen.end());
    commits.emplace_back([&source = run.source(), batch] {
      source.committed(*batch, {});
      static_cast<void>(source.caught_up());
      static_cast<void>(source.problems());
    });
  }
  for (std::thread& commit : commits) commit.join();
  EXPECT_EQ(sorted(Harness::payloads(all)), expected);
}

INSTANTIATE_TEST_SUITE_P(AllSources, SourceConformance, testing::ValuesIn(benches()),
                         [](const auto& bench) { return bench.param.kind; });

TEST(SourceTable, EveryKindHasABench) {
  std::set<std::string> kinds, benched;
  for (const config::Spec& spec : source_specs()) kinds.insert(spec.name);
  for (const Bench& bench : benches()) benched.insert(bench.kind);
  EXPECT_EQ(kinds, benched) << "add the source to benches() in tests/unit/sources/harness.cc";
}

TEST(SourceTable, EveryKeyIsDescribed) {
  for (const config::Spec& spec : source_specs()) {
    EXPECT_FALSE(spec.doc.empty()) << spec.name;
    for (const config::Key& key : spec.keys) {
      EXPECT_FALSE(key.doc.empty()) << spec.name << "." << key.name;
      static const std::set<std::string> needed = {"path", "brokers", "topic", "port"};
      EXPECT_EQ(key.required, !key.fallback && needed.contains(key.name))
          << spec.name << "." << key.name;
    }
  }
}

}  // namespace
}  // namespace clearwell::sources
