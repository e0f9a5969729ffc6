#include "warehouses/decide.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

using config::LoadMode;

// A row of a record on its way, and the order of its record.
struct Row {
  uint64_t key = 0;
  uint64_t content = 0;
  int version = 0;  // 0: none
  int order = 0;
};
using Record = std::vector<Row>;

std::string version_of(const Row& row) {
  return row.version == 0 ? std::string(1, '\0')
                          : std::string("\1") + static_cast<char>(row.version);
}
std::string tuple_of(const Row& row) {
  return encode_tuple(version_of(row), std::string(1, static_cast<char>(row.order)),
                      {row.content, 7});
}

// The table by its rules: what is written of each record, and what is in it afterwards.
struct Table {
  std::map<uint64_t, uint64_t> content;
  std::map<uint64_t, std::string> tuple;
  std::vector<Written> written;
  bool operator==(const Table&) const = default;
};

Incoming incoming(const std::vector<Record>& records, LoadMode mode) {
  Incoming rows;
  rows.mode = mode;
  for (uint32_t record = 0; record < records.size(); ++record) {
    for (const Row& row : records[record]) {
      rows.record.push_back(record);
      rows.key.push_back({row.key, 1});
      rows.content.push_back({row.content, 7});
      rows.version.push_back(version_of(row));
      rows.tuple.push_back(tuple_of(row));
    }
  }
  return rows;
}

void apply(const Decision& decision, const Incoming& rows, Table& table) {
  for (size_t row = 0; row < rows.key.size(); ++row) {
    const uint64_t key = rows.key[row].low;
    switch (decision.actions[row]) {
      case Action::None:
        continue;
      case Action::Insert:
        EXPECT_FALSE(table.content.contains(key)) << "inserted twice";
        break;
      case Action::Replace:
      case Action::Touch:
        EXPECT_TRUE(table.content.contains(key)) << "nothing to replace";
        break;
      case Action::Delete:
      case Action::Patch:
        FAIL() << "nobody asked for it";
    }
    if (decision.actions[row] == Action::Touch) {
      EXPECT_EQ(table.content[key], rows.content[row].low);
    }
    table.content[key] = rows.content[row].low;
    if (!decision.tuples.empty()) table.tuple[key] = decision.tuples[row];
  }
}

void insert_batch(const std::vector<Record>& records, Table& table) {
  const Incoming rows = incoming(records, LoadMode::Insert);
  StoredContent stored;
  for (const auto& [key, content] : table.content) stored[{key, 1}] = {content, 7};
  std::vector<Written> written(records.size(), Written::Nothing);
  apply(decide_insert(rows, stored, written), rows, table);
  table.written.insert(table.written.end(), written.begin(), written.end());
}

void upsert_batch(const std::vector<Record>& records, Table& table) {
  const Incoming rows = incoming(records, LoadMode::Upsert);
  StoredVersions stored;
  for (const auto& [key, tuple] : table.tuple) stored[{key, 1}] = {tuple, "", false};
  std::vector<Written> written(records.size(), Written::Nothing);
  apply(decide_versions(rows, stored, written), rows, table);
  for (Written one : written) {
    // Both count as loaded; which it is says only whether it is still there.
    table.written.push_back(one == Written::Outrun ? Written::New : one);
  }
}

// All records, in batches of 1 to `most`.
template <typename Batch>
Table run(const std::vector<Record>& records, size_t most, std::mt19937& random, Batch&& batch) {
  Table table;
  for (size_t begin = 0; begin < records.size();) {
    const size_t size = std::min(1 + random() % most, records.size() - begin);
    const auto first = records.begin() + static_cast<std::ptrdiff_t>(begin);
    batch({first, first + static_cast<std::ptrdiff_t>(size)}, table);
    begin += size;
  }
  return table;
}

std::vector<Record> random_records(std::mt19937& random, size_t rows_each, bool versions) {
  std::vector<Record> records(30);
  for (Record& record : records) {
    const int order = 1 + static_cast<int>(random() % 60);
    for (size_t row = random() % (rows_each + 1); row > 0; --row) {
      record.push_back({1 + random() % 6, 1 + random() % 3,
                        versions ? static_cast<int>(random() % 4) : 0, order});
    }
  }
  return records;
}

// --- insert

