// Upserts: versions, the rows that belong to them, history; and that batches do not matter.
#include <algorithm>
#include <array>
#include <iterator>
#include <random>

#include <fmt/format.h>

#include "tests/conformance/warehouse_conformance.h"

namespace clearwell::warehouses {
namespace {

class WarehouseVersions : public WarehouseConformance {};
INSTANTIATE_TEST_SUITE_P(All, WarehouseVersions, ::testing::ValuesIn(warehouse_benches()),
                         bench_name);

// proves: newest-wins | each | each | first-run
TEST_P(WarehouseVersions, TheNewestIsKept) {
  const Target table = versions();
  prepare(table);
  EXPECT_EQ(load(table, "(0, 1, 5, 'a'), (1, 2, 5, 'b')", 2), "NN");
  EXPECT_EQ(load(table, "(0, 1, 4, 'old'), (1, 2, 6, 'new'), (2, 1, 5, 'a')", 3, 10), "SND");
  EXPECT_EQ(load(table, "(0, 1, NULL, 'none'), (1, 3, NULL, 'c')", 2, 20), "SN");
  EXPECT_EQ(load(table, "(0, 1, 7, 'x'), (1, 1, 9, 'z'), (2, 1, 8, 'y')", 3, 30), "ONS");
  EXPECT_EQ(show("SELECT id, ver, v FROM t ORDER BY id"), "1|9|z\n2|6|new\n3|NULL|c");
}

TEST_P(WarehouseVersions, WithoutVersionTheLatestRecordIsKept) {
  const Target table = pairs(LoadMode::Upsert);
  prepare(table);
  EXPECT_EQ(load(table, "(0, 1, 'b')", 1, 20), "N");
  EXPECT_EQ(load(table, "(0, 1, 'a')", 1, 10), "S");
  EXPECT_EQ(load(table, "(0, 1, 'b')", 1, 40), "D");  // raises the order of what is there
  EXPECT_EQ(load(table, "(0, 1, 'c')", 1, 30), "S");
  EXPECT_EQ(load(table, "(0, 1, 'd')", 1, 50), "N");
  EXPECT_EQ(show("SELECT id, v FROM t"), "1|d");
  reopen();
  prepare(table);
  EXPECT_EQ(load(table, "(0, 1, 'e'), (1, 1, 'd')", 2, 45), "SD");
  EXPECT_EQ(show("SELECT id, v FROM t"), "1|d");
}

TEST_P(WarehouseVersions, RowsFromBeforeThereWereVersionsAreTheOldest) {
  execute(
      "CREATE TABLE t (id BIGINT, ver BIGINT, v VARCHAR); INSERT INTO t VALUES (1, 99, 'before'), "
      "(2, 99, 'before'); ALTER TABLE t ADD COLUMN _version " +
      sql_type(duckdb::TypeId::Blob));
  const Target table = versions();
  prepare(table);
  {
    auto transaction = begin();
    const auto known = transaction->known(table, rows_of("SELECT 2::BIGINT AS id"));
    ASSERT_TRUE(known.ok());
    EXPECT_EQ(known->at(0), "");
  }
  EXPECT_EQ(load(table, "(0, 1, 1, 'a')", 1), "N");
  EXPECT_EQ(show("SELECT id, ver, v FROM t ORDER BY id"), "1|1|a\n2|99|before");
}

TEST_P(WarehouseVersions, ChildrenOfAReplacedRowAreReplaced) {
  const Target first = versions(), second = lines();
  prepare(first);
  prepare(second);
  EXPECT_EQ(load({first, second}, "(0, 1, 1, 'a'), (1, 2, 1, 'b')",
                 "(0, 1, 1, 'x'), (0, 1, 2, 'y'), (1, 2, 1, 'z')", 2),
            "NN");
  EXPECT_EQ(load({first, second}, "(0, 1, 2, 'newer')", "(0, 1, 1, 'n')", 1, 10), "N");
  EXPECT_EQ(load({first, second}, "(0, 1, 1, 'older'), (1, 2, 1, 'b')",
                 "(0, 1, 7, 'late'), (1, 2, 7, 'again')", 2, 20),
            "SD");
  EXPECT_EQ(show("SELECT * FROM lines ORDER BY 1, 2, 3"), "1|1|n\n2|1|z");
  // The newest has none at all.
  EXPECT_EQ(load({first, second}, "(0, 2, 9, 'b')", "", 1, 30), "N");
  EXPECT_EQ(show("SELECT * FROM lines"), "1|1|n");
}

TEST_P(WarehouseVersions, ChildrenOfWhatIsOutrunInItsBatchStayOut) {
  const Target first = versions(), second = lines();
  prepare(first);
  prepare(second);
  EXPECT_EQ(load({first, second}, "(0, 1, 1, 'a'), (1, 1, 3, 'c'), (2, 1, 2, 'b')",
                 "(0, 1, 1, 'of a'), (1, 1, 1, 'of c'), (2, 1, 1, 'of b')", 3),
            "ONS");
  EXPECT_EQ(show("SELECT * FROM lines"), "1|1|of c");
}

TEST_P(WarehouseVersions, HistoryTakesEveryVersionOnce) {
  const Target first = versions();
  Target history = target("history", "0::BIGINT AS id, 0::BIGINT AS ver, '' AS v", {0, 1});
  history.first = false;
  history.history = true;
  history.parent_key = {0};
  prepare(first);
  prepare(history);
  const auto both = [&](const std::string& values, size_t count, int64_t order) {
    return load({first, history}, values, values, count, order);
  };
  EXPECT_EQ(both("(0, 1, 2, 'b'), (1, 1, 4, 'd')", 2, 1), "ON");
  EXPECT_EQ(both("(0, 1, 1, 'a'), (1, 1, 3, 'c')", 2, 10), "SS");
  EXPECT_EQ(both("(0, 1, 5, 'e'), (1, 1, 6, 'f')", 2, 20), "ON");
  EXPECT_EQ(both("(0, 1, 3, 'c'), (1, 1, 6, 'f'), (2, 1, 1, 'a')", 3, 30), "SDS");
  EXPECT_EQ(show("SELECT * FROM history ORDER BY ver"), "1|1|a\n1|2|b\n1|3|c\n1|4|d\n1|5|e\n1|6|f");
  EXPECT_EQ(show("SELECT id, ver, v FROM t"), "1|6|f");
}

TEST_P(WarehouseVersions, KnownTellsTheVersionThatIsThere) {
  const Target table = versions(), plain = target("u", "0::BIGINT AS id", {0});
  prepare(table);
  prepare(plain);
  EXPECT_EQ(load(table, "(0, 1, 5, 'a')", 1), "N");
  EXPECT_EQ(load(plain, "(0, 1)", 1), "N");
  auto transaction = begin();
  EXPECT_EQ(write(*transaction, table, "(0, 2, 6, 'b')", 1, 9), "N");
  const duckdb::Rows keys = rows_of("SELECT unnest([3, 2, 1])::BIGINT AS id");
  const auto known = transaction->known(table, keys);
  ASSERT_TRUE(known.ok()) << known.error().message;
  ASSERT_EQ(known->size(), 3u);
  EXPECT_FALSE(known->at(0).has_value());
  ASSERT_TRUE(known->at(1).has_value() && known->at(2).has_value());
  EXPECT_NE(known->at(1)->find(order_of(9)), std::string::npos);
  EXPECT_LT(*known->at(2), *known->at(1));
  const auto others = transaction->known(plain, keys);
  ASSERT_TRUE(others.ok());
  EXPECT_FALSE(others->at(0).has_value());
  EXPECT_FALSE(others->at(1).has_value());
  EXPECT_EQ(others->at(2), "");
  EXPECT_TRUE(transaction->known(plain, rows_of("SELECT 1::BIGINT AS id WHERE false"))->empty());
}

// --- a property: what is in the tables does not depend on where batches end, nor, for upserts, on
// the order of arrival. A record may have several rows in the first load.

struct Record {
  std::vector<std::array<int, 3>> rows;  // id, version, content; no id twice
  int order = 0;
};

std::vector<Record> random_records(std::mt19937& random, size_t rows_each) {
  std::vector<Record> records(24);
  for (size_t i = 0; i < records.size(); ++i) {
    auto& rows = records[i].rows;
    for (size_t row = 1 + random() % rows_each; row > 0; --row) {
      rows.push_back({static_cast<int>(random() % 6), static_cast<int>(random() % 3),
                      static_cast<int>(random() % 2)});
    }
    std::sort(rows.begin(), rows.end());
    const auto same_id = [](const auto& a, const auto& b) { return a[0] == b[0]; };
    rows.erase(std::unique(rows.begin(), rows.end(), same_id), rows.end());
    records[i].order = static_cast<int>(i);
  }
  return records;
}

class WarehouseBatches : public WarehouseConformance {
 protected:
  // Loads the records in batches of at most `most` and returns their fates.
  std::string run(const Target& first, const std::vector<Record>& records, size_t most) {
    execute("DELETE FROM t; DELETE FROM lines");
    std::string fates;
    for (size_t begin = 0; begin < records.size(); begin += most) {
      const size_t size = std::min(most, records.size() - begin);
      fates += load_batch(first, {records.data() + begin, size});
    }
    return fates;
  }

