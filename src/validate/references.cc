#include "validate/references.h"

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "batch/scalar_text.h"
#include "validate/parent_rows.h"

namespace clearwell::validate {
namespace {

using duckdb::Column;
using duckdb::Type;

constexpr std::chrono::minutes cache_age{5};
constexpr const char* version_column = "_version";

// A place in the contract that refers to another table.
struct Place {
  const config::Field* field = nullptr;
  std::string path;               // "cart[].article_id"
  std::vector<std::string> take;  // columns of the parent table
  // Way from the top: column index, then for each level either a list's child or a struct's field.
  std::vector<int> way;  // -1: child of a list, else index
  Type type;             // of the key
  std::vector<Type> taken_types;
  KeyMap<Parent> cache;  // committed rows
  // Of this batch's parents. Columns of other types than the field's are found by their text.
  BatchRows batch, batch_by_text;
  bool latest = false;  // the table takes newer versions of a key, from this pipeline too
  Steady::time_point filled = Steady::now();
};

// A value of a place in the batch: where it lies and whose it is.
struct Value {
  uint32_t record;
  uint32_t owner;  // the list it is in: its place among those of Leaf::lists
  uint64_t row;    // in the innermost columns of its chunk
  uint64_t index;  // within that list
};

// The innermost columns of a place in one chunk, and its values.
struct Leaf {
  Column key;
  std::vector<Column> taken;
  std::vector<Value> values;
  std::vector<const Parent*> stored;      // of each value: its row in the cache, or null
  std::vector<std::vector<Value>> lists;  // the lists on the way to them, outermost first
};

class LeafFinder {
 public:
  LeafFinder(const Place& place, const batch::Columns& columns, size_t chunk, size_t first_row)
      : place_(place) {
    const duckdb::Chunk& data = columns.data.chunks[chunk];
    std::vector<Value> owners;
    for (size_t row = 0; row < data.rows(); ++row) {
      owners.push_back({columns.rows[first_row + row], 0, row, 0});
    }
    Column column = data.column(static_cast<size_t>(place.way[0]));
    const size_t last = place.way.size() - 1;
    std::optional<Column> parent;
    for (size_t level = 1; level <= last; ++level) {
      if (place.way[level] < 0) {
        std::vector<Value> items = into_list(column, owners);
        leaf_.lists.push_back(std::exchange(owners, std::move(items)));
        column = column.child();
      } else {
        drop_nulls(column, owners);
        parent = column;
        column = column.field(static_cast<size_t>(place.way[level]));
      }
    }
    leaf_.key = column;
    for (size_t i = 1; i <= place.take.size(); ++i) {
      const size_t sibling = static_cast<size_t>(place.way[last]) + i;
      leaf_.taken.push_back(parent ? parent->field(sibling) : data.column(sibling));
    }
    drop_nulls(column, owners);
    leaf_.values = std::move(owners);
  }

  Leaf take() { return std::move(leaf_); }

 private:
  static void drop_nulls(const Column& column, std::vector<Value>& owners) {
    std::erase_if(owners, [&](const Value& v) { return !column.is_valid(v.row); });
  }

  static std::vector<Value> into_list(const Column& list, const std::vector<Value>& owners) {
    std::vector<Value> out;
    const auto* entries = list.data<duckdb::ListEntry>();
    for (uint32_t i = 0; i < owners.size(); ++i) {
      const Value& owner = owners[i];
      if (!list.is_valid(owner.row)) continue;
      const duckdb::ListEntry entry = entries[owner.row];
      for (uint64_t item = 0; item < entry.length; ++item) {
        out.push_back({owner.record, i, entry.offset + item, item});
      }
    }
    return out;
  }

