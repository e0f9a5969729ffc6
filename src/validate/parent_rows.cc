#include "validate/parent_rows.h"

#include <algorithm>

namespace clearwell::validate {

void BatchRows::clear() { rows_.clear(); }

void BatchRows::add(std::string key, Parent parent) {
  Rows& rows = rows_[std::move(key)];
  rows.arranged = rows.arranged && rows.parents.empty();
  rows.parents.push_back(std::move(parent));
}

void BatchRows::arrange(Rows& rows, bool latest) {
  rows.arranged = true;
  std::stable_sort(rows.parents.begin(), rows.parents.end(),
                   [](const Parent& a, const Parent& b) { return a.record < b.record; });
  size_t kept = 1;
  for (size_t i = 1; latest && i < rows.parents.size(); ++i) {
    if (rows.parents[i].tuple < rows.parents[kept - 1].tuple) continue;
    if (i != kept) rows.parents[kept] = std::move(rows.parents[i]);
    ++kept;
  }
  rows.parents.resize(kept);
}

const Parent* BatchRows::find(std::string_view key, uint32_t record, const Parent* stored,
                              bool latest) {
  // Where the first row of a key stays, the batch's would be refused.
  if (stored != nullptr && !latest) return stored;
  const auto found = rows_.find(key);
  if (found == rows_.end()) return stored;
  if (!found->second.arranged) arrange(found->second, latest);
  const std::vector<Parent>& parents = found->second.parents;
  const auto after = std::partition_point(
      parents.begin(), parents.end(), [&](const Parent& parent) { return parent.record < record; });
  if (after == parents.begin()) return stored;
  const Parent& newest = *(after - 1);
  return stored != nullptr && newest.tuple < stored->tuple ? stored : &newest;
}

}  // namespace clearwell::validate
