// KeyFilter: "this key has never been seen", answered without touching the table.
//
// A set of key hashes in memory, rebuilt from the key column when the warehouse is opened and
// taught before each commit. A false "perhaps" (two keys that look alike, or a key whose
// transaction was rolled back) costs one look-up in the table; a false "never" cannot happen.
//
// Of each hash 44 bits count: 12 name one of 4096 shards, 32 are kept in its slots. A shard of n
// keys takes a strange key for a known one in n of 2^32 cases: with 10 M keys 1 look-up in 1.7 M
// is in vain, with 100 M 1 in 170 000. 4 bytes a slot, shards three fifths to three quarters full:
// 10 M keys take 53–66 MB. Shards grow one at a time, so that growing neither stalls a batch nor
// doubles the memory at once. A Bloom filter would take 20 MB, but at 1 % false answers every
// batch of 10 000 keys would read the key column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clearwell::warehouses {

class KeyFilter {
 public:
  KeyFilter() : shards_(shard_count) {}

  void insert(uint64_t hash);
  bool may_contain(uint64_t hash) const;
  // Fetches into the CPU's cache what insert and may_contain of this hash will read: with many
  // keys each of them waits for memory, unless it is asked for a few keys ahead.
  void prefetch(uint64_t hash) const;
  // Room for `keys` more, so that teaching it many does not grow each shard step by step.
  void reserve(size_t keys);
  size_t size() const { return size_; }
  void clear();

 private:
  static constexpr size_t shard_count = 4096;
  struct Shard {
    std::vector<uint32_t> slots;  // 0: empty
    size_t used = 0;
  };
  static void grow(Shard& shard, size_t slots);

  std::vector<Shard> shards_;
  size_t size_ = 0;
};

}  // namespace clearwell::warehouses