  const Place& place_;
  Leaf leaf_;
};

const Parent* find_stored(const Place& place, const Leaf& leaf, const Value& value) {
  const auto found = place.cache.find(key_bytes(leaf.key, place.type, value.row));
  return found == place.cache.end() ? nullptr : &found->second;
}

// The row that a value finds among `stored` and those of the batch.
const Parent* find_parent(Place& place, const Leaf& leaf, const Value& value,
                          const Parent* stored) {
  const std::string_view key = key_bytes(leaf.key, place.type, value.row);
  stored = place.batch.find(key, value.record, stored, place.latest);
  if (place.batch_by_text.empty()) return stored;
  const std::string text = batch::scalar_text(leaf.key, place.type, value.row);
  return place.batch_by_text.find(text, value.record, stored, place.latest);
}

// "a[].b[].c" with the indexes of the value.
std::string indexed(const Place& place, const Leaf& leaf, const Value& value) {
  std::string path = place.path;
  const Value* item = &value;
  size_t end = std::string::npos;
  for (size_t level = leaf.lists.size(); level-- > 0;) {
    end = path.rfind("[]", end);
    path.insert(end + 1, std::to_string(item->index));
    item = &leaf.lists[level][item->owner];
  }
  return path;
}

// What was answered, apart from the columns.
struct Answers {
  batch::Reasons& reasons;
  std::vector<MissingParent>& missing;
  std::vector<BatchParent>& batch_parents;
};

// Writes the taken columns of present parents and reports the missing ones.
void settle(Place& place, Leaf& leaf, Answers& answers) {
  const config::Reference& reference = *place.field->reference;
  for (size_t index = 0; index < leaf.values.size(); ++index) {
    const Value& value = leaf.values[index];
    const Parent* stored = leaf.stored[index];
    if (stored == nullptr) stored = find_stored(place, leaf, value);
    const Parent* parent = find_parent(place, leaf, value, stored);
    if (parent != nullptr) {
      for (size_t i = 0; i < parent->taken.size(); ++i) {
        write_cell(leaf.taken[i], place.taken_types[i], value.row, parent->taken[i]);
      }
      if (parent->record == Parent::stored) continue;
    }
    const std::string text = batch::scalar_text(leaf.key, place.type, value.row);
    const std::string path = indexed(place, leaf, value);
    batch::Reason reason = {"reference.missing", path, batch::printable(text),
                            path + " is " + batch::printable(text) + ", which is not in " +
                                reference.table + "." + reference.column};
    MissingParent missing = {value.record, &reference, text};
    if (parent != nullptr) {
      answers.batch_parents.push_back(
          {value.record, parent->record, std::move(reason), std::move(missing)});
    } else {
      answers.reasons.add(value.record, std::move(reason));
      answers.missing.push_back(std::move(missing));
    }
  }
}

// Rows of a parent table that are in the batch itself.
struct NewRows {
  const duckdb::Rows& rows;
  const std::vector<std::string>& tuples;  // of the rows' versions; empty: the first row stays
  size_t key;                              // its column
  std::vector<size_t> taken;
};

void add_batch_rows(Place& place, const NewRows& from) {
  const Type& type = from.rows.schema[from.key].type;
  const bool same_type = type == place.type;
  if (!same_type && !is_scalar(type)) return;
  size_t base = 0;
  for (const duckdb::Chunk& chunk : from.rows.chunks) {
    const Column keys = chunk.column(from.key);
    for (size_t row = 0; row < chunk.rows(); ++row) {
      if (!keys.is_valid(row)) continue;
      Parent parent;
      parent.record = static_cast<uint32_t>(chunk.column(0).data<int64_t>()[row]);
      if (!from.tuples.empty()) parent.tuple = from.tuples[base + row];
      for (size_t i = 0; i < from.taken.size(); ++i) {
        parent.taken.push_back(read_cell(chunk.column(from.taken[i]), place.taken_types[i], row));
      }
      if (same_type) {
        place.batch.add(std::string(key_bytes(keys, type, row)), std::move(parent));
      } else {
        place.batch_by_text.add(batch::scalar_text(keys, type, row), std::move(parent));
      }
    }
    base += chunk.rows();
  }
}

// The leaves of a place, a chunk each.
std::vector<Leaf> find_leaves(const Place& place, const batch::Columns& columns) {
  std::vector<Leaf> leaves;
  size_t first_row = 0;
  for (size_t chunk = 0; chunk < columns.data.chunks.size(); ++chunk) {
    leaves.push_back(LeafFinder(place, columns, chunk, first_row).take());
    first_row += columns.data.chunks[chunk].rows();
  }
  return leaves;
}

}  // namespace

struct References::State {
  size_t cache_keys = 0;
  std::vector<Place> places;
  std::vector<BatchParent> batch_parents;