// The first row of a key stays. A record is written whole, as far as it is new, or not at all.
Table insert_by_the_book(const std::vector<Record>& records) {
  Table table;
  for (const Record& record : records) {
    Table next = table;
    bool conflict = false, fresh = false;
    for (const Row& row : record) {
      const auto [place, is_new] = next.content.emplace(row.key, row.content);
      fresh |= is_new;
      conflict |= place->second != row.content;
    }
    if (!conflict) table.content = next.content;
    table.written.push_back(record.empty() ? Written::Nothing
                            : conflict     ? Written::Conflict
                            : fresh        ? Written::New
                                           : Written::Duplicate);
  }
  return table;
}

TEST(DecideInsert, DoesNotDependOnBatches) {
  std::mt19937 random(1);
  for (int round = 0; round < 400; ++round) {
    const auto records = random_records(random, 1 + round % 3, false);
    const Table expected = insert_by_the_book(records);
    for (size_t most : {1, 4, 30}) {
      ASSERT_EQ(run(records, most, random, insert_batch), expected) << round << " " << most;
    }
  }
}

TEST(DecideInsert, AConflictLeavesNothingOfItsRecord) {
  Table table;
  insert_batch({{{1, 10}}, {{2, 20}, {1, 11}, {3, 30}}, {{2, 21}}}, table);
  EXPECT_EQ(table.content, (std::map<uint64_t, uint64_t>{{1, 10}, {2, 21}}));
  EXPECT_EQ(table.written, (std::vector<Written>{Written::New, Written::Conflict, Written::New}));
}

TEST(DecideInsert, TellsTheRowsThatConflict) {
  const Incoming rows = incoming({{{1, 10}}, {{2, 20}, {1, 11}}}, LoadMode::Insert);
  std::vector<Written> written(2, Written::Nothing);
  EXPECT_EQ(decide_insert(rows, {}, written).conflicts, (std::vector<size_t>{2}));
}

TEST(DecideInsert, RowsMayComeInAnyOrder) {
  // Rows of the later record stand first, and those of one record apart from each other.
  Incoming rows = incoming({{{1, 10}}, {{1, 11}}}, LoadMode::Insert);
  std::reverse(rows.record.begin(), rows.record.end());
  std::vector<Written> written(2, Written::Nothing);
  const Decision decision = decide_insert(rows, {}, written);
  EXPECT_EQ(decision.actions, (std::vector<Action>{Action::None, Action::Insert}));
  EXPECT_EQ(written, (std::vector<Written>{Written::New, Written::Conflict}));

  rows = incoming({{{1, 10}}, {{2, 20}}, {{1, 11}}}, LoadMode::Insert);
  rows.record = {0, 1, 0};
  written.assign(2, Written::Nothing);
  decide_insert(rows, {}, written);
  EXPECT_EQ(written, (std::vector<Written>{Written::Conflict, Written::New}));
}

// --- upsert

// The greatest tuple of a key wins. A record is loaded if it won over what was there when it came.
Table upsert_by_the_book(const std::vector<Record>& records) {
  Table table;
  for (const Record& record : records) {
    bool won = false, older = false;
    for (const Row& row : record) {
      std::string& tuple = table.tuple[row.key];
      const std::string own = tuple_of(row);
      const bool same = !tuple.empty() && tuple.starts_with(version_of(row)) &&
                        table.content[row.key] == row.content;
      if (own > tuple) {
        won |= !same;
        tuple = own;
        table.content[row.key] = row.content;
      } else {
        older |= !same;
      }
    }
    table.written.push_back(record.empty() ? Written::Nothing
                            : won          ? Written::New
                            : older        ? Written::Superseded
                                           : Written::Duplicate);
  }
  return table;
}

TEST(DecideUpsert, DoesNotDependOnBatches) {
  std::mt19937 random(2);
  for (int round = 0; round < 400; ++round) {
    const auto records = random_records(random, 1 + round % 3, round % 2 == 0);
    const Table expected = upsert_by_the_book(records);
    for (size_t most : {1, 4, 30}) {
      ASSERT_EQ(run(records, most, random, upsert_batch), expected) << round << " " << most;
    }
  }
}

