// Chunk: up to 2048 rows of typed columns in DuckDB's own memory layout; Column: a view of one of
// them to write into or read from. Decoders write chunks, the engine hands them to SQL without a
// copy (relation.h), and warehouses read the chunks that SQL returns (connection.h).
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "drivers/duckdb/types.h"

namespace clearwell::duckdb {

inline constexpr size_t chunk_rows = 2048;

struct Hugeint {
  uint64_t lower;
  int64_t upper;
  bool operator==(const Hugeint&) const = default;
};

struct ListEntry {
  uint64_t offset;  // of the first element in the child column
  uint64_t length;
};

// DuckDB's 16-byte string: up to 12 bytes inline, else a 4-byte prefix and a pointer. Made by
// make_string_ref it does NOT own its bytes: they must live as long as the chunk is used.
struct StringRef {
  uint32_t length;
  char head[4];
  union {
    const char* pointer;
    char tail[8];
  };

  std::string_view view() const {
    return length <= 12 ? std::string_view(head, length) : std::string_view(pointer, length);
  }
};
static_assert(sizeof(StringRef) == 16);

inline StringRef make_string_ref(std::string_view text) {
  StringRef ref;
  std::memset(&ref, 0, sizeof ref);
  ref.length = static_cast<uint32_t>(text.size());
  if (text.size() <= 12) {
    // head and tail are adjacent: the inline form is one run of 12 bytes after the length.
    if (!text.empty()) std::memcpy(reinterpret_cast<char*>(&ref) + 4, text.data(), text.size());
  } else {
    std::memcpy(ref.head, text.data(), 4);
    ref.pointer = text.data();
  }
  return ref;
}

// A borrowed view of one vector. Cheap to copy; valid while its chunk lives and, for the child of a
// list, until the next reserve() on that child (then call list.child() again).
class Column {
 public:
  Column() = default;
  explicit Column(void* vector);  // a duckdb_vector

  template <typename T>
  T* data() const {
    return static_cast<T*>(data_);
  }
  bool is_valid(uint64_t row) const {
    return validity_ == nullptr || (validity_[row >> 6] >> (row & 63) & 1) != 0;
  }
  // Makes the row NULL. For a Struct its members must be made NULL too (set_null does it).
  void set_null(uint64_t row);
  // Undoes set_null on a column that has no members.
  void set_valid(uint64_t row) const {
    if (validity_ != nullptr) validity_[row >> 6] |= uint64_t{1} << (row & 63);
  }
  void set_text(uint64_t row, std::string_view text) const {  // not copied, see StringRef
    data<StringRef>()[row] = make_string_ref(text);
  }
  // Copies the bytes into memory owned by the vector.
  void set_text_copy(uint64_t row, std::string_view text) const;
  std::string_view text(uint64_t row) const { return data<StringRef>()[row].view(); }

  Column child() const;                // List: the elements of all rows, one after another
  Column field(uint64_t index) const;  // Struct
  uint64_t list_size() const;          // List: elements in child()
  // List: makes room for `elements` in all and sets the child's size to it. Pointers of Columns got
  // from child() before are void afterwards.
  void resize_list(uint64_t elements);

  void* handle() const { return vector_; }

 private:
  void* vector_ = nullptr;
  void* data_ = nullptr;
  uint64_t* validity_ = nullptr;
};

// Where a column stands: its index, then, for a member of a Struct in it, the index of the member
// on each level.
using ColumnPath = std::vector<size_t>;

// Name and type of the column there. REQUIRES: the path is one of this schema.
ColumnSchema column_at(const Schema& schema, const ColumnPath& path);

// Owns one duckdb_data_chunk. Movable; a moved-from chunk is empty.
class Chunk {
 public:
  Chunk() = default;
  explicit Chunk(const Schema& schema);         // an empty chunk to write into
  static Chunk adopt(void* duckdb_data_chunk);  // takes ownership

  size_t rows() const;
  void set_rows(size_t rows);  // <= chunk_rows
  size_t columns() const;
  Column column(size_t index) const;
  Column column(const ColumnPath& path) const;
  void* handle() const { return handle_.get(); }
  explicit operator bool() const { return handle_ != nullptr; }

  // A chunk of schema `base` + `extra`, whose first columns share the memory of this chunk (by
  // reference count) and whose extra ones are new, to be written. Same number of rows.
  Chunk extend(const Schema& base, const Schema& extra) const;

 private:
  struct Destroy {
    void operator()(void* chunk) const;
  };
  std::unique_ptr<void, Destroy> handle_;
};

// Rows in order, any number of chunks: a decoded batch, or the whole result of a query.
struct Rows {
  Schema schema;
  std::vector<Chunk> chunks;

  size_t size() const {
    size_t rows = 0;
    for (const Chunk& chunk : chunks) rows += chunk.rows();
    return rows;
  }
  // Index of a column, or -1.
  int find(std::string_view name) const;

  // A copy of the rows for which keep[row] is true, and of these columns only.
  Rows select(const std::vector<bool>& keep, const std::vector<size_t>& columns) const;
  // The same for members of Structs: each becomes a column of its own, named like the member.
  Rows select(const std::vector<bool>& keep, const std::vector<ColumnPath>& paths) const;

  // Frees the memory of all columns but these, which keep their indexes. The others become columns
  // of booleans without meaning.
  void keep_only(const std::vector<size_t>& columns);
};

}  // namespace clearwell::duckdb
