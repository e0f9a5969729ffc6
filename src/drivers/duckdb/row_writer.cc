#include "drivers/duckdb/row_writer.h"

#include "base/result.h"

namespace clearwell::duckdb {

Column RowWriter::next() {
  if (column_ == 0) {
    if (chunks_.empty() || row_ + 1 == chunk_rows) {
      if (!chunks_.empty()) chunks_.back().set_rows(chunk_rows);
      chunks_.emplace_back(schema_);
      columns_.clear();
      for (size_t i = 0; i < schema_.size(); ++i) columns_.push_back(chunks_.back().column(i));
      row_ = 0;
    } else {
      ++row_;
    }
    ++rows_;
  }
  Column column = columns_[column_];
  column_ = (column_ + 1) % schema_.size();
  return column;
}

RowWriter& RowWriter::text(std::string_view value) {
  next().set_text_copy(row_, value);
  return *this;
}

RowWriter& RowWriter::text_or_null(const std::optional<std::string>& value) {
  return value ? text(std::string_view(*value)) : null();
}

RowWriter& RowWriter::integer(int64_t value) {
  const bool narrow = schema_[column_].type.id == TypeId::Int32;
  Column column = next();
  if (narrow) {
    column.data<int32_t>()[row_] = static_cast<int32_t>(value);
  } else {
    column.data<int64_t>()[row_] = value;
  }
  return *this;
}

RowWriter& RowWriter::boolean(bool value) {
  next().data<uint8_t>()[row_] = value ? 1 : 0;
  return *this;
}

RowWriter& RowWriter::texts(const std::vector<std::string>& values) {
  const size_t index = column_;
  Column list = next();
  const uint64_t offset = list.list_size();
  list.resize_list(offset + values.size());
  list.data<ListEntry>()[row_] = {offset, values.size()};
  Column child = list.child();
  for (size_t i = 0; i < values.size(); ++i) child.set_text_copy(offset + i, values[i]);
  columns_[index] = list;
  return *this;
}

RowWriter& RowWriter::null() {
  const size_t index = column_;
  Column column = next();
  column.set_null(row_);
  columns_[index] = column;
  return *this;
}

const std::vector<Chunk>& RowWriter::finish() {
  CW_ASSERT(column_ == 0);
  if (!chunks_.empty()) chunks_.back().set_rows(row_ + 1);
  return chunks_;
}

std::vector<Chunk> RowWriter::take() {
  finish();
  columns_.clear();
  row_ = rows_ = 0;
  return std::exchange(chunks_, {});
}

}  // namespace clearwell::duckdb