  std::string load_batch(const Target& first, std::span<const Record> records) {
    std::string values, children;
    std::vector<std::string> encoded;
    for (const Record& record : records) {
      const size_t index = encoded.size();
      encoded.push_back(order_of(record.order));
      for (const auto& [id, version, content] : record.rows) {
        const auto add = [&, id = id, version = version, content = content](std::string& to,
                                                                            int number) {
          fmt::format_to(std::back_inserter(to), "{}({}, {}, {}, 'v{}c{}')", to.empty() ? "" : ", ",
                         index, id, number, version, content);
        };
        add(values, version);
        for (int line = 0; line <= version; ++line) {
          add(children, line);
        }
      }
    }
    const Target second = lines();
    auto transaction = begin();
    std::vector<Written> written(records.size(), Written::Nothing);
    auto done = transaction->write_first(rows(first, values), encoded, written);
    EXPECT_TRUE(done.ok()) << done.error().message;
    done = transaction->write_next(rows(second, children), encoded, written);
    EXPECT_TRUE(done.ok()) << done.error().message;
    commit(*transaction);
    std::string fates = letters(written);
    std::replace(fates.begin(), fates.end(), 'O', 'N');  // both are loaded
    return fates;
  }
  std::string tables() {
    return show("SELECT id, ver, v FROM t ORDER BY 1, 2, 3") + "\n--\n" +
           show("SELECT * FROM lines ORDER BY 1, 2, 3");
  }
};
INSTANTIATE_TEST_SUITE_P(All, WarehouseBatches, ::testing::ValuesIn(warehouse_benches()),
                         bench_name);

// proves: batches-do-not-matter | each | each | first-run
TEST_P(WarehouseBatches, OfInsertsDoNotMatter) {
  Target first = versions();
  first.mode = LoadMode::Insert;
  first.version = -1;
  prepare(first);
  prepare(lines());
  std::mt19937 random(1);
  for (int round = 0; round < 6; ++round) {
    const auto records = random_records(random, static_cast<size_t>(1 + round % 3));
    const std::string fates = run(first, records, 1), expected = tables();
    for (size_t most : {5, 24}) {
      EXPECT_EQ(run(first, records, most), fates) << round << " " << most;
      EXPECT_EQ(tables(), expected) << round << " " << most;
    }
  }
}

// proves: batches-do-not-matter, newest-wins | each | each | first-run, resume
TEST_P(WarehouseBatches, OfUpsertsDoNotMatterNorDoesTheirOrder) {
  prepare(versions());
  prepare(lines());
  std::mt19937 random(2);
  for (int round = 0; round < 6; ++round) {
    auto records = random_records(random, static_cast<size_t>(1 + round % 3));
    const std::string fates = run(versions(), records, 1), expected = tables();
    for (size_t most : {5, 24}) {
      EXPECT_EQ(run(versions(), records, most), fates) << round << " " << most;
      EXPECT_EQ(tables(), expected) << round << " " << most;
    }
    std::shuffle(records.begin(), records.end(), random);
    run(versions(), records, 1 + random() % 24);
    EXPECT_EQ(tables(), expected) << round;
  }
}

}  // namespace
}  // namespace clearwell::warehouses
