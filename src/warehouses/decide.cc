#include "warehouses/decide.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace clearwell::warehouses {

std::vector<size_t> by_record(const Incoming& rows) {
  std::vector<size_t> order(rows.record.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto earlier = [&](size_t a, size_t b) { return rows.record[a] < rows.record[b]; };
  if (!std::is_sorted(order.begin(), order.end(), earlier)) {
    std::stable_sort(order.begin(), order.end(), earlier);
  }
  return order;
}

namespace {

// Inserts the rows order[begin..end) of one record, or none of them.
class RecordInsert {
 public:
  RecordInsert(const Incoming& rows, StoredContent& seen, Decision& decision)
      : rows_(rows), seen_(seen), decision_(decision) {}

  Written insert(std::span<const size_t> order) {
    std::vector<size_t> fresh;
    for (size_t row : order) {
      const auto [place, is_new] = seen_.try_emplace(rows_.key[row], rows_.content[row]);
      if (is_new) {
        fresh.push_back(row);
      } else if (place->second != rows_.content[row]) {
        decision_.conflicts.push_back(row);
        for (size_t taken : fresh) seen_.erase(rows_.key[taken]);
        return Written::Conflict;
      }
    }
    for (size_t row : fresh) decision_.actions[row] = Action::Insert;
    return fresh.empty() ? Written::Duplicate : Written::New;
  }

 private:
  const Incoming& rows_;
  StoredContent& seen_;
  Decision& decision_;
};

}  // namespace

Decision decide_insert(const Incoming& rows, const StoredContent& stored,
                       std::vector<Written>& written) {
  Decision decision;
  decision.actions.assign(rows.record.size(), Action::None);
  StoredContent seen = stored;
  RecordInsert record(rows, seen, decision);
  const std::vector<size_t> order = by_record(rows);
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && rows.record[order[end]] == rows.record[order[begin]]) ++end;
    const std::span<const size_t> own(order.data() + begin, end - begin);
    written[rows.record[order[begin]]] = record.insert(own);
    begin = end;
  }
  return decision;
}

}  // namespace clearwell::warehouses
