// Rows that are changed and deleted: update, patch and deletions; and that batches do not matter.
#include <algorithm>
#include <iterator>
#include <random>

#include <fmt/format.h>

#include "tests/conformance/warehouse_conformance.h"

namespace clearwell::warehouses {
namespace {

class WarehouseChanges : public WarehouseConformance {
 protected:
  // id, ver, a, b
  static Target things(LoadMode mode = LoadMode::Upsert) {
    Target out =
        target("t", "0::BIGINT AS id, 0::BIGINT AS ver, '' AS a, 0::DOUBLE AS b", {0}, mode);
    out.version = 1;
    out.patched = out.deleted_from = true;
    return out;
  }
  // The same without anybody who patches or deletes.
  static Target plain_things(LoadMode mode = LoadMode::Upsert) {
    Target out = things(mode);
    out.patched = out.deleted_from = false;
    return out;
  }

  // What loads say besides their rows, of each record: "x" deletes; "ab": brings these columns.
  static LoadRows said(const Target& target, const std::string& values,
                       const std::vector<std::string>& records) {
    LoadRows out = rows(target, values);
    for (const std::string& one : records) {
      out.deletes.push_back(one == "x");
      std::string fields = "01";
      for (const char* column : {"a", "b"})
        fields += one.find(column) != std::string::npos ? '1' : '0';
      out.fields.push_back(fields);
    }
    return out;
  }

  std::string load_said(const Target& target, const std::string& values,
                        const std::vector<std::string>& records, int64_t order) {
    auto transaction = begin();
    std::vector<Written> written(records.size(), Written::Nothing);
    const auto done = transaction->write_first(said(target, values, records),
                                               orders(records.size(), order), written);
    if (!done.ok()) return done.error().message;
    commit(*transaction);
    return letters(written);
  }

