#include "decode/plan.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "base/result.h"
#include "batch/columns.h"

namespace clearwell::decode {
namespace {

using config::Field;
using config::FieldType;

// What DuckDB gives a list to begin with.
constexpr uint64_t first_capacity = 2048;

size_t hash_key(std::string_view key) { return std::hash<std::string_view>{}(key); }

std::vector<size_t> take_positions_of(const std::vector<Field>& fields,
                                      const std::vector<size_t>& positions) {
  std::vector<size_t> takes;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].reference) continue;
    for (size_t t = 0; t < fields[i].reference->take.size(); ++t) {
      takes.push_back(positions[i] + 1 + t);
    }
  }
  return takes;
}

Node make_node(const Field& field);

void add_fields(Node& node, const std::vector<Field>& fields) {
  node.positions = batch::field_positions(fields);
  node.take_positions = take_positions_of(fields, node.positions);
  for (const Field& field : fields) node.children.push_back(make_node(field));
  node.keys.build(node.children);
}

Node make_node(const Field& field) {
  Node node;
  node.field = &field;
  node.type = field.type;
  node.nullable = !field.key && (field.nullable || !field.required);
  if (field.type == FieldType::Object) {
    add_fields(node, field.children);
    return node;
  }
  if (field.type == FieldType::List) {
    node.children.push_back(make_node(field.children.front()));
    if (field.default_value) node.fallback.emplace();
    return node;
  }
  auto codec = batch::ValueCodec::make(field);
  CW_ASSERT(codec.ok());  // check_contract
  node.codec = std::move(*codec);
  if (field.default_value) {
    const auto fault = node.codec.parse(*field.default_value, node.fallback.emplace());
    CW_ASSERT(fault == batch::ValueFault::None);  // check_contract
  }
  return node;
}

void link(Node& node, std::vector<Node*>& lists) {
  if (node.type == FieldType::List) lists.push_back(&node);
  for (Node& child : node.children) {
    child.parent = &node;
    link(child, lists);
  }
}

void number_fields(Node& object, uint32_t& next) {
  for (Node& child : object.children) {
    child.number = next++;
    if (child.type == FieldType::Object) number_fields(child, next);
  }
}

// Binds everything below a node whose own column is right.
void bind_below(Node& node) {
  if (node.type == FieldType::List) {
    node.children[0].column = node.column.child();
    bind_below(node.children[0]);
  } else if (node.type == FieldType::Object) {
    for (size_t i = 0; i < node.children.size(); ++i) {
      node.children[i].column = node.column.field(node.positions[i]);
      bind_below(node.children[i]);
    }
    for (size_t i = 0; i < node.takes.size(); ++i) {
      node.takes[i] = node.column.field(node.take_positions[i]);
    }
  }
}

// Empty entries for the lists below a node that became NULL.
void empty_lists(Node& node, uint64_t row) {
  if (node.type == FieldType::List) {
    node.column.data<duckdb::ListEntry>()[row] = {node.used, 0};
  } else {
    for (Node& child : node.children) empty_lists(child, row);
  }
}

// Makes elements begin..end of a node valid again. Views of validity may be out of date, since a
// struct's set_null reaches its members by itself: take fresh ones.
void revive(Node& node, uint64_t begin, uint64_t end) {
  duckdb::Column column(node.column.handle());
  for (uint64_t row = begin; row < end; ++row) column.set_valid(row);
  if (node.type != FieldType::Object) return;
  for (Node& child : node.children) revive(child, begin, end);
}

void reserve_takes(Node& node) {
  node.takes.resize(node.take_positions.size());
  for (Node& child : node.children) reserve_takes(child);
}

}  // namespace

void KeyTable::build(const std::vector<Node>& nodes) {
  slots_.assign(std::bit_ceil(nodes.size() * 2 + 1), -1);
  for (size_t i = 0; i < nodes.size(); ++i) {
    size_t slot = hash_key(nodes[i].field->name) & (slots_.size() - 1);
    while (slots_[slot] >= 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<int>(i);
  }
}

int KeyTable::find(const std::vector<Node>& nodes, std::string_view key, size_t expected) const {
  if (expected < nodes.size() && nodes[expected].field->name == key) {
    return static_cast<int>(expected);
  }
  size_t slot = hash_key(key) & (slots_.size() - 1);
  while (slots_[slot] >= 0) {
    if (nodes[static_cast<size_t>(slots_[slot])].field->name == key) return slots_[slot];
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return -1;
}

Plan::Plan(const config::Kind& kind, const duckdb::Schema& schema) {
  add_fields(root_, kind.fields);
  reserve_takes(root_);
  link(root_, lists_);
  uint32_t numbers = 0;
  number_fields(root_, numbers);
  size_t columns = root_.children.size() + root_.take_positions.size();
  if (kind.unknown_fields == config::UnknownFields::Keep) {
    extra_position_ = columns++;
    extra_.emplace();
  }
  CW_ASSERT(columns <= schema.size());
}

void Plan::bind(const duckdb::Chunk& chunk) {
  for (size_t i = 0; i < root_.children.size(); ++i) {
    root_.children[i].column = chunk.column(root_.positions[i]);
  }
  for (size_t i = 0; i < root_.takes.size(); ++i) {
    root_.takes[i] = chunk.column(root_.take_positions[i]);
  }
  if (extra_) *extra_ = chunk.column(extra_position_);
  for (Node& child : root_.children) bind_below(child);
  for (Node* list : lists_) list->used = list->capacity = list->before = 0;
}

void Plan::finish() {
  for (Node* list : lists_) list->column.resize_list(list->used);
}

void Plan::begin_record() {
  for (Node* list : lists_) list->before = list->used;
}

void Plan::drop_record(uint64_t row) {
  for (Node* list : lists_) {
    revive(list->children[0], list->before, list->used);
    list->used = list->before;
  }
  for (Node& child : root_.children) set_null(child, row);
  for (duckdb::Column& take : root_.takes) take.set_null(row);
  if (extra_) extra_->set_null(row);
}

uint64_t append(Node& list) {
  if (list.used == list.capacity) {
    list.capacity = std::max(first_capacity, list.capacity * 2);
    list.column.resize_list(list.capacity);
    bind_below(list);
  }
  return list.used++;
}

void set_null(Node& node, uint64_t row) {
  node.column.set_null(row);
  if (node.type == FieldType::List || node.type == FieldType::Object) empty_lists(node, row);
}

void set_fallback(Node& node, uint64_t row) {
  if (node.type == FieldType::List) {
    node.column.data<duckdb::ListEntry>()[row] = {node.used, 0};
  } else {
    node.codec.store(*node.fallback, node.column, row, true);
  }
}

std::string path_of(const Node& node) {
  if (node.parent == nullptr) return "";
  std::string path = path_of(*node.parent);
  if (node.parent->type == FieldType::List) {
    return path + "[" + std::to_string(node.parent->index) + "]";
  }
  return join_path(std::move(path), node.field->name);
}

std::string join_path(std::string path, std::string_view name) {
  if (!path.empty()) path += '.';
  path += name;
  return path;
}

}  // namespace clearwell::decode
