#include "warehouses/duckdb/key_filter.h"

namespace clearwell::warehouses {
namespace {

// 0 marks an empty slot, so the hash 0 is kept as 1: at worst one false "perhaps".
uint64_t stored(uint64_t hash) { return hash == 0 ? 1 : hash; }
size_t shard_of(uint64_t hash) { return hash >> 56; }

// The slot that holds `hash`, or the empty one where it belongs. REQUIRES: an empty slot.
size_t find(const std::vector<uint64_t>& slots, uint64_t hash) {
  const size_t mask = slots.size() - 1;
  size_t at = hash & mask;
  while (slots[at] != 0 && slots[at] != hash) at = (at + 1) & mask;
  return at;
}

}  // namespace

void KeyFilter::insert(uint64_t hash) {
  hash = stored(hash);
  Shard& shard = shards_[shard_of(hash)];
  if ((shard.used + 1) * 4 > shard.slots.size() * 3) grow(shard);
  uint64_t& slot = shard.slots[find(shard.slots, hash)];
  if (slot == hash) return;
  slot = hash;
  ++shard.used;
  ++size_;
}

bool KeyFilter::may_contain(uint64_t hash) const {
  hash = stored(hash);
  const Shard& shard = shards_[shard_of(hash)];
  return !shard.slots.empty() && shard.slots[find(shard.slots, hash)] == hash;
}

void KeyFilter::clear() {
  for (Shard& shard : shards_) shard = Shard{};
  size_ = 0;
}

void KeyFilter::grow(Shard& shard) {
  std::vector<uint64_t> bigger(shard.slots.empty() ? 16 : shard.slots.size() * 2);
  for (uint64_t hash : shard.slots) {
    if (hash != 0) bigger[find(bigger, hash)] = hash;
  }
  shard.slots.swap(bigger);
}

}  // namespace clearwell::warehouses
