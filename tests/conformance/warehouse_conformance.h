// What every warehouse promises, whatever database it is: the suites beside this file run for each
// bench, and each warehouse that open() knows must have one (warehouse_conformance_test.cc).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/base/temp_folder.h"
#include "tests/unit/drivers/postgres_cluster.h"
#include "tests/unit/drivers/sql_rows.h"
#include "warehouses/warehouse.h"

namespace clearwell::warehouses {

using config::LoadMode;
using testing::rows_of;
using testing::show_any;
using testing::show_rows;

// SQL in the suites is what both databases understand; where they spell a type or keep it
// otherwise, the bench says how.
struct WarehouseBench {
  std::string scheme;
  // Of an empty warehouse, the same at each call for a folder.
  std::function<std::string(const std::string& folder)> url;
  // How it names a type, and what columns of that type are when read back.
  std::function<std::string(const duckdb::Type&)> type_name;
  std::function<duckdb::Type(const duckdb::Type&)> kept_as;
};
inline void PrintTo(const WarehouseBench& bench, std::ostream* out) { *out << bench.scheme; }

inline std::vector<WarehouseBench> warehouse_benches() {
  // A database of the test program's own server.
  const auto database = [](const std::string& folder) {
    return testing::PostgresCluster::instance().emptied_for(folder);
  };
  return {{"duckdb:", [](const std::string& folder) { return "duckdb:" + folder + "/w.duckdb"; },
           [](const duckdb::Type& type) { return duckdb::to_sql(type); },
           [](const duckdb::Type& type) { return type; }},
          {"postgres:", database, postgres::type_name, postgres::kept_as}};
}

inline std::string bench_name(const ::testing::TestParamInfo<WarehouseBench>& info) {
  return info.param.scheme.substr(0, info.param.scheme.size() - 1);
}

// The encoded order of the n-th record of a source.
inline std::string order_of(int64_t n) { return batch::encode_order({n, 0, ""}); }

class WarehouseConformance : public ::testing::TestWithParam<WarehouseBench> {
 protected:
  void SetUp() override { reopen(); }

  Result<std::unique_ptr<Warehouse>> open_again(Access access) {
    return open({GetParam().url(folder_.path()), folder_.path()}, {}, access);
  }
  void reopen() {
    warehouse_.reset();
    auto opened = open_again(Access::Write);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    warehouse_ = std::move(opened).value();
  }

  // `columns`: a select list of values, whose names and types are the target's columns.
  static Target target(const std::string& table, const std::string& columns,
                       std::vector<size_t> key = {}, LoadMode mode = LoadMode::Insert) {
    Target out;
    out.pipeline = "p";
    out.table = table;
    out.columns = rows_of("SELECT " + columns).schema;
    out.key = std::move(key);
    out.mode = mode;
    out.first = true;
    return out;
  }
  // id, v
  static Target pairs(LoadMode mode = LoadMode::Insert) {
    return target("t", "0::BIGINT AS id, '' AS v", {0}, mode);
  }
  // id, version, v: upserted by version
  static Target versions() {
    Target out = target("t", "0::BIGINT AS id, 0::BIGINT AS ver, '' AS v", {0}, LoadMode::Upsert);
    out.version = 1;
    return out;
  }
  // id, line, v: rows that belong to those of t
  static Target lines() {
    Target out = target("lines", "0::BIGINT AS id, 0::BIGINT AS line, '' AS v", {0, 1});
    out.first = false;
    out.parent_key = {0};
    return out;
  }

  // `values`: rows of VALUES, each its record and then the target's columns; empty: no row.
  static LoadRows rows(const Target& target, const std::string& values) {
    std::string names = "c", casts = "c::BIGINT AS _record", any = "(0";
    for (size_t i = 0; i < target.columns.size(); ++i) {
      const std::string name = "c" + std::to_string(i);
      names += ", " + name;
      any += ", NULL";
      casts += ", CAST(" + name + " AS " + duckdb::to_sql(target.columns[i].type) + ") AS " +
               duckdb::quote_name(target.columns[i].name);
    }
    const bool none = values.empty();
    return {&target, rows_of("SELECT " + casts + " FROM (VALUES " + (none ? any + ")" : values) +
                             ") t(" + names + ")" + (none ? " WHERE false" : ""))};
  }

  void prepare(const Target& target) {
    const auto done = warehouse_->prepare(target);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  void execute(const std::string& sql) {
    const auto done = warehouse_->execute(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  std::unique_ptr<Transaction> begin() {
    auto transaction = warehouse_->begin();
    EXPECT_TRUE(transaction.ok());
    return std::move(transaction).value();
  }
  static void commit(Transaction& transaction) {
    const auto done = transaction.commit();
    ASSERT_TRUE(done.ok()) << done.error().message;
  }

  static std::vector<std::string> orders(size_t records, int64_t first = 1) {
    std::vector<std::string> out;
    for (size_t i = 0; i < records; ++i) out.push_back(order_of(first + static_cast<int64_t>(i)));
    return out;
  }

  // One letter a record: New, Duplicate, Superseded, Conflict, Outrun, Missing, X for Deleted, -
  // for Nothing.
  static std::string letters(const std::vector<Written>& written) {
    std::string out;
    for (Written one : written) out += "-NDSCOMX"[static_cast<size_t>(one)];
    return out;
  }

  // Writes the first load of records 0..count-1, ordered from `order` on.
  static std::string write(Transaction& transaction, const Target& target,
                           const std::string& values, size_t count, int64_t order = 1) {
    std::vector<Written> written(count, Written::Nothing);
    const auto done = transaction.write_first(rows(target, values), orders(count, order), written);
    return done.ok() ? letters(written) : done.error().message;
  }
  std::string load(const Target& target, const std::string& values, size_t count,
                   int64_t order = 1) {
    auto transaction = begin();
    const std::string out = write(*transaction, target, values, count, order);
    commit(*transaction);
    return out;
  }

  // A load and a later one beside it.
  struct Both {
    const Target& first;
    const Target& second;
  };
  std::string load(const Both& both, const std::string& values, const std::string& more,
                   size_t count, int64_t order = 1) {
    auto transaction = begin();
    std::vector<Written> written(count, Written::Nothing);
    const auto encoded = orders(count, order);
    auto done = transaction->write_first(rows(both.first, values), encoded, written);
    if (done.ok()) done = transaction->write_next(rows(both.second, more), encoded, written);
    if (!done.ok()) return done.error().message;
    commit(*transaction);
    return letters(written);
  }

  // Rows as text, "NULL" for NULL.
  std::string show(const std::string& select) {
    auto found = warehouse_->query(select);
    return found.ok() ? show_any(*found) : found.error().message;
  }
  // The name of a type in the warehouse's SQL.
  static std::string sql_type(duckdb::TypeId id) {
    return GetParam().type_name(duckdb::simple(id));
  }

  TempFolder folder_;
  std::unique_ptr<Warehouse> warehouse_;
};

}  // namespace clearwell::warehouses
