#include "warehouses/decide.h"

#include <algorithm>
#include <numeric>

#include "base/result.h"
#include "warehouses/version.h"

namespace clearwell::warehouses {
namespace {

// Row numbers sorted by record; rows of one record keep their order.
std::vector<size_t> by_record(const Incoming& rows) {
  std::vector<size_t> order(rows.record.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto earlier = [&](size_t a, size_t b) { return rows.record[a] < rows.record[b]; };
  if (!std::is_sorted(order.begin(), order.end(), earlier)) {
    std::stable_sort(order.begin(), order.end(), earlier);
  }
  return order;
}

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

// The present winner of a key while the rows of a batch are judged one by one.
struct Winner {
  static constexpr size_t stored_row = SIZE_MAX;
  std::string tuple;
  size_t row = stored_row;  // which row of the batch, or the one in the table
  bool in_table = false;    // the table has a row of this key
  bool touched = false;     // the tuple came from a duplicate of the row in the table
  size_t touched_by = 0;
};

// `tuple` has the same declared version and content as `row`: nothing to change but the order.
bool same_content(const Incoming& rows, size_t row, const std::string& tuple) {
  return tuple.compare(0, rows.version[row].size(), rows.version[row]) == 0 &&
         content_of(tuple) == rows.content[row];
}

Written judge(const Incoming& rows, size_t row, Winner& winner) {
  const std::string& tuple = rows.tuple[row];
  const bool first = winner.tuple.empty();
  if (!first && same_content(rows, row, winner.tuple)) {
    if (tuple > winner.tuple) {
      winner.tuple = tuple;
      if (winner.row == Winner::stored_row) {
        winner.touched = true;
        winner.touched_by = row;
      }
    }
    return Written::Duplicate;
  }
  if (!first && tuple < winner.tuple) return Written::Superseded;
  winner.tuple = tuple;
  winner.row = row;
  winner.touched = false;
  return Written::New;
}

// loaded before superseded before duplicate
Written better(Written a, Written b) {
  const auto rank = [](Written w) {
    switch (w) {
      case Written::New:
        return 3;
      case Written::Superseded:
        return 2;
      case Written::Duplicate:
        return 1;
      default:
        return 0;
    }
  };
  return rank(a) >= rank(b) ? a : b;
}

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

Decision decide_upsert(const Incoming& rows, const StoredTuples& stored,
                       std::vector<Written>& written) {
  Decision decision;
  decision.actions.assign(rows.record.size(), Action::None);
  decision.tuples.resize(rows.record.size());
  std::unordered_map<batch::RowHash, Winner> winners;
  for (size_t row : by_record(rows)) {
    const auto [place, is_new] = winners.try_emplace(rows.key[row]);
    if (is_new) {
      const auto found = stored.find(rows.key[row]);
      place->second.in_table = found != stored.end();
      if (found != stored.end()) place->second.tuple = found->second;
    }
    Written& fate = written[rows.record[row]];
    fate = better(judge(rows, row, place->second), fate);
  }
  std::vector<bool> remains(written.size(), false);
  for (const auto& [key, winner] : winners) {
    if (winner.row != Winner::stored_row) {
      decision.actions[winner.row] = winner.in_table ? Action::Replace : Action::Insert;
      decision.tuples[winner.row] = winner.tuple;
      remains[rows.record[winner.row]] = true;
    } else if (winner.touched) {
      decision.actions[winner.touched_by] = Action::Touch;
      decision.tuples[winner.touched_by] = winner.tuple;
    }
  }
  for (size_t record = 0; record < written.size(); ++record) {
    if (written[record] == Written::New && !remains[record]) written[record] = Written::Outrun;
  }
  return decision;
}

}  // namespace clearwell::warehouses
