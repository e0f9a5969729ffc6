#include "generate/pools.h"

#include <algorithm>

#include "base/result.h"

namespace clearwell::generate {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return text;
}

}  // namespace

void Pool::add(const std::string& value, int phase, const Row& row) {
  const auto [place, is_new] = entries_.try_emplace(value, Entry{phase, row});
  if (!is_new) {
    place->second.row = row;
    return;
  }
  (phase == 1 ? on_time_ : late_).push_back(value);
}

void Pool::clear() {
  entries_.clear();
  on_time_.clear();
  late_.clear();
}

std::optional<std::string> Pool::draw(bool late, Random& random) const {
  const std::vector<std::string>& from = late ? late_ : on_time_;
  if (from.empty()) return std::nullopt;
  return random.pick(from);
}

const Pool::Entry* Pool::find(const std::string& value) const {
  const auto found = entries_.find(value);
  return found == entries_.end() ? nullptr : &found->second;
}

void Pools::want(const config::Kind& kind) {
  config::for_each_field(kind.fields, "", [&](const config::Field& field, const std::string&) {
    if (!field.reference) return;
    tables_[lower(field.reference->table)].pools[lower(field.reference->column)];
  });
}

bool Pools::wants(const std::string& table) const { return tables_.contains(lower(table)); }

void Pools::clear(const std::string& table) {
  const auto found = tables_.find(lower(table));
  if (found == tables_.end()) return;
  for (auto& [column, pool] : found->second.pools) pool.clear();
}

void Pools::set_types(const std::string& table, const duckdb::Schema& columns) {
  const auto found = tables_.find(lower(table));
  if (found == tables_.end()) return;
  found->second.columns.clear();
  for (const duckdb::ColumnSchema& column : columns) {
    found->second.columns.push_back(lower(column.name));
    const auto type = duckdb::stored_type(column.type);
    types_.push_back({table, column.name, type.value_or(duckdb::simple(duckdb::TypeId::Text))});
  }
}

void Pools::add(const std::string& table, const duckdb::Schema& columns, const Row& row,
                int phase) {
  const auto found = tables_.find(lower(table));
  if (found == tables_.end()) return;
  for (auto& [name, pool] : found->second.pools) {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (lower(columns[i].name) == name && row.cells[i]) pool.add(*row.cells[i], phase, row);
    }
  }
}

const Pool& Pools::of(const config::Field& field) const {
  const auto table = tables_.find(lower(field.reference->table));
  CW_ASSERT(table != tables_.end());
  const auto pool = table->second.pools.find(lower(field.reference->column));
  CW_ASSERT(pool != table->second.pools.end());
  return pool->second;
}

std::optional<Evaluator::Taken> Pools::taken(const config::Field& field,
                                             const std::string& value) const {
  const Pool::Entry* entry = of(field).find(value);
  if (entry == nullptr) return std::nullopt;
  const std::vector<std::string>& columns = tables_.at(lower(field.reference->table)).columns;
  Evaluator::Taken out;
  for (const config::Reference::Take& take : field.reference->take) {
    const auto at = std::find(columns.begin(), columns.end(), lower(take.column));
    if (at == columns.end()) {
      out.emplace_back(std::nullopt);
    } else {
      out.push_back(entry->row.cells[static_cast<size_t>(at - columns.begin())]);
    }
  }
  return out;
}

}  // namespace clearwell::generate
