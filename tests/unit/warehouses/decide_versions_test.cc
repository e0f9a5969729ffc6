// Deletions, updates and patches, against the rules told one record at a time.
#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "warehouses/decide.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

using config::LoadMode;

// A record of one row. Its columns are a and b; a patch brings those that have a value.
struct Record {
  uint64_t key = 0;
  std::optional<int> a, b;
  int version = 0;  // 0: none
  int order = 0;
  bool deletes = false;
};

std::string version_of(const Record& record) {
  return record.version == 0 ? std::string(1, '\0')
                             : std::string("\1") + static_cast<char>(record.version);
}

batch::RowHash cell(std::optional<int> value) {
  return {static_cast<uint64_t>(value.value_or(-1)) + 3, 5};
}

std::string tuple_of(const Record& record, batch::RowHash content) {
  return encode_tuple(version_of(record), std::string(1, static_cast<char>(record.order)), content);
}

batch::RowHash content_of_row(const Record& record) {
  if (record.deletes) return deletion_content;
  return {static_cast<uint64_t>(record.a.value_or(-1) * 100 + record.b.value_or(-1)) + 300, 7};
}

Incoming incoming(std::span<const Record> records, LoadMode mode) {
  Incoming rows;
  rows.mode = mode;
  rows.columns = {"id", "a", "b"};
  rows.cells.resize(3);
  for (uint32_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    rows.record.push_back(i);
    rows.key.push_back({record.key, 1});
    rows.content.push_back(content_of_row(record));
    rows.version.push_back(version_of(record));
    rows.tuple.push_back(tuple_of(record, rows.content.back()));
    rows.deletes.push_back(record.deletes);
    rows.fields.push_back(std::string("0") + (record.a ? '1' : '0') + (record.b ? '1' : '0'));
    rows.cells[0].push_back(cell(0));
    rows.cells[1].push_back(cell(record.a));
    rows.cells[2].push_back(cell(record.b));
  }
  return rows;
}

struct Row {
  std::optional<int> a, b;
  bool operator==(const Row&) const = default;
};

// A table as a warehouse keeps it.
struct Table {
  std::map<uint64_t, Row> rows;
  std::map<uint64_t, StoredVersion> versions;  // deletions too
  std::string fates;

  // One letter a record: New (or outrun), Duplicate, Superseded, Missing, X for deleted.
  void load(std::span<const Record> records, LoadMode mode) {
    const Incoming in = incoming(records, mode);
    StoredVersions stored;
    for (const auto& [key, version] : versions) stored[{key, 1}] = version;
    std::vector<Written> written(records.size(), Written::Nothing);
    const Decision decision = decide_versions(in, stored, written);
    apply(records, decision);
    for (Written one : written) fates += "-NDSCNMX"[static_cast<size_t>(one)];
  }

  void apply(std::span<const Record> records, const Decision& decision) {
    // Deletions go first, then changes, then new rows, as the warehouses do it.
    for (Action action :
         {Action::Delete, Action::Replace, Action::Touch, Action::Patch, Action::Insert}) {
      for (size_t i = 0; i < records.size(); ++i) {
        if (decision.actions[i] == action) apply(records[i], action, i, decision);
      }
    }
    for (const auto& [key, tuple] : decision.buried) versions[key.low] = {tuple, "", true};
    for (const auto& key : decision.raised) EXPECT_TRUE(rows.contains(key.low));
  }

  void apply(const Record& record, Action action, size_t at, const Decision& decision) {
    EXPECT_EQ(rows.contains(record.key), action != Action::Insert);
    if (action == Action::Delete) {
      rows.erase(record.key);
      return;
    }
    versions[record.key] = {decision.tuples[at], decision.patches[at], false};
    if (action == Action::Touch) return;
    Row& row = rows[record.key];
    const bool whole = action == Action::Insert;
    if (whole || decision.fields[at][1] == '1') row.a = record.a;
    if (whole || decision.fields[at][2] == '1') row.b = record.b;
  }
};

