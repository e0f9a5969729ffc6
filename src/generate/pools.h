// The rows that generated parents leave in their tables: what children may refer to.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/contract.h"
#include "generate/evaluator.h"
#include "generate/random.h"

namespace clearwell::generate {

// One column of a table that something refers to.
class Pool {
 public:
  struct Entry {
    int phase;  // from which the row is there
    Row row;
  };

  void add(const std::string& value, int phase, const Row& row);
  void clear();
  // A row that is there in the first phase; with `late` one that comes in the second. None if there
  // is none.
  std::optional<std::string> draw(bool late, Random& random) const;
  // None if no such row is ever made.
  const Entry* find(const std::string& value) const;
  bool has_late() const { return !late_.empty(); }

 private:
  std::unordered_map<std::string, Entry> entries_;
  std::vector<std::string> on_time_, late_;
};

class Pools {
 public:
  // Declares everything that the kind refers to.
  void want(const config::Kind& kind);
  bool wants(const std::string& table) const;

  // Empties what the table has, before its rows are added anew.
  void clear(const std::string& table);
  void add(const std::string& table, const duckdb::Schema& columns, const Row& row, int phase);

  // REQUIRES: the field has a reference of a kind that was declared.
  const Pool& of(const config::Field& field) const;
  std::optional<Evaluator::Taken> taken(const config::Field& field, const std::string& value) const;
  // Types of all columns of the tables seen so far.
  const std::vector<batch::TakenType>& types() const { return types_; }
  void set_types(const std::string& table, const duckdb::Schema& columns);

 private:
  struct Table {
    std::vector<std::string> columns;   // lower case
    std::map<std::string, Pool> pools;  // by referenced column, lower case
  };
  std::map<std::string, Table> tables_;  // by name, lower case
  std::vector<batch::TakenType> types_;
};

}  // namespace clearwell::generate
