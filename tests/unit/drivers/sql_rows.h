// Rows made by SQL and shown as text: the shortest way to columns of any type in a test.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "drivers/duckdb/connection.h"

namespace clearwell::testing {

inline duckdb::Connection memory_connection() {
  auto database = duckdb::Database::open({});
  EXPECT_TRUE(database.ok());
  auto connection = database->connect();
  EXPECT_TRUE(connection.ok());
  return std::move(connection).value();
}

inline duckdb::Rows rows_of(duckdb::Connection& connection, const std::string& sql) {
  auto rows = connection.query(sql);
  if (!rows.ok()) {
    ADD_FAILURE() << sql << "\n" << rows.error().message;
    return {};
  }
  return std::move(rows).value();
}

// On a database in memory that all tests share.
inline duckdb::Rows rows_of(const std::string& sql) {
  // Never closed: at the exit of the program DuckDB's own statics may have gone before it.
  static auto& connection = *new duckdb::Connection(memory_connection());
  return rows_of(connection, sql);
}

// Makes every column of a SELECT text, NULL as "NULL".
inline std::string as_texts(const std::string& select) {
  return "SELECT coalesce(CAST(COLUMNS(*) AS VARCHAR), 'NULL') FROM (" + select + ")";
}

// "1|a\n2|NULL": rows of text columns.
inline std::string show_rows(const duckdb::Rows& rows) {
  std::string out;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t row = 0; row < chunk.rows(); ++row) {
      if (!out.empty()) out += '\n';
      for (size_t i = 0; i < rows.schema.size(); ++i) {
        out += (i > 0 ? "|" : "") + std::string(chunk.column(i).text(row));
      }
    }
  }
  return out;
}

inline std::string show_query(duckdb::Connection& connection, const std::string& select) {
  return show_rows(rows_of(connection, as_texts(select)));
}

// Rows of columns of any types, as DuckDB writes their values; NULL as "NULL".
inline std::string show_any(const duckdb::Rows& rows) {
  static auto& connection = *new duckdb::Connection(memory_connection());
  duckdb::Schema schema = rows.schema;
  for (size_t i = 0; i < schema.size(); ++i) schema[i].name = "c" + std::to_string(i);
  auto relation = connection.add_relation("shown", schema);
  EXPECT_TRUE(relation.ok());
  relation->set(&rows.chunks);
  return show_query(connection, "FROM shown");
}

}  // namespace clearwell::testing