struct Load {
  std::vector<Record> records;
  LoadMode mode;
};

Table run(const std::vector<Load>& loads, size_t most) {
  Table table;
  for (const Load& load : loads) {
    for (size_t begin = 0; begin < load.records.size(); begin += most) {
      const size_t size = std::min(most, load.records.size() - begin);
      table.load({load.records.data() + begin, size}, load.mode);
    }
  }
  return table;
}

std::vector<Record> random_records(std::mt19937& random, size_t count, int first_order) {
  std::vector<Record> out;
  for (size_t i = 0; i < count; ++i) {
    out.push_back({1 + random() % 4, static_cast<int>(random() % 3), static_cast<int>(random() % 3),
                   static_cast<int>(random() % 4), first_order + static_cast<int>(i)});
  }
  return out;
}

TEST(DecideDeletions, DoNotDependOnBatchesNorOnTheOrderOfArrival) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    auto records = random_records(random, 24, 1);
    for (Record& record : records) record.deletes = random() % 3 == 0;
    const Table expected = run({{records, LoadMode::Upsert}}, 1);
    for (size_t most : {4, 24}) {
      const Table table = run({{records, LoadMode::Upsert}}, most);
      ASSERT_EQ(table.rows, expected.rows) << round << " " << most;
      ASSERT_EQ(table.fates, expected.fates) << round << " " << most;
    }
    std::shuffle(records.begin(), records.end(), random);
    ASSERT_EQ(run({{records, LoadMode::Upsert}}, 1 + random() % 24).rows, expected.rows) << round;
  }
}

TEST(DecideDeletions, NothingOlderBringsTheRowBack) {
  const std::vector<Record> records = {{1, 1, 1, 1, 1},         {1, {}, {}, 3, 2, true},
                                       {1, 2, 2, 2, 3},         {1, {}, {}, 3, 4, true},
                                       {1, {}, {}, 2, 5, true}, {1, 4, 4, 4, 6}};
  for (size_t most : {1, 2, 6}) {
    const Table table = run({{records, LoadMode::Upsert}}, most);
    EXPECT_EQ(table.fates, "NXSDSN") << most;
    EXPECT_EQ(table.rows, (std::map<uint64_t, Row>{{1, {4, 4}}})) << most;
  }
}

TEST(DecideDeletions, OfAKeyThatNobodyKnowsAreKept) {
  Table table;
  table.load(std::vector<Record>{{1, {}, {}, 5, 1, true}}, LoadMode::Upsert);
  EXPECT_TRUE(table.versions.at(1).deleted);
  table.load(std::vector<Record>{{1, 1, 1, 4, 2}, {1, 1, 1, 6, 3}}, LoadMode::Upsert);
  EXPECT_EQ(table.fates, "XSN");
}

TEST(DecideUpdates, NeedTheirRow) {
  Table table;
  table.load(std::vector<Record>{{1, 1, 1, 1, 1}}, LoadMode::Upsert);
  table.load(std::vector<Record>{{1, 2, 2, 2, 2}, {2, 2, 2, 2, 2}, {1, 3, 3, 1, 1}},
             LoadMode::Update);
  EXPECT_EQ(table.fates, "NNMS");
  EXPECT_EQ(table.rows, (std::map<uint64_t, Row>{{1, {2, 2}}}));
  // Of a deleted one: what is older came too late, what is newer has nothing to change.
  table.load(std::vector<Record>{{1, {}, {}, 5, 3, true}, {1, 4, 4, 4, 4}, {1, 6, 6, 6, 5}},
             LoadMode::Update);
  EXPECT_EQ(table.fates, "NNMSXSM");
}

