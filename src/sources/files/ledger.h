// A set of file marks that stays small: 10 million files are done, and each must be known again.
//
// The marks lie in 256 tables with open addressing and linear probing. A mark is a hash already:
// its first byte chooses the table, the next eight the slot. A table grows by a quarter when it is
// 80 % full, so a mark takes 16 / 0.8 to 16 / 0.64 = 20 to 25 bytes, and growing copies one table
// of 256 at a time. (A std::unordered_set takes 56, one table with doubling up to 40 and both
// copies while it grows.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "batch/record.h"

namespace clearwell::sources::files {

class Ledger {
 public:
  using Mark = batch::FileMark;

  // Makes room for so many marks.
  void reserve(size_t marks);
  // False when it was there already.
  bool insert(const Mark& mark);
  bool contains(const Mark& mark) const;
  size_t size() const { return size_; }
  size_t memory() const;  // bytes

 private:
  struct Table {
    std::vector<Mark> slots;  // all zero: free
    size_t used = 0;
  };
  static size_t find(const Table& table, const Mark& mark);
  static void grow(Table& table, size_t slots);

  std::array<Table, 256> tables_;
  size_t size_ = 0;
  bool has_zero_ = false;  // the mark that looks like a free slot
};

}  // namespace clearwell::sources::files
