#include "sources/files/ledger.h"

#include <cstring>
#include <utility>

namespace clearwell::sources::files {
namespace {

constexpr batch::FileMark free_slot{};
constexpr size_t first_slots = 16;

// The slot at which to begin: the mark's share of 2^64, scaled to the table's size.
size_t home(const batch::FileMark& mark, size_t slots) {
  uint64_t hash = 0;
  std::memcpy(&hash, mark.data() + 1, sizeof hash);
  __extension__ using Wide = unsigned __int128;
  return static_cast<size_t>(static_cast<Wide>(hash) * slots >> 64);
}

}  // namespace

// Slot of the mark, or the free one where it belongs. REQUIRES: a free slot.
size_t Ledger::find(const Table& table, const Mark& mark) {
  size_t slot = home(mark, table.slots.size());
  while (table.slots[slot] != mark && table.slots[slot] != free_slot) {
    if (++slot == table.slots.size()) slot = 0;
  }
  return slot;
}

void Ledger::grow(Table& table, size_t slots) {
  Table larger{std::vector<Mark>(slots), table.used};
  for (const Mark& mark : table.slots) {
    if (mark != free_slot) larger.slots[find(larger, mark)] = mark;
  }
  table = std::move(larger);
}

void Ledger::reserve(size_t marks) {
  const size_t slots = marks / tables_.size() * 4 / 3 + first_slots;
  for (Table& table : tables_) {
    if (table.slots.size() < slots) grow(table, slots);
  }
}

bool Ledger::insert(const Mark& mark) {
  if (mark == free_slot) {
    size_ += has_zero_ ? 0 : 1;
    return !std::exchange(has_zero_, true);
  }
  Table& table = tables_[mark[0]];
  if (table.slots.empty()) table.slots.resize(first_slots);
  if ((table.used + 1) * 5 > table.slots.size() * 4) grow(table, table.slots.size() * 5 / 4 + 1);
  Mark& slot = table.slots[find(table, mark)];
  if (slot == mark) return false;
  slot = mark;
  ++table.used;
  ++size_;
  return true;
}

bool Ledger::contains(const Mark& mark) const {
  if (mark == free_slot) return has_zero_;
  const Table& table = tables_[mark[0]];
  return !table.slots.empty() && table.slots[find(table, mark)] == mark;
}

size_t Ledger::memory() const {
  size_t bytes = sizeof *this;
  for (const Table& table : tables_) bytes += table.slots.capacity() * sizeof(Mark);
  return bytes;
}

}  // namespace clearwell::sources::files