TEST(DecideUpdates, ARecordWithAMissingRowChangesNothing) {
  Incoming rows = incoming(std::vector<Record>{{1, 2, 2, 2, 2}, {2, 2, 2, 2, 2}}, LoadMode::Update);
  rows.record = {0, 0};
  std::vector<Written> written(1, Written::Nothing);
  const StoredVersions stored = {{{1, 1}, {tuple_of({1, 1, 1, 1, 1}, {9, 9}), "", false}}};
  const Decision decision = decide_versions(rows, stored, written);
  EXPECT_EQ(written, (std::vector<Written>{Written::Missing}));
  EXPECT_EQ(decision.actions, (std::vector<Action>{Action::None, Action::None}));
}

TEST(DecidePatches, ChangeWhatTheyBringFieldByField) {
  Table table;
  table.load(std::vector<Record>{{1, 1, 1, 1, 1}}, LoadMode::Upsert);
  // The newer one of b, then an older one of both, then the newer one again.
  table.load(
      std::vector<Record>{{1, {}, 3, 3, 2}, {1, 2, 2, 2, 3}, {1, {}, 3, 3, 4}, {1, {}, {}, 9, 5}},
      LoadMode::Patch);
  EXPECT_EQ(table.fates, "NNND-");
  EXPECT_EQ(table.rows.at(1), (Row{2, 3}));
  // A whole row between the two: a is older than it, b is not.
  table.load(std::vector<Record>{{1, 7, 7, 3, 1}}, LoadMode::Upsert);
  EXPECT_EQ(table.rows.at(1), (Row{7, 3}));
  table.load(std::vector<Record>{{1, {}, 9, 1, 9}, {2, 1, {}, 1, 9}}, LoadMode::Patch);
  EXPECT_EQ(table.fates, "NNND-NSM");
}

TEST(DecidePatches, AWholeRowThatComesAgainUndoesAnOlderPatch) {
  Table table;
  table.load(std::vector<Record>{{1, 1, 1, 0, 1}}, LoadMode::Upsert);
  table.load(std::vector<Record>{{1, 2, {}, 0, 2}}, LoadMode::Patch);
  table.load(std::vector<Record>{{1, 1, 1, 0, 3}}, LoadMode::Upsert);
  EXPECT_EQ(table.fates, "NNN");
  EXPECT_EQ(table.rows.at(1), (Row{1, 1}));
}

// Each column has the value of whatever is newest for it.
TEST(DecidePatches, DoNotDependOnBatchesNorOnTheOrderOfArrival) {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<Record> first;
    for (uint64_t key = 1; key <= 4; ++key) first.push_back({key, 0, 0, 0, 1});
    auto patches = random_records(random, 16, 2);
    for (Record& patch : patches) {
      if (random() % 2 == 0) patch.a.reset();
      if (random() % 2 == 0) patch.b.reset();
    }
    auto whole = random_records(random, 6, 40);
    const std::vector<Load> loads = {
        {first, LoadMode::Upsert}, {patches, LoadMode::Patch}, {whole, LoadMode::Upsert}};
    const Table expected = run(loads, 1);
    for (size_t most : {3, 16}) {
      const Table table = run(loads, most);
      ASSERT_EQ(table.rows, expected.rows) << round << " " << most;
      ASSERT_EQ(table.fates, expected.fates) << round << " " << most;
    }
    std::shuffle(patches.begin(), patches.end(), random);
    std::shuffle(whole.begin(), whole.end(), random);
    const std::vector<Load> other = {
        {first, LoadMode::Upsert}, {whole, LoadMode::Upsert}, {patches, LoadMode::Patch}};
    ASSERT_EQ(run(other, 1 + random() % 16).rows, expected.rows) << round;
  }
}

TEST(Patches, AreKeptAsBytes) {
  EXPECT_EQ(encode_patches({}), "");
  const Patches patches = {
      {"a", std::string("\0x", 2)}, {"b\"c", ""}, {"ä", std::string(300, 'z')}};
  EXPECT_EQ(decode_patches(encode_patches(patches)), patches);
}

}  // namespace
}  // namespace clearwell::warehouses
