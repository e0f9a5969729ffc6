#include "generate/fold.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace clearwell::generate {
namespace {

using batch::Fate;
using config::LoadMode;

constexpr size_t batch_size = 8192;

std::string joined(const std::vector<std::optional<std::string>>& cells) {
  std::string out;
  for (const auto& cell : cells) {
    out += cell ? std::to_string(cell->size()) + ":" + *cell : "-";
  }
  return out;
}

std::vector<size_t> columns_named(const duckdb::Schema& columns,
                                  const std::vector<std::string>& names) {
  std::vector<size_t> out;
  for (const std::string& name : names) {
    for (size_t i = 0; i < columns.size(); ++i) {
      const bool same = std::equal(
          name.begin(), name.end(), columns[i].name.begin(), columns[i].name.end(),
          [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
      if (same) out.push_back(i);
    }
  }
  return out;
}

std::string key_of(const Row& row, const std::vector<size_t>& key) {
  std::vector<std::optional<std::string>> cells;
  for (const size_t column : key) cells.push_back(row.cells[column]);
  return joined(cells);
}

enum class Written { Nothing, Duplicate, Superseded, New, Conflict };

// The version of a row: (rank of the declared version, order, content).
using Tuple = std::tuple<int64_t, size_t, std::string>;

class Folder {
 public:
  Folder(const config::Kind& kind, Evaluator& evaluator, std::deque<Draft>& drafts)
      : kind_(kind), evaluator_(evaluator), drafts_(drafts) {}

  Result<std::vector<Rowset>> run() {
    find_available();
    rows_of_.resize(drafts_.size());
    failed_.assign(drafts_.size(), false);
    const bool over_all = kind_.loads.front().over_all;
    if (!over_all) CW_TRY(read_first_rows());
    written_.assign(drafts_.size(), Written::Nothing);
    const LoadMode mode = kind_.loads.front().mode;
    for (const size_t draft : order_) {
      if (over_all) {
        written_[draft] = Written::New;
      } else if (failed_[draft]) {
        written_[draft] = Written::New;  // it should have been loaded: that is the finding
      } else if (mode == LoadMode::Insert) {
        insert(draft);
      } else if (mode == LoadMode::Upsert) {
        upsert(draft);
      } else {
        written_[draft] = rows_of_[draft].empty() ? Written::Nothing : Written::New;
        for (const Row& row : rows_of_[draft]) stays_.emplace_back(draft, row);
      }
    }
    for (size_t i = 0; i < drafts_.size(); ++i) settle(i);
    return tables();
  }

 private:
  // Of a row of the first load. The two zeros of a double are one value, as in a warehouse.
  std::string content_of(const Row& row) const {
    std::vector<std::optional<std::string>> cells = row.cells;
    const duckdb::Schema& columns = evaluator_.columns(0);
    for (size_t i = 0; i < cells.size(); ++i) {
      if (columns[i].type.id == duckdb::TypeId::Double && cells[i] == "-0.0") cells[i] = "0.0";
    }
    return joined(cells);
  }

  // In the order in which they are accepted: what waits for the second phase comes after the first.
  void find_available() {
    available_.assign(drafts_.size(), 0);
    for (size_t i = 0; i < drafts_.size(); ++i) {
      const Draft& draft = drafts_[i];
      if (draft.delivery.phase == 1 && draft.reasons[0].empty()) {
        available_[i] = 1;
      } else if (draft.reasons[1].empty()) {
        available_[i] = 2;
      }
    }
    for (int phase = 1; phase <= 2; ++phase) {
      for (size_t i = 0; i < drafts_.size(); ++i) {
        if (available_[i] == phase) order_.push_back(i);
      }
    }
  }

  Result<LoadResult> rows_of_load(size_t load, const std::vector<size_t>& drafts) {
    LoadResult out;
    for (size_t first = 0; first < drafts.size(); first += batch_size) {
      const size_t count = std::min(batch_size, drafts.size() - first);
      std::vector<std::string> documents;
      for (size_t i = 0; i < count; ++i) documents.push_back(drafts_[drafts[first + i]].document);
      CW_ASSIGN(LoadResult some, evaluator_.rows(load, documents));
      for (Row& row : some.rows) {
        row.record = static_cast<uint32_t>(drafts[first + row.record]);
        out.rows.push_back(std::move(row));
      }
      for (const uint32_t failed : some.failed) {
        out.failed.push_back(static_cast<uint32_t>(drafts[first + failed]));
      }
    }
    return out;
  }

  Result<void> read_first_rows() {
    CW_ASSIGN(LoadResult first, rows_of_load(0, order_));
    for (const uint32_t draft : first.failed) failed_[draft] = true;
    key_ = columns_named(evaluator_.columns(0), kind_.loads.front().key);
    CW_TRY(rank_versions(first.rows));
    for (Row& row : first.rows) rows_of_[row.record].push_back(std::move(row));
    return {};
  }

  Result<void> rank_versions(const std::vector<Row>& rows) {
    const config::Load& load = kind_.loads.front();
    if (load.mode != LoadMode::Upsert || load.version.empty()) return {};
    const std::vector<size_t> column = columns_named(evaluator_.columns(0), {load.version});
    if (column.empty()) return {};
    version_ = column.front();
    std::vector<std::optional<std::string>> texts;
    for (const Row& row : rows) texts.push_back(row.cells[*version_]);
    CW_ASSIGN(const std::vector<int64_t> ranks,
              evaluator_.ranks(texts, evaluator_.columns(0)[*version_].type));
    for (size_t i = 0; i < texts.size(); ++i) ranks_[texts[i].value_or("")] = ranks[i];
    return {};
  }

  void insert(size_t draft) {
    std::vector<std::string> fresh;
    for (const Row& row : rows_of_[draft]) {
      const std::string key = key_of(row, key_);
      const auto [place, is_new] = contents_.try_emplace(key, content_of(row));
      if (is_new) {
        fresh.push_back(key);
      } else if (place->second != content_of(row)) {
        for (const std::string& taken : fresh) contents_.erase(taken);
        written_[draft] = Written::Conflict;
        return;
      }
    }
    if (rows_of_[draft].empty()) return;
    written_[draft] = fresh.empty() ? Written::Duplicate : Written::New;
    if (fresh.empty()) return;
    for (const Row& row : rows_of_[draft]) {
      const bool own = std::find(fresh.begin(), fresh.end(), key_of(row, key_)) != fresh.end();
      if (own) stays_.emplace_back(draft, row);
    }
  }

  struct Winner {
    Tuple tuple;
    size_t draft;
    const Row* row;
  };

  void upsert(size_t draft) {
    // What comes in the second phase has a later place in its source, too.
    const size_t late = drafts_[draft].delivery.phase == 2 ? drafts_.size() : 0;
    for (const Row& row : rows_of_[draft]) {
      const std::string content = content_of(row);
      const int64_t rank = version_ ? ranks_[row.cells[*version_].value_or("")] : 0;
      const Tuple tuple(rank, draft + late, content);
      const auto [place, is_new] =
          winners_.try_emplace(key_of(row, key_), Winner{tuple, draft, &row});
      Winner& winner = place->second;
      Written fate = Written::New;
      if (!is_new) {
        const bool same = std::get<0>(winner.tuple) == rank && std::get<2>(winner.tuple) == content;
        if (same) {
          winner.tuple = std::max(winner.tuple, tuple);
          fate = Written::Duplicate;
        } else if (tuple < winner.tuple) {
          fate = Written::Superseded;
        } else {
          winner = {tuple, draft, &row};
        }
      }
      written_[draft] = std::max(written_[draft], fate);
    }
  }

  Verdict accepted(Written written) const {
    switch (written) {
      case Written::Nothing:
        return {Fate::Skipped, {}, false};
      case Written::Duplicate:
        return {Fate::Duplicate, {}, false};
      case Written::Superseded:
        return {Fate::Superseded, {}, false};
      case Written::New:
        return {Fate::Loaded, {}, false};
      case Written::Conflict:
        break;
    }
    if (kind_.count_conflicts) return {Fate::Duplicate, {}, false};
    return {Fate::Quarantined, {"key.conflict"}, false};
  }

  void settle(size_t i) {
    Draft& draft = drafts_[i];
    for (int phase = 1; phase <= 2; ++phase) {
      const auto at = static_cast<size_t>(phase - 1);
      const bool in = available_[i] != 0 && available_[i] <= phase;
      draft.delivery.expected[at] =
          in ? accepted(written_[i]) : Verdict{Fate::Quarantined, draft.reasons[at], false};
    }
    Delivery& delivery = draft.delivery;
    const bool conflicts = written_[i] == Written::Conflict && !kind_.count_conflicts;
    if (conflicts) delivery.fault = "key.conflict";
    if (!conflicts && delivery.fault == "key.conflict") {
      delivery.fault = "none";  // what differs is no column of the first load
      delivery.how = How::Again;
    }
  }

  Result<std::vector<Rowset>> tables() {
    std::vector<Rowset> out(kind_.loads.size());
    std::vector<bool> owns(drafts_.size(), false);
    for (const auto& [key, winner] : winners_) stays_.emplace_back(winner.draft, *winner.row);
    bool single = true;
    for (const auto& rows : rows_of_) single = single && rows.size() <= 1;
    for (const auto& [draft, row] : stays_) {
      owns[draft] = true;
      out[0].entries.push_back({available_[draft], row});
    }
    std::vector<size_t> owners;
    for (const size_t draft : order_) {
      if (owns[draft]) owners.push_back(draft);
    }
    for (size_t load = 0; load < kind_.loads.size(); ++load) {
      Rowset& rows = out[load];
      rows.load = &kind_.loads[load];
      rows.columns = evaluator_.columns(load);
      rows.exact = !rows.load->history && (load == 0 || single || rows.load->over_all) &&
                   evaluator_.is_placeless(load);
      if (rows.load->over_all) {
        CW_TRY(add_over_all(load, rows));
        continue;
      }
      if (load == 0) continue;
      CW_ASSIGN(LoadResult found, rows_of_load(load, owners));
      add_next(std::move(found.rows), rows);
    }
    return out;
  }

  // Rows of all records together: other ones when more records have come.
  Result<void> add_over_all(size_t load, Rowset& out) {
    std::vector<std::string> documents;
    for (const size_t draft : order_) {
      documents.push_back(drafts_[draft].document);
      out.exact = out.exact && available_[draft] == 1;
    }
    CW_ASSIGN(LoadResult found, evaluator_.rows(load, documents));
    out.exact = out.exact && found.failed.empty();
    for (Row& row : found.rows) {
      row.record = static_cast<uint32_t>(order_.front());
      out.entries.push_back({1, std::move(row)});
    }
    return {};
  }

  // Rows of a later load, of records that are in. Keys that meet in it again are left to the
  // warehouse.
  void add_next(std::vector<Row> found, Rowset& out) {
    const std::vector<size_t> key = columns_named(out.columns, out.load->key);
    std::map<std::string, int> keys;
    for (Row& row : found) {
      if (!key.empty() && ++keys[key_of(row, key)] > 1) out.exact = false;
      const int phase = available_[row.record];
      out.entries.push_back({phase, std::move(row)});
    }
  }

  const config::Kind& kind_;
  Evaluator& evaluator_;
  std::deque<Draft>& drafts_;
  std::vector<int> available_;  // phase from which each draft is accepted; 0: never
  std::vector<size_t> order_;
  std::vector<std::vector<Row>> rows_of_;  // of the first load
  std::vector<bool> failed_;
  std::vector<size_t> key_;
  std::optional<size_t> version_;
  std::unordered_map<std::string, int64_t> ranks_;
  std::unordered_map<std::string, std::string> contents_;
  std::map<std::string, Winner> winners_;
  std::vector<Written> written_;
  std::vector<std::pair<size_t, Row>> stays_;
};

}  // namespace

Result<std::vector<Rowset>> fold(const config::Kind& kind, Evaluator& evaluator,
                                 std::deque<Draft>& drafts) {
  return Folder(kind, evaluator, drafts).run();
}

}  // namespace clearwell::generate
