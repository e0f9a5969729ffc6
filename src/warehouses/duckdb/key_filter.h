// KeyFilter: "this key has never been seen", answered without touching the table.
//
// A set of 64-bit key hashes in memory, rebuilt from the key column when the warehouse is opened
// and taught before each commit. A false "perhaps" (a hash collision, or a key whose transaction
// was rolled back) costs one look-up in the table; a false "never" cannot happen.
//
// 8 bytes a slot at a load of at most 3/4, in 256 shards that grow one at a time, so that growing
// neither stalls a batch nor doubles the memory at once: 10 M keys take 107–160 MB. A Bloom filter
// would take 20 MB, but at 1 % false answers every batch of 10 000 keys would read the key column.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace clearwell::warehouses {

class KeyFilter {
 public:
  void insert(uint64_t hash);
  bool may_contain(uint64_t hash) const;
  size_t size() const { return size_; }
  void clear();

 private:
  struct Shard {
    std::vector<uint64_t> slots;  // 0: empty
    size_t used = 0;
  };
  void grow(Shard& shard);

  std::array<Shard, 256> shards_;
  size_t size_ = 0;
};

}  // namespace clearwell::warehouses
