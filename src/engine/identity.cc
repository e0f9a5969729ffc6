#include "engine/identity.h"

#include "batch/scalar_text.h"
#include "warehouses/version.h"

namespace clearwell::engine {

bool KeyTexts::append(std::string& out, uint32_t row) {
  if (plan_.key.empty()) return false;
  const size_t chunk = row / duckdb::chunk_rows, at = row % duckdb::chunk_rows;
  if (chunk_ != chunk) {
    columns_.clear();
    types_.clear();
    for (const duckdb::ColumnPath& path : plan_.key) {
      types_.push_back(duckdb::column_at(plan_.contract, path).type);
      columns_.push_back(share_.columns.data.chunks[chunk].column(path));
    }
    chunk_ = chunk;
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].is_valid(at)) return false;
    if (i > 0) out += '|';
    batch::append_scalar(out, columns_[i], types_[i], at);
  }
  return true;
}

bool KeyTexts::append_identity(std::string& out, uint32_t row) {
  out += key_identity(plan_, "");
  return append(out, row);
}

std::optional<std::string> key_text(const KindPlan& plan, const KindShare& share, uint32_t row) {
  std::string out;
  return KeyTexts(plan, share).append(out, row) ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<std::string> version_tuple(const KindPlan& plan, const KindShare& share, uint32_t row,
                                         const batch::Order& order) {
  const warehouses::Target& target = plan.targets.front();
  if (!config::keeps_versions(target.mode)) return std::nullopt;
  if (target.version < 0) return std::string(1, '\0') + batch::encode_order(order);
  if (plan.version.empty()) return std::string();
  const duckdb::Chunk& chunk = share.columns.data.chunks[row / duckdb::chunk_rows];
  const duckdb::Column values = chunk.column(plan.version);
  const size_t at = row % duckdb::chunk_rows;
  if (!values.is_valid(at)) return std::nullopt;
  const duckdb::ColumnSchema column = duckdb::column_at(plan.contract, plan.version);
  return warehouses::encode_version(values, column.type, at) + batch::encode_order(order);
}

std::string key_identity(const KindPlan& plan, const std::string& key) {
  return plan.kind->name + ":" + key;
}

std::string place_identity(const batch::Record& record) {
  return "@" + std::string(record.source) + ":" + std::string(record.partition) + ":" +
         std::to_string(record.offset);
}

}  // namespace clearwell::engine
