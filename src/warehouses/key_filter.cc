#include "warehouses/key_filter.h"

#include <algorithm>

namespace clearwell::warehouses {
namespace {

size_t shard_of(uint64_t hash) { return hash & 4095; }

// 0 marks an empty slot, so 0 is kept as 1: at worst one false "perhaps".
uint32_t stored(uint64_t hash) { return std::max(static_cast<uint32_t>(hash >> 12), 1u); }

// Where the search for it begins; any number of slots is used evenly.
size_t home(const std::vector<uint32_t>& slots, uint32_t value) {
  return (uint64_t{value} * slots.size()) >> 32;
}

// The slot that holds `value`, or the empty one where it belongs. REQUIRES: an empty slot.
size_t find(const std::vector<uint32_t>& slots, uint32_t value) {
  size_t at = home(slots, value);
  while (slots[at] != 0 && slots[at] != value) {
    if (++at == slots.size()) at = 0;
  }
  return at;
}

}  // namespace

void KeyFilter::insert(uint64_t hash) {
  const uint32_t value = stored(hash);
  Shard& shard = shards_[shard_of(hash)];
  if ((shard.used + 1) * 4 > shard.slots.size() * 3) {
    grow(shard, std::max(shard.slots.size() * 5 / 4, size_t{16}));
  }
  uint32_t& slot = shard.slots[find(shard.slots, value)];
  if (slot == value) return;
  slot = value;
  ++shard.used;
  ++size_;
}

bool KeyFilter::may_contain(uint64_t hash) const {
  const uint32_t value = stored(hash);
  const Shard& shard = shards_[shard_of(hash)];
  return !shard.slots.empty() && shard.slots[find(shard.slots, value)] == value;
}

void KeyFilter::prefetch(uint64_t hash) const {
  const Shard& shard = shards_[shard_of(hash)];
  if (shard.slots.empty()) return;
  __builtin_prefetch(&shard.slots[home(shard.slots, stored(hash))]);
}

void KeyFilter::clear() {
  for (Shard& shard : shards_) shard = Shard{};
  size_ = 0;
}

void KeyFilter::reserve(size_t keys) {
  for (Shard& shard : shards_) {
    // Keys spread unevenly over the shards: a tenth more than their share.
    const size_t needed = (shard.used + keys / shard_count * 11 / 10) * 4 / 3 + 1;
    if (needed > shard.slots.size()) grow(shard, needed);
  }
}

void KeyFilter::grow(Shard& shard, size_t slots) {
  std::vector<uint32_t> bigger(slots);
  for (uint32_t value : shard.slots) {
    if (value != 0) bigger[find(bigger, value)] = value;
  }
  shard.slots.swap(bigger);
}

}  // namespace clearwell::warehouses