  void add_place(const config::Field& field, const std::string& path, std::vector<int> way,
                 const duckdb::TypeList& siblings) {
    Place place;
    place.field = &field;
    place.path = path;
    place.way = std::move(way);
    // The items of a list have no siblings, and so no columns beside them.
    const size_t own = place.way.back() < 0 ? 0 : static_cast<size_t>(place.way.back());
    place.type = siblings[own];
    for (size_t i = 0; i < field.reference->take.size(); ++i) {
      place.take.push_back(field.reference->take[i].column);
      place.taken_types.push_back(siblings[own + 1 + i]);
    }
    places.push_back(std::move(place));
  }

  void add_fields(const std::vector<config::Field>& fields, const std::string& prefix,
                  const std::vector<int>& way, const duckdb::TypeList& types) {
    const std::vector<size_t> positions = batch::field_positions(fields);
    for (size_t i = 0; i < fields.size(); ++i) {
      const config::Field& field = fields[i];
      std::vector<int> own = way;
      own.push_back(static_cast<int>(positions[i]));
      const std::string path = prefix.empty() ? field.name : prefix + "." + field.name;
      if (field.reference) add_place(field, path, own, types);
      add_below(field, path, own, types[positions[i]]);
    }
  }

  void add_below(const config::Field& field, const std::string& path, std::vector<int> way,
                 const Type& type) {
    if (field.type == config::FieldType::Object)
      add_fields(field.children, path, way, type.children);
    if (field.type != config::FieldType::List) return;
    const config::Field& item = field.children.front();
    way.push_back(-1);
    if (item.reference) add_place(item, path + "[]", way, type.children);
    add_below(item, path + "[]", way, type.children.front());
  }

  // What the table has must be what the columns were made for.
  static Result<void> check_types(const Place& place, const duckdb::Schema& found) {
    for (size_t i = 0; i < place.taken_types.size(); ++i) {
      if (found[i + 1].type == place.taken_types[i]) continue;
      return config_error(place.field->reference->table + "." + place.take[i] + " is " +
                          duckdb::to_sql(found[i + 1].type) + ", but was " +
                          duckdb::to_sql(place.taken_types[i]) +
                          " (or the table was not there) when this run began: start again");
    }
    return {};
  }

  // Not while a batch holds rows of the cache.
  void expire_cache(Place& place) const {
    if (place.cache.size() <= cache_keys && Steady::now() - place.filled <= cache_age) return;
    place.cache.clear();
    place.filled = Steady::now();
  }