  std::string table() { return show("SELECT id, ver, a, b FROM t ORDER BY id"); }
};
INSTANTIATE_TEST_SUITE_P(All, WarehouseChanges, ::testing::ValuesIn(warehouse_benches()),
                         bench_name);

// proves: newest-wins | each | each | first-run, resume
TEST_P(WarehouseChanges, AnUpdateNeedsItsRow) {
  const Target upsert = plain_things(), update = plain_things(LoadMode::Update);
  prepare(upsert);
  prepare(update);
  EXPECT_EQ(load(update, "(0, 1, 1, 'too early', 0)", 1), "M");
  EXPECT_EQ(load(upsert, "(0, 1, 2, 'a', 1)", 1, 10), "N");
  EXPECT_EQ(load(update, "(0, 1, 3, 'b', 2), (1, 2, 3, 'none', 2), (2, 1, 1, 'old', 2)", 3, 20),
            "NMS");
  EXPECT_EQ(load(update, "(0, 1, 3, 'b', 2)", 1, 30), "D");
  EXPECT_EQ(table(), "1|3|b|2.0");
  reopen();
  prepare(update);
  EXPECT_EQ(load(update, "(0, 1, 4, 'c', 3)", 1, 40), "N");
  EXPECT_EQ(table(), "1|4|c|3.0");
}

TEST_P(WarehouseChanges, AnUpdateLeavesColumnsThatItDoesNotName) {
  const Target upsert = plain_things();
  Target update = target("t", "0::BIGINT AS id, '' AS a", {0}, LoadMode::Update);
  prepare(upsert);
  prepare(update);
  EXPECT_EQ(load(upsert, "(0, 1, NULL, 'a', 1.5)", 1, 10), "N");
  EXPECT_EQ(load(update, "(0, 1, 'b'), (1, 1, 'c')", 2, 20), "ON");
  EXPECT_EQ(table(), "1|NULL|c|1.5");
}

TEST_P(WarehouseChanges, ALaterLoadThatFindsNoRowSaysSo) {
  const Target first = target("u", "0::BIGINT AS id", {0});
  Target update = plain_things(LoadMode::Update);
  update.first = false;
  prepare(first);
  prepare(update);
  EXPECT_EQ(load({first, update}, "(0, 1)", "(0, 1, 1, 'a', 1)", 1),
            std::string(missing_row) + "t");
  EXPECT_EQ(show("SELECT count(*) FROM u"), "0");
}

TEST_P(WarehouseChanges, APatchChangesWhatItBrings) {
  const Target upsert = things(), patch = things(LoadMode::Patch);
  prepare(upsert);
  prepare(patch);
  EXPECT_EQ(load(upsert, "(0, 1, 1, 'a', 1), (1, 2, 1, 'b', 2)", 2, 1), "NN");
  EXPECT_EQ(load_said(patch, "(0, 1, 3, 'new', NULL), (1, 1, 2, 'old', 7), (2, 3, 2, 'c', 3)",
                      {"a", "ab", "a"}, 10),
            "NNM");
  EXPECT_EQ(table(), "1|3|new|7.0\n2|1|b|2.0");
  // A whole row that is older than one of them, and a patch that is older than the row.
  EXPECT_EQ(load(upsert, "(0, 1, 2, 'whole', 8)", 1, 20), "N");
  EXPECT_EQ(load_said(patch, "(0, 1, 1, 'late', 9)", {"ab"}, 30), "S");
  EXPECT_EQ(table(), "1|3|new|8.0\n2|1|b|2.0");
  reopen();
  prepare(upsert);
  prepare(patch);
  EXPECT_EQ(load_said(patch, "(0, 1, 3, 'new', NULL), (1, 2, 4, NULL, NULL)", {"a", "b"}, 40),
            "DN");
  EXPECT_EQ(load(upsert, "(0, 1, 4, 'last', 9)", 1, 50), "N");
  EXPECT_EQ(table(), "1|4|last|9.0\n2|4|b|NULL");
}

TEST_P(WarehouseChanges, ATableMayBePatchedLater) {
  const Target before = plain_things(), patch = things(LoadMode::Patch);
  prepare(before);
  EXPECT_EQ(load(before, "(0, 1, 1, 'a', 1)", 1), "N");
  prepare(patch);
  EXPECT_EQ(load_said(patch, "(0, 1, 2, 'b', NULL)", {"a"}, 10), "N");
  reopen();
  prepare(before);  // the project has no patch any more, but the table has
  EXPECT_EQ(load(before, "(0, 1, 1, 'c', 3)", 1, 20), "N");
  EXPECT_EQ(table(), "1|2|b|3.0");
}

// proves: newest-wins | each | each | first-run, resume
TEST_P(WarehouseChanges, NothingOlderBringsADeletedRowBack) {
  const Target upsert = things();
  prepare(upsert);
  EXPECT_EQ(load(upsert, "(0, 1, 1, 'a', 1), (1, 2, 1, 'b', 2)", 2), "NN");
  EXPECT_EQ(load_said(upsert, "(0, 1, 3, 'gone', 1), (1, 9, 3, 'unknown', 1)", {"x", "x"}, 10),
            "XX");
  EXPECT_EQ(table(), "2|1|b|2.0");
  reopen();
  prepare(upsert);
  EXPECT_EQ(load(upsert, "(0, 1, 2, 'late', 1), (1, 9, 2, 'late', 1)", 2, 20), "SS");
  EXPECT_EQ(load_said(upsert, "(0, 1, 3, 'again', 1), (1, 1, 2, 'old', 1)", {"x", "x"}, 30), "DS");
  {
    auto transaction = begin();
    const auto known = transaction->known(upsert, rows_of("SELECT unnest([1, 3])::BIGINT AS id"));
    ASSERT_TRUE(known.ok()) << known.error().message;
    ASSERT_TRUE(known->at(0).has_value());
    EXPECT_NE(known->at(0)->find(order_of(30)), std::string::npos);
    EXPECT_FALSE(known->at(1).has_value());
  }
  EXPECT_EQ(load(upsert, "(0, 1, 4, 'newer', 1)", 1, 40), "N");
  EXPECT_EQ(table(), "1|4|newer|1.0\n2|1|b|2.0");
  EXPECT_EQ(show("SELECT count(*) FROM clearwell.deletions"), "1");
}

TEST_P(WarehouseChanges, ATableThatIsMadeAnewHasNoDeletions) {
  const Target upsert = things();
  prepare(upsert);
  EXPECT_EQ(load_said(upsert, "(0, 1, 3, 'gone', 1)", {"x"}, 10), "X");
  execute("DROP TABLE t");
  reopen();
  prepare(upsert);
  EXPECT_EQ(load(upsert, "(0, 1, 1, 'a', 1)", 1, 20), "N");
}

TEST_P(WarehouseChanges, WhatBelongsToADeletedRowGoesWithIt) {
  const Target first = things(), second = lines();
  Target history = target("history", "0::BIGINT AS id, 0::BIGINT AS ver", {0, 1});
  history.first = false;
  history.history = true;
  history.parent_key = {0};
  for (const Target& one : {first, second, history}) prepare(one);
  const auto load_all = [&](const std::string& values, const std::string& of,
                            const std::string& past, const std::vector<std::string>& records,
                            int64_t order) {
    auto transaction = begin();
    std::vector<Written> written(records.size(), Written::Nothing);
    const auto encoded = orders(records.size(), order);
    auto done = transaction->write_first(said(first, values, records), encoded, written);
    if (done.ok()) done = transaction->write_next(rows(second, of), encoded, written);
    if (done.ok()) done = transaction->write_next(rows(history, past), encoded, written);
    if (!done.ok()) return done.error().message;
    commit(*transaction);
    return letters(written);
  };
  EXPECT_EQ(load_all("(0, 1, 1, 'a', 1), (1, 2, 1, 'b', 1)", "(0, 1, 1, 'x'), (1, 2, 1, 'y')",
                     "(0, 1, 1), (1, 2, 1)", {"", ""}, 1),
            "NN");
  EXPECT_EQ(load_all("(0, 1, 2, 'a', 1)", "(0, 1, 2, 'of the deletion')", "(0, 1, 2)", {"x"}, 10),
            "X");
  EXPECT_EQ(show("SELECT * FROM lines"), "2|1|y");
  EXPECT_EQ(show("SELECT * FROM history ORDER BY id, ver"), "1|1\n1|2\n2|1");
  // Deleted and made anew in one batch.
  EXPECT_EQ(load_all("(0, 2, 2, 'b', 1), (1, 2, 3, 'c', 1)", "(0, 2, 7, 'no'), (1, 2, 3, 'z')",
                     "(0, 2, 2), (1, 2, 3)", {"x", ""}, 20),
            "XN");
  EXPECT_EQ(show("SELECT * FROM lines"), "2|3|z");
  EXPECT_EQ(table(), "2|3|c|1.0");
}

// proves: batches-do-not-matter, newest-wins | each | each | first-run, resume
TEST_P(WarehouseChanges, BatchesOfDeletionsDoNotMatterNorDoesTheirOrder) {
  const Target upsert = things();
  prepare(upsert);
  struct Record {
    std::string values, said;
    int order;
  };
  const auto run = [&](const std::vector<Record>& records, size_t most) {
    execute("DELETE FROM t; DELETE FROM clearwell.deletions");
    std::string fates;
    for (size_t begin_at = 0; begin_at < records.size(); begin_at += most) {
      std::string values;
      std::vector<std::string> said_of, encoded;
      for (size_t i = begin_at; i < std::min(begin_at + most, records.size()); ++i) {
        fmt::format_to(std::back_inserter(values), "{}({}, {})", values.empty() ? "" : ", ",
                       said_of.size(), records[i].values);
        said_of.push_back(records[i].said);
        encoded.push_back(order_of(records[i].order));
      }
      auto transaction = begin();
      std::vector<Written> written(said_of.size(), Written::Nothing);
      const auto done = transaction->write_first(said(upsert, values, said_of), encoded, written);
      EXPECT_TRUE(done.ok()) << done.error().message;
      commit(*transaction);
      fates += letters(written);
    }
    std::replace(fates.begin(), fates.end(), 'O', 'N');
    return fates;
  };
  std::mt19937 random(3);
  for (int round = 0; round < 5; ++round) {
    std::vector<Record> records;
    for (int i = 0; i < 24; ++i) {
      const bool deletes = random() % 3 == 0;
      records.push_back(
          {fmt::format("{}, {}, 'v{}', {}", random() % 5, random() % 4, random() % 2, 1),
           deletes ? "x" : "", i});
    }
    const std::string fates = run(records, 1), expected = table();
    for (size_t most : {5, 24}) {
      EXPECT_EQ(run(records, most), fates) << round << " " << most;
      EXPECT_EQ(table(), expected) << round << " " << most;
    }
    std::shuffle(records.begin(), records.end(), random);
    run(records, 1 + random() % 24);
    EXPECT_EQ(table(), expected) << round;
  }
}

}  // namespace
}  // namespace clearwell::warehouses
