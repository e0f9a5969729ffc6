#include <algorithm>
#include <map>
#include <span>

#include "base/result.h"
#include "warehouses/decide.h"

namespace clearwell::warehouses {
namespace {

using config::LoadMode;

constexpr size_t no_row = SIZE_MAX;

// A column that has been patched since its row was last written whole.
struct Cell {
  std::string tuple;
  size_t row = no_row;  // of the batch, that brought its value; else it is in the table
};

// What is known of a key while the rows of a batch are judged one by one.
struct Key {
  bool exists = false;         // it has a row at present
  bool in_table = false;       // the table has a row of it
  bool deleted = false;        // its deletion is stored
  std::string tuple;           // of the row, or of the deletion if there is none
  size_t row = no_row;         // of the batch, that wrote it whole; else it is in the table
  size_t touched_by = no_row;  // a duplicate of what is in the table raised the tuple or a patch
  size_t deleted_by = no_row;  // the first deletion of the row in the table
  bool buried = false;         // a deletion is to be stored
  std::map<std::string, Cell> patches;
};

// loaded before superseded before duplicate
Written better(Written a, Written b) {
  const auto rank = [](Written w) {
    switch (w) {
      case Written::New:
      case Written::Deleted:
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

// `tuple` has this version and content: nothing to change but the order.
bool same_content(const std::string& version, batch::RowHash content, const std::string& tuple) {
  return !tuple.empty() && tuple.compare(0, version.size(), version) == 0 &&
         content_of(tuple) == content;
}

class VersionJudge {
 public:
  VersionJudge(const Incoming& rows, const StoredVersions& stored) : rows_(rows), stored_(stored) {}

  // The rows of one record, in their order.
  Written judge(std::span<const size_t> order) {
    for (size_t row : order) {
      if (is_missing(row)) return Written::Missing;
    }
    Written fate = Written::Nothing;
    for (size_t row : order) fate = better(judge(row), fate);
    return fate;
  }

  Decision decide() const {
    Decision out;
    const size_t count = rows_.record.size();
    out.actions.assign(count, Action::None);
    out.tuples.resize(count);
    if (!rows_.columns.empty()) {
      out.patches.resize(count);
      out.fields.resize(count);
      out.turns.resize(count);
    }
    for (const auto& [hash, key] : keys_) settle(hash, key, out);
    return out;
  }

 private:
  Key& key_of(size_t row) {
    const auto [place, is_new] = keys_.try_emplace(rows_.key[row]);
    Key& key = place->second;
    if (!is_new) return key;
    const auto found = stored_.find(rows_.key[row]);
    if (found == stored_.end()) return key;
    key.tuple = found->second.tuple;
    key.deleted = found->second.deleted;
    key.exists = key.in_table = !key.deleted;
    for (auto& [column, tuple] : decode_patches(found->second.patches)) {
      key.patches[column] = {std::move(tuple), no_row};
    }
    return key;
  }

  bool is_deletion(size_t row) const { return !rows_.deletes.empty() && rows_.deletes[row]; }

  bool is_missing(size_t row) {
    if (rows_.mode == LoadMode::Upsert || is_deletion(row)) return false;
    const Key& key = key_of(row);
    return !key.exists && !(rows_.tuple[row] < key.tuple);
  }

  Written judge(size_t row) {
    Key& key = key_of(row);
    if (is_deletion(row)) return remove(row, key);
    return rows_.mode == LoadMode::Patch ? patch(row, key) : write(row, key);
  }

  // A row that takes the place of all that is older.
  Written write(size_t row, Key& key) {
    const std::string& tuple = rows_.tuple[row];
    if (key.exists && is_duplicate(row, key)) {
      if (key.tuple < tuple) raise(row, key);
      return Written::Duplicate;
    }
    if (tuple < key.tuple) return Written::Superseded;
    key.exists = true;
    key.tuple = tuple;
    key.row = row;
    key.touched_by = no_row;
    for (const std::string& column : rows_.columns) {
      const auto found = key.patches.find(column);
      if (found != key.patches.end() && found->second.tuple < tuple) key.patches.erase(found);
    }
    return Written::New;
  }

  // The row as it was last written whole, where no patch between the two would be undone.
  bool is_duplicate(size_t row, const Key& key) const {
    if (!same_content(rows_.version[row], rows_.content[row], key.tuple)) return false;
    return std::none_of(key.patches.begin(), key.patches.end(), [&](const auto& patch) {
      return patch.second.tuple < rows_.tuple[row] &&
             std::find(rows_.columns.begin(), rows_.columns.end(), patch.first) !=
                 rows_.columns.end();
    });
  }

  void raise(size_t row, Key& key) const {
    key.tuple = rows_.tuple[row];
    if (key.row == no_row) key.touched_by = row;
  }

  Written remove(size_t row, Key& key) const {
    const std::string& tuple = rows_.tuple[row];
    const bool again =
        !key.exists && same_content(rows_.version[row], rows_.content[row], key.tuple);
    if (again && tuple <= key.tuple) return Written::Duplicate;
    const bool older =
        tuple < key.tuple || std::any_of(
                                 key.patches.begin(), key.patches.end(),
                                 [&](const auto& patch) { return tuple < patch.second.tuple; });
    if (older) return Written::Superseded;
    if (key.exists && key.in_table && key.deleted_by == no_row) key.deleted_by = row;
    key.exists = false;
    key.tuple = tuple;
    key.row = key.touched_by = no_row;
    key.patches.clear();
    key.buried = true;
    return again ? Written::Duplicate : Written::Deleted;
  }

  Written patch(size_t row, Key& key) const {
    if (!key.exists) return Written::Superseded;  // by its deletion
    Written fate = Written::Nothing;
    for (size_t column = 0; column < rows_.columns.size(); ++column) {
      if (rows_.fields[row][column] == '1') fate = better(patch(row, column, key), fate);
    }
    return fate;
  }

  Written patch(size_t row, size_t column, Key& key) const {
    const std::string& name = rows_.columns[column];
    const batch::RowHash content = rows_.cells[column][row];
    std::string tuple = rows_.tuple[row];
    set_content(tuple, content);
    const auto found = key.patches.find(name);
    const bool patched = found != key.patches.end();
    if (patched && same_content(rows_.version[row], content, found->second.tuple)) {
      if (found->second.tuple < tuple) {
        found->second.tuple = std::move(tuple);
        key.touched_by = row;
      }
      return Written::Duplicate;
    }
    if (tuple < (patched ? found->second.tuple : key.tuple)) return Written::Superseded;
    key.patches[name] = {std::move(tuple), row};
    return Written::New;
  }

  void settle(batch::RowHash hash, const Key& key, Decision& out) const {
    if (key.deleted_by != no_row) out.actions[key.deleted_by] = Action::Delete;
    if (!key.exists) {
      if (key.buried) out.buried.emplace_back(hash, key.tuple);
      return;
    }
    if (key.deleted) out.raised.push_back(hash);
    const std::string patches = patches_of(key);
    const auto put = [&](size_t row, Action action) {
      out.actions[row] = action;
      out.tuples[row] = key.tuple;
      if (!out.patches.empty()) out.patches[row] = patches;
    };
    if (key.row != no_row) {
      const bool there = key.in_table && key.deleted_by == no_row;
      put(key.row, there ? Action::Replace : Action::Insert);
      if (!out.fields.empty()) out.fields[key.row] = unpatched(key);
      return;
    }
    int32_t turn = 0;
    for (const auto& [row, fields] : patched_by_rows(key)) {
      put(row, Action::Patch);
      out.fields[row] = fields;
      out.turns[row] = turn++;
    }
    if (turn == 0 && key.touched_by != no_row) put(key.touched_by, Action::Touch);
  }

  static std::string patches_of(const Key& key) {
    Patches out;
    for (const auto& [column, cell] : key.patches) out[column] = cell.tuple;
    return encode_patches(out);
  }

  // The columns that a row written whole writes: those without a newer patch.
  std::string unpatched(const Key& key) const {
    std::string out;
    for (const std::string& column : rows_.columns) out += key.patches.contains(column) ? '0' : '1';
    return out;
  }

  // Which columns each row of the batch has patched for good.
  std::map<size_t, std::string> patched_by_rows(const Key& key) const {
    std::map<size_t, std::string> out;
    for (size_t column = 0; column < rows_.columns.size(); ++column) {
      const auto found = key.patches.find(rows_.columns[column]);
      if (found == key.patches.end() || found->second.row == no_row) continue;
      std::string& fields = out[found->second.row];
      fields.resize(rows_.columns.size(), '0');
      fields[column] = '1';
    }
    return out;
  }

  const Incoming& rows_;
  const StoredVersions& stored_;
  std::unordered_map<batch::RowHash, Key> keys_;
};

}  // namespace

Decision decide_versions(const Incoming& rows, const StoredVersions& stored,
                         std::vector<Written>& written) {
  VersionJudge judge(rows, stored);
  const std::vector<size_t> order = by_record(rows);
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && rows.record[order[end]] == rows.record[order[begin]]) ++end;
    written[rows.record[order[begin]]] = judge.judge({order.data() + begin, end - begin});
    begin = end;
  }
  Decision decision = judge.decide();
  std::vector<bool> remains(written.size(), false);
  for (size_t row = 0; row < rows.record.size(); ++row) {
    const Action action = decision.actions[row];
    if (action == Action::Insert || action == Action::Replace || action == Action::Patch) {
      remains[rows.record[row]] = true;
    }
  }
  for (uint32_t record : rows.record) {
    if (written[record] == Written::New && !remains[record]) written[record] = Written::Outrun;
  }
  return decision;
}

}  // namespace clearwell::warehouses