  static Result<void> fill_cache(const LookUp& look_up, Place& place,
                                 const std::unordered_map<std::string, std::string>& wanted) {
    std::vector<std::string> keys;
    std::unordered_map<std::string_view, std::string_view> bytes_of;  // by text
    for (const auto& [bytes, text] : wanted) {
      keys.push_back(text);
      bytes_of.emplace(text, bytes);
    }
    const config::Reference& reference = *place.field->reference;
    std::vector<std::string> asked = place.take;
    if (place.latest) asked.emplace_back(version_column);
    CW_ASSIGN(const duckdb::Rows rows, look_up(reference.table, reference.column, asked, keys));
    CW_TRY(check_types(place, rows.schema));
    for (const duckdb::Chunk& chunk : rows.chunks) {
      for (size_t row = 0; row < chunk.rows(); ++row) {
        Parent parent;
        for (size_t i = 0; i < place.taken_types.size(); ++i) {
          parent.taken.push_back(read_cell(chunk.column(i + 1), place.taken_types[i], row));
        }
        if (place.latest) {
          const Column versions = chunk.column(place.taken_types.size() + 1);
          if (versions.is_valid(row)) parent.tuple = versions.text(row);
        }
        const auto found = bytes_of.find(chunk.column(0).text(row));
        CW_ASSERT(found != bytes_of.end());
        place.cache.insert_or_assign(std::string(found->second), std::move(parent));
      }
    }
    return {};
  }
};

References::References(const config::Kind& kind, const duckdb::Schema& schema, size_t cache_keys)
    : state_(std::make_unique<State>()) {
  state_->cache_keys = cache_keys;
  duckdb::TypeList types;
  for (const duckdb::ColumnSchema& column : schema) types.push_back(column.type);
  state_->add_fields(kind.fields, "", {}, types);
}
References::References(References&&) noexcept = default;
References::~References() = default;

bool References::empty() const { return state_->places.empty(); }

std::vector<std::string> References::targets() const {
  std::vector<std::string> out;
  for (const Place& place : state_->places) {
    const std::string target = place.field->reference->table + "." + place.field->reference->column;
    if (std::find(out.begin(), out.end(), target) == out.end()) out.push_back(target);
  }
  return out;
}

Result<void> References::apply(const LookUp& look_up, batch::Columns& columns,
                               batch::Reasons& reasons, std::vector<MissingParent>& missing) {
  state_->batch_parents.clear();
  Answers answers{reasons, missing, state_->batch_parents};
  for (Place& place : state_->places) {
    state_->expire_cache(place);
    std::vector<Leaf> leaves = find_leaves(place, columns);
    std::unordered_map<std::string, std::string> wanted;  // key bytes → text
    for (Leaf& leaf : leaves) {
      for (const Value& value : leaf.values) {
        leaf.stored.push_back(find_stored(place, leaf, value));
        if (leaf.stored.back() != nullptr) continue;
        const std::string_view key = key_bytes(leaf.key, place.type, value.row);
        wanted.try_emplace(std::string(key), batch::scalar_text(leaf.key, place.type, value.row));
      }
    }
    if (!wanted.empty()) CW_TRY(State::fill_cache(look_up, place, wanted));
    for (Leaf& leaf : leaves) settle(place, leaf, answers);
  }
  return {};
}

void References::compare_versions(const std::string& table) {
  for (Place& place : state_->places) {
    if (place.field->reference->table == table) place.latest = true;
  }
}

bool References::refer_to(const std::string& table) const {
  return std::any_of(state_->places.begin(), state_->places.end(),
                     [&](const Place& place) { return place.field->reference->table == table; });
}

void References::add_parents(const std::string& table, const duckdb::Rows& rows,
                             const std::vector<std::string>& tuples) {
  for (Place& place : state_->places) {
    const config::Reference& reference = *place.field->reference;
    const int key = rows.find(reference.column);
    if (reference.table != table || key < 0) continue;
    std::vector<size_t> taken;
    for (size_t i = 0; i < place.take.size(); ++i) {
      const int column = rows.find(place.take[i]);
      if (column < 0) break;
      if (rows.schema[static_cast<size_t>(column)].type != place.taken_types[i]) break;
      taken.push_back(static_cast<size_t>(column));
    }
    // Another load of the table may make other columns: then only the table can answer.
    if (taken.size() != place.take.size()) continue;
    add_batch_rows(place, {rows, tuples, static_cast<size_t>(key), std::move(taken)});
  }
}

std::optional<uint32_t> References::first_child(const std::string& table, const duckdb::Rows& rows,
                                                const batch::Columns& columns) {
  std::optional<uint32_t> first;
  for (const Place& place : state_->places) {
    const config::Reference& reference = *place.field->reference;
    const int key = rows.find(reference.column);
    if (reference.table != table || key < 0) continue;
    Place parents;  // none but the rows
    parents.type = place.type;
    add_batch_rows(parents, {rows, {}, static_cast<size_t>(key), {}});
    for (const Leaf& leaf : find_leaves(place, columns)) {
      for (const Value& value : leaf.values) {
        if (first && value.record >= *first) continue;
        if (find_parent(parents, leaf, value, nullptr) != nullptr) first = value.record;
      }
    }
  }
  return first;
}

const std::vector<BatchParent>& References::batch_parents() const { return state_->batch_parents; }

void References::forget_parents() {
  for (Place& place : state_->places) {
    place.batch.clear();
    place.batch_by_text.clear();
  }
}

void References::invalidate(const std::string& table) {
  for (Place& place : state_->places) {
    if (place.field->reference->table == table) place.cache.clear();
  }
}

}  // namespace clearwell::validate
