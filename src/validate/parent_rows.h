// Rows of parent tables: those that are stored, and those that the batch itself brings.
//
// A record finds what it would find if each record came in a batch of its own: of the batch's rows
// only those of records delivered before it count. Of several rows of a key the first one stays,
// or, where the table takes newer versions, the newest one does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "validate/cell.h"

namespace clearwell::validate {

struct Parent {
  static constexpr uint32_t stored = UINT32_MAX;
  std::vector<Cell> taken;
  std::string tuple;         // of its version, as tuples compare; empty: none, older than any
  uint32_t record = stored;  // of this batch, or in the table
};

struct TransparentHash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};
template <typename Value>
using KeyMap = std::unordered_map<std::string, Value, TransparentHash, std::equal_to<>>;

// Rows of the batch, by key.
class BatchRows {
 public:
  bool empty() const { return rows_.empty(); }
  void clear();
  void add(std::string key, Parent parent);

  // What `record` finds: `stored` is the table's row, or null; the answer too. `latest`: the table
  // takes newer versions of a key.
  const Parent* find(std::string_view key, uint32_t record, const Parent* stored, bool latest);

 private:
  // By record; only rows that win over those before them, once they are arranged.
  struct Rows {
    std::vector<Parent> parents;
    bool arranged = true;
  };
  static void arrange(Rows& rows, bool latest);

  KeyMap<Rows> rows_;
};

}  // namespace clearwell::validate
