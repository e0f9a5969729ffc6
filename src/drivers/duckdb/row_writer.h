// RowWriter: rows built value by value, for the small tables of our own (quarantine, lanes …).
// Bulk data never goes through it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "drivers/duckdb/column.h"

namespace clearwell::duckdb {

// Values are given column by column, left to right; every column of every row must be given.
class RowWriter {
 public:
  explicit RowWriter(Schema schema) : schema_(std::move(schema)) {}

  RowWriter& text(std::string_view value);  // Text, Json, Blob; copied
  RowWriter& text_or_null(const std::optional<std::string>& value);
  RowWriter& integer(int64_t value);  // Integer, Timestamp, TimestampTz; also Int32
  RowWriter& boolean(bool value);
  RowWriter& texts(const std::vector<std::string>& values);  // List of Text
  RowWriter& null();

  size_t rows() const { return rows_; }
  // The finished chunks; valid while this writer lives and is not written to.
  const std::vector<Chunk>& finish();
  // Hands the finished chunks over; the writer is empty afterwards.
  std::vector<Chunk> take();

 private:
  Column next();  // the cell to write is row `row_` of it

  Schema schema_;
  std::vector<Chunk> chunks_;
  std::vector<Column> columns_;  // of the last chunk
  size_t column_ = 0;
  size_t row_ = 0;   // in the last chunk
  size_t rows_ = 0;  // begun in all
};

}  // namespace clearwell::duckdb