TEST(DecideUpsert, TheTableDoesNotDependOnTheOrderOfArrival) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    auto records = random_records(random, 2, round % 2 == 0);
    const Table expected = run(records, 30, random, upsert_batch);
    for (int again = 0; again < 3; ++again) {
      std::shuffle(records.begin(), records.end(), random);
      const Table table = run(records, 1 + random() % 30, random, upsert_batch);
      ASSERT_EQ(table.content, expected.content) << round;
      ASSERT_EQ(table.tuple, expected.tuple) << round;
    }
  }
}

TEST(DecideUpsert, ARedeliveryChangesNothing) {
  std::mt19937 random(4);
  for (int round = 0; round < 100; ++round) {
    const auto records = random_records(random, 1, true);
    Table table = run(records, 5, random, upsert_batch);
    const Table before = table;
    table.written.clear();
    for (const Record& record : records) upsert_batch({record}, table);
    EXPECT_EQ(table.content, before.content);
    EXPECT_EQ(table.tuple, before.tuple);
    for (Written one : table.written) ASSERT_NE(one, Written::New);
  }
}

TEST(DecideUpsert, ANullVersionIsTheOldest) {
  Table table;
  upsert_batch({{{1, 10, 1, 5}}}, table);
  upsert_batch({{{1, 11, 0, 9}}}, table);
  EXPECT_EQ(table.content[1], 10u);
  EXPECT_EQ(table.written, (std::vector<Written>{Written::New, Written::Superseded}));
}

TEST(DecideUpsert, OrderDecidesBetweenEqualVersions) {
  Table table;
  upsert_batch({{{1, 10, 2, 5}}, {{1, 11, 2, 6}}, {{1, 12, 2, 4}}}, table);
  EXPECT_EQ(table.content[1], 11u);
  EXPECT_EQ(table.written, (std::vector<Written>{Written::New, Written::New, Written::Superseded}));
}

TEST(DecideUpsert, WhatIsOutrunInItsBatchIsTold) {
  const Incoming rows =
      incoming({{{1, 10, 1}}, {{1, 11, 2}}, {{2, 20, 1}, {1, 12, 3}}}, LoadMode::Upsert);
  std::vector<Written> written(3, Written::Nothing);
  const Decision decision = decide_versions(rows, {}, written);
  EXPECT_EQ(written, (std::vector<Written>{Written::Outrun, Written::Outrun, Written::New}));
  EXPECT_EQ(decision.actions,
            (std::vector<Action>{Action::None, Action::None, Action::Insert, Action::Insert}));
}

TEST(DecideUpsert, ALaterDuplicateOnlyTouchesTheStoredRow) {
  const Row stored = {1, 10, 1, 5}, later = {1, 10, 1, 8}, earlier = {1, 10, 1, 3};
  const StoredVersions table = {{{1, 1}, {tuple_of(stored), "", false}}};
  std::vector<Written> written(1, Written::Nothing);
  Decision decision = decide_versions(incoming({{later}}, LoadMode::Upsert), table, written);
  EXPECT_EQ(decision.actions, (std::vector<Action>{Action::Touch}));
  EXPECT_EQ(decision.tuples[0], tuple_of(later));
  EXPECT_EQ(written, (std::vector<Written>{Written::Duplicate}));
  decision = decide_versions(incoming({{earlier}}, LoadMode::Upsert), table, written);
  EXPECT_EQ(decision.actions, (std::vector<Action>{Action::None}));
}

// A row that was in the table before it had versions (its tuple is unknown) is older than any.
TEST(DecideUpsert, ARowWithoutTupleIsReplaced) {
  const StoredVersions table = {{{1, 1}, {"", "", false}}};
  std::vector<Written> written(2, Written::Nothing);
  const Decision decision = decide_versions(
      incoming({{{1, 10, 0, 1}}, {{2, 20, 0, 1}}}, LoadMode::Upsert), table, written);
  EXPECT_EQ(decision.actions, (std::vector<Action>{Action::Replace, Action::Insert}));
  EXPECT_EQ(written, (std::vector<Written>{Written::New, Written::New}));
}

TEST(Decide, NothingOfNothing) {
  std::vector<Written> written(2, Written::Nothing);
  EXPECT_TRUE(decide_insert({}, {}, written).actions.empty());
  EXPECT_TRUE(decide_versions({}, {}, written).actions.empty());
  EXPECT_EQ(written, (std::vector<Written>(2, Written::Nothing)));
}

}  // namespace
}  // namespace clearwell::warehouses
