// The contract as the JSON decoder walks it: one Node a field, bound to the column that the field's
// values go to. Built once a decoder, bound anew to each chunk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/values.h"
#include "config/contract.h"
#include "drivers/duckdb/column.h"

namespace clearwell::decode {

struct Node;

// Finds an object's field by its key. Senders mostly repeat their order, so the field after the
// last one found is tried first, then a small hash table.
class KeyTable {
 public:
  void build(const std::vector<Node>& nodes);
  // Index into the nodes, or -1.
  int find(const std::vector<Node>& nodes, std::string_view key, size_t expected) const;

 private:
  std::vector<int> slots_;  // a power of two of them, at most half full; -1: empty
};

struct Node {
  const config::Field* field = nullptr;  // none: the record itself
  config::FieldType type = config::FieldType::Object;
  batch::ValueCodec codec;                // not for List and Object
  std::optional<batch::Scalar> fallback;  // the default; for a List it means []
  bool nullable = false;
  std::optional<uint32_t> number;  // batch::field_number(); the record and items have none
  Node* parent = nullptr;
  duckdb::Column column;

  // Object: its fields; List: its item.
  std::vector<Node> children;
  std::vector<size_t> positions;  // Object: of the children among its columns
  KeyTable keys;
  std::vector<size_t> take_positions;  // Object: columns that references fill later
  std::vector<duckdb::Column> takes;
  // Object: a number for each object read; a child whose `seen` equals it was in that object.
  uint64_t stamp = 0;
  uint64_t seen = 0;

  // List: elements written to the item's column, how many fit, how many were there when the present
  // record began, and the index of the element being read.
  uint64_t used = 0, capacity = 0, before = 0, index = 0;
};

class Plan {
 public:
  // REQUIRES: check_contract found no fault; the schema is batch::contract_schema of `kind`;
  // `kind` outlives the plan.
  Plan(const config::Kind& kind, const duckdb::Schema& schema);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  Node& root() { return root_; }
  // The column of unknown fields, if the kind keeps them.
  std::optional<duckdb::Column>& extra() { return extra_; }

  // Lets all columns be those of `chunk`, which is empty.
  void bind(const duckdb::Chunk& chunk);
  // Gives every list its final size. Once a chunk, after its last row.
  void finish();

  // Remembers how long all lists are.
  void begin_record();
  // Takes back all elements added since, and makes the row NULL in every column.
  void drop_record(uint64_t row);

 private:
  Node root_;
  std::vector<Node*> lists_;  // outer before inner
  size_t extra_position_ = 0;
  std::optional<duckdb::Column> extra_;
};

// Room for one more element of a list; its index in the item's column.
uint64_t append(Node& list);
// NULL in the node's row, with empty lists and NULL members below it.
void set_null(Node& node, uint64_t row);
// Writes the default. REQUIRES: there is one.
void set_fallback(Node& node, uint64_t row);
// Where the node stands in the record being read: "cart[2].quantity".
std::string path_of(const Node& node);
std::string join_path(std::string path, std::string_view name);

}  // namespace clearwell::decode
