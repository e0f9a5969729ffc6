#include "drivers/duckdb/column.h"

#include <duckdb.h>

#include "base/result.h"
#include "drivers/duckdb/internal.h"

namespace clearwell::duckdb {
namespace {

duckdb_vector as_vector(void* handle) { return static_cast<duckdb_vector>(handle); }
duckdb_data_chunk as_chunk(void* handle) { return static_cast<duckdb_data_chunk>(handle); }

// Number of members if the vector is a struct, else 0.
uint64_t struct_members(duckdb_vector vector) {
  LogicalType type(duckdb_vector_get_column_type(vector));
  if (duckdb_get_type_id(type.get()) != DUCKDB_TYPE_STRUCT) return 0;
  return duckdb_struct_type_child_count(type.get());
}

}  // namespace

Column::Column(void* vector)
    : vector_(vector),
      data_(duckdb_vector_get_data(as_vector(vector))),
      validity_(duckdb_vector_get_validity(as_vector(vector))) {}

void Column::set_null(uint64_t row) {
  if (validity_ == nullptr) {
    duckdb_vector_ensure_validity_writable(as_vector(vector_));
    validity_ = duckdb_vector_get_validity(as_vector(vector_));
  }
  validity_[row >> 6] &= ~(uint64_t{1} << (row & 63));
  // A struct's data pointer is null; its members would otherwise hold whatever was there before.
  if (data_ == nullptr) {
    for (uint64_t i = 0, n = struct_members(as_vector(vector_)); i < n; ++i) field(i).set_null(row);
  }
}

void Column::set_text_copy(uint64_t row, std::string_view text) const {
  duckdb_vector_assign_string_element_len(as_vector(vector_), row, text.data(), text.size());
}

Column Column::child() const { return Column(duckdb_list_vector_get_child(as_vector(vector_))); }

Column Column::field(uint64_t index) const {
  return Column(duckdb_struct_vector_get_child(as_vector(vector_), index));
}

uint64_t Column::list_size() const { return duckdb_list_vector_get_size(as_vector(vector_)); }

void Column::resize_list(uint64_t elements) {
  const bool done = duckdb_list_vector_reserve(as_vector(vector_), elements) == DuckDBSuccess &&
                    duckdb_list_vector_set_size(as_vector(vector_), elements) == DuckDBSuccess;
  CW_ASSERT(done);
}

Chunk::Chunk(const Schema& schema) {
  std::vector<LogicalType> owned;
  std::vector<duckdb_logical_type> types;
  for (const ColumnSchema& column : schema) {
    owned.push_back(to_logical(column.type));
    types.push_back(owned.back().get());
  }
  handle_.reset(duckdb_create_data_chunk(types.data(), types.size()));
  CW_ASSERT(handle_ != nullptr);
}

Chunk Chunk::adopt(void* duckdb_data_chunk) {
  Chunk chunk;
  chunk.handle_.reset(duckdb_data_chunk);
  return chunk;
}

void Chunk::Destroy::operator()(void* chunk) const {
  duckdb_data_chunk handle = as_chunk(chunk);
  duckdb_destroy_data_chunk(&handle);
}

size_t Chunk::rows() const { return duckdb_data_chunk_get_size(as_chunk(handle_.get())); }

void Chunk::set_rows(size_t rows) {
  CW_ASSERT(rows <= chunk_rows);
  duckdb_data_chunk_set_size(as_chunk(handle_.get()), rows);
}

size_t Chunk::columns() const {
  return duckdb_data_chunk_get_column_count(as_chunk(handle_.get()));
}

Column Chunk::column(size_t index) const {
  return Column(duckdb_data_chunk_get_vector(as_chunk(handle_.get()), index));
}

Column Chunk::column(const ColumnPath& path) const {
  Column out = column(path.front());
  for (size_t level = 1; level < path.size(); ++level) out = out.field(path[level]);
  return out;
}

ColumnSchema column_at(const Schema& schema, const ColumnPath& path) {
  ColumnSchema out = schema[path.front()];
  for (size_t level = 1; level < path.size(); ++level) {
    ColumnSchema member{out.type.names[path[level]], out.type.children[path[level]]};
    out = std::move(member);
  }
  return out;
}

Chunk Chunk::extend(const Schema& base, const Schema& extra) const {
  Schema all = base;
  all.insert(all.end(), extra.begin(), extra.end());
  Chunk out(all);
  for (size_t i = 0; i < base.size(); ++i) {
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(as_chunk(out.handle_.get()), i),
                                   duckdb_data_chunk_get_vector(as_chunk(handle_.get()), i));
  }
  out.set_rows(rows());
  return out;
}

int Rows::find(std::string_view name) const {
  for (size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

namespace {

class Selection {
 public:
  Selection() : handle_(duckdb_create_selection_vector(chunk_rows)) {}
  ~Selection() { duckdb_destroy_selection_vector(handle_); }
  sel_t* data() { return duckdb_selection_vector_get_data_ptr(handle_); }
  duckdb_selection_vector get() { return handle_; }

 private:
  duckdb_selection_vector handle_;
};

}  // namespace

Rows Rows::select(const std::vector<bool>& keep, const std::vector<size_t>& columns) const {
  std::vector<ColumnPath> paths;
  for (size_t index : columns) paths.push_back({index});
  return select(keep, paths);
}

Rows Rows::select(const std::vector<bool>& keep, const std::vector<ColumnPath>& paths) const {
  Rows out;
  for (const ColumnPath& path : paths) out.schema.push_back(column_at(schema, path));
  Selection selection;
  size_t base = 0;
  for (const Chunk& chunk : chunks) {
    sel_t kept = 0;
    for (size_t row = 0; row < chunk.rows(); ++row) {
      if (keep[base + row]) selection.data()[kept++] = static_cast<sel_t>(row);
    }
    base += chunk.rows();
    if (kept == 0) continue;
    Chunk copy(out.schema);
    for (size_t i = 0; i < paths.size(); ++i) {
      duckdb_vector_copy_sel(static_cast<duckdb_vector>(chunk.column(paths[i]).handle()),
                             static_cast<duckdb_vector>(copy.column(i).handle()), selection.get(),
                             kept, 0, 0);
    }
    copy.set_rows(kept);
    out.chunks.push_back(std::move(copy));
  }
  return out;
}

void Rows::keep_only(const std::vector<size_t>& columns) {
  Schema left(schema.size(), {"", simple(TypeId::Boolean)});
  for (size_t column : columns) left[column] = schema[column];
  for (Chunk& chunk : chunks) {
    Chunk smaller(left);
    for (size_t column : columns) {
      duckdb_vector_reference_vector(static_cast<duckdb_vector>(smaller.column(column).handle()),
                                     static_cast<duckdb_vector>(chunk.column(column).handle()));
    }
    smaller.set_rows(chunk.rows());
    chunk = std::move(smaller);
  }
  schema = std::move(left);
}

}  // namespace clearwell::duckdb
