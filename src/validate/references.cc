#include "validate/references.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "batch/scalar_text.h"

namespace clearwell::validate {
namespace {

using duckdb::Column;
using duckdb::Type;
using duckdb::TypeId;

constexpr size_t cache_limit = 1'000'000;  // keys a reference
constexpr std::chrono::minutes cache_age{5};

// One taken value, apart from the chunk it came in.
struct Cell {
  bool null = true;
  std::array<char, 16> fixed{};
  std::string text;
  std::vector<Cell> parts;  // of a list or struct
};
// A row of a parent table.
struct Parent {
  static constexpr uint32_t stored = UINT32_MAX;
  std::vector<Cell> taken;
  uint32_t record = stored;  // of this batch, or in the table
};

size_t width(const Type& type) {
  switch (type.id) {
    case TypeId::Boolean:
      return 1;
    case TypeId::Int32:
    case TypeId::Date:
      return 4;
    case TypeId::Decimal:
      return type.precision <= 4 ? 2 : type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : 16;
    case TypeId::Uuid:
      return 16;
    case TypeId::Text:
    case TypeId::Json:
    case TypeId::Blob:
      return 0;  // kept as text
    default:
      return 8;
  }
}

Cell read_cell(const Column& column, const Type& type, uint64_t row) {
  Cell cell;
  cell.null = !column.is_valid(row);
  if (cell.null) return cell;
  if (type.id == TypeId::List) {
    const duckdb::ListEntry entry = column.data<duckdb::ListEntry>()[row];
    const Column child = column.child();
    for (uint64_t i = 0; i < entry.length; ++i) {
      cell.parts.push_back(read_cell(child, type.children.front(), entry.offset + i));
    }
  } else if (type.id == TypeId::Struct) {
    for (size_t i = 0; i < type.children.size(); ++i) {
      cell.parts.push_back(read_cell(column.field(i), type.children[i], row));
    }
  } else if (const size_t bytes = width(type); bytes == 0) {
    cell.text = column.text(row);
  } else {
    std::memcpy(cell.fixed.data(), column.data<char>() + row * bytes, bytes);
  }
  return cell;
}

void write_cell(Column column, const Type& type, uint64_t row, const Cell& cell) {
  if (cell.null) return column.set_null(row);
  column.set_valid(row);
  if (type.id == TypeId::List) {
    const uint64_t first = column.list_size();
    column.data<duckdb::ListEntry>()[row] = {first, cell.parts.size()};
    column.resize_list(first + cell.parts.size());
    const Column child = column.child();
    for (size_t i = 0; i < cell.parts.size(); ++i) {
      write_cell(child, type.children.front(), first + i, cell.parts[i]);
    }
  } else if (type.id == TypeId::Struct) {
    for (size_t i = 0; i < cell.parts.size(); ++i) {
      write_cell(column.field(i), type.children[i], row, cell.parts[i]);
    }
  } else if (const size_t bytes = width(type); bytes == 0) {
    column.set_text_copy(row, cell.text);
  } else {
    std::memcpy(column.data<char>() + row * bytes, cell.fixed.data(), bytes);
  }
}

// The bytes by which a key is found in the cache: what lies in the column.
std::string_view key_bytes(const Column& column, const Type& type, size_t row) {
  const size_t bytes = width(type);
  if (bytes == 0) return column.text(row);
  return {column.data<char>() + row * bytes, bytes};
}

bool is_scalar(const Type& type) {
  return type.id != TypeId::List && type.id != TypeId::Struct && type.id != TypeId::Other;
}

struct TransparentHash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};
using KeyMap = std::unordered_map<std::string, Parent, TransparentHash, std::equal_to<>>;

// A place in the contract that refers to another table.
struct Place {
  const config::Field* field = nullptr;
  std::string path;               // "cart[].article_id"
  std::vector<std::string> take;  // columns of the parent table
  // Way from the top: column index, then for each level either a list's child or a struct's field.
  std::vector<int> way;  // -1: child of a list, else index
  Type type;             // of the key
  std::vector<Type> taken_types;
  KeyMap cache;  // committed rows
  // Of this batch's parents. Columns of other types than the field's are found by their text.
  KeyMap batch, batch_by_text;
  bool latest = false;  // the table takes newer rows of a key
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

void put(KeyMap& rows, std::string key, Parent parent, bool latest) {
  if (latest) {
    rows.insert_or_assign(std::move(key), std::move(parent));
  } else {
    rows.try_emplace(std::move(key), std::move(parent));
  }
}

const Parent* find(const KeyMap& rows, std::string_view key) {
  const auto found = rows.find(key);
  return found == rows.end() ? nullptr : &found->second;
}

const Parent* find_in_batch(const Place& place, const Leaf& leaf, const Value& value) {
  const Parent* found = find(place.batch, key_bytes(leaf.key, place.type, value.row));
  if (found != nullptr || place.batch_by_text.empty()) return found;
  return find(place.batch_by_text, batch::scalar_text(leaf.key, place.type, value.row));
}

const Parent* find_parent(const Place& place, const Leaf& leaf, const Value& value) {
  const Parent* stored = find(place.cache, key_bytes(leaf.key, place.type, value.row));
  // Where the first row of a key stays, the batch's would be refused.
  if (stored != nullptr && !place.latest) return stored;
  const Parent* fresh = find_in_batch(place, leaf, value);
  return fresh != nullptr ? fresh : stored;
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
void settle(const Place& place, Leaf& leaf, Answers& answers) {
  const config::Reference& reference = *place.field->reference;
  for (const Value& value : leaf.values) {
    const Parent* parent = find_parent(place, leaf, value);
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

// Rows of a parent table that are in the batch itself; `type` is that of their key column.
void add_batch_rows(Place& place, const duckdb::Chunk& chunk, const Type& type, size_t key,
                    const std::vector<size_t>& taken) {
  const Column keys = chunk.column(key);
  const bool same_type = type == place.type;
  if (!same_type && !is_scalar(type)) return;
  for (size_t row = 0; row < chunk.rows(); ++row) {
    if (!keys.is_valid(row)) continue;
    Parent parent;
    parent.record = static_cast<uint32_t>(chunk.column(0).data<int64_t>()[row]);
    for (size_t i = 0; i < taken.size(); ++i) {
      parent.taken.push_back(read_cell(chunk.column(taken[i]), place.taken_types[i], row));
    }
    std::string name =
        same_type ? std::string(key_bytes(keys, type, row)) : batch::scalar_text(keys, type, row);
    put(same_type ? place.batch : place.batch_by_text, std::move(name), std::move(parent),
        place.latest);
  }
}

}  // namespace

struct References::State {
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

  static Result<void> fill_cache(const LookUp& look_up, Place& place,
                                 const std::unordered_map<std::string, std::string>& wanted) {
    if (place.cache.size() + wanted.size() > cache_limit ||
        Steady::now() - place.filled > cache_age) {
      place.cache.clear();
      place.filled = Steady::now();
    }
    std::vector<std::string> keys;
    std::unordered_map<std::string_view, std::string_view> bytes_of;  // by text
    for (const auto& [bytes, text] : wanted) {
      keys.push_back(text);
      bytes_of.emplace(text, bytes);
    }
    const config::Reference& reference = *place.field->reference;
    CW_ASSIGN(const duckdb::Rows rows,
              look_up(reference.table, reference.column, place.take, keys));
    CW_TRY(check_types(place, rows.schema));
    for (const duckdb::Chunk& chunk : rows.chunks) {
      for (size_t row = 0; row < chunk.rows(); ++row) {
        Parent parent;
        for (size_t i = 0; i < place.taken_types.size(); ++i) {
          parent.taken.push_back(read_cell(chunk.column(i + 1), place.taken_types[i], row));
        }
        const auto found = bytes_of.find(chunk.column(0).text(row));
        CW_ASSERT(found != bytes_of.end());
        place.cache.insert_or_assign(std::string(found->second), std::move(parent));
      }
    }
    return {};
  }
};

References::References(const config::Kind& kind, const duckdb::Schema& schema)
    : state_(std::make_unique<State>()) {
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
    std::vector<Leaf> leaves;
    std::unordered_map<std::string, std::string> wanted;  // key bytes → text
    size_t first_row = 0;
    for (size_t chunk = 0; chunk < columns.data.chunks.size(); ++chunk) {
      leaves.push_back(LeafFinder(place, columns, chunk, first_row).take());
      first_row += columns.data.chunks[chunk].rows();
      const Leaf& leaf = leaves.back();
      for (const Value& value : leaf.values) {
        const std::string_view key = key_bytes(leaf.key, place.type, value.row);
        if (find(place.cache, key) != nullptr) continue;
        wanted.try_emplace(std::string(key), batch::scalar_text(leaf.key, place.type, value.row));
      }
    }
    if (!wanted.empty()) CW_TRY(State::fill_cache(look_up, place, wanted));
    for (Leaf& leaf : leaves) settle(place, leaf, answers);
  }
  return {};
}

void References::add_parents(const std::string& table, const duckdb::Rows& rows, bool latest) {
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
    place.latest = latest;
    for (const duckdb::Chunk& chunk : rows.chunks) {
      add_batch_rows(place, chunk, rows.schema[static_cast<size_t>(key)].type,
                     static_cast<size_t>(key), taken);
    }
  }
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
