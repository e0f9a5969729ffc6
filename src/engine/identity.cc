#include "engine/identity.h"

#include "batch/scalar_text.h"
#include "warehouses/version.h"

namespace clearwell::engine {

std::optional<std::string> key_text(const KindPlan& plan, const KindShare& share, uint32_t row) {
  if (plan.key.empty()) return std::nullopt;
  const duckdb::Chunk& chunk = share.columns.data.chunks[row / duckdb::chunk_rows];
  const size_t at = row % duckdb::chunk_rows;
  std::string out;
  for (const duckdb::ColumnPath& path : plan.key) {
    const duckdb::Column values = chunk.column(path);
    if (!values.is_valid(at)) return std::nullopt;
    if (!out.empty()) out += '|';
    out += batch::scalar_text(values, duckdb::column_at(plan.contract, path).type, at);
  }
  return out;
}

std::optional<std::string> version_tuple(const KindPlan& plan, const KindShare& share, uint32_t row,
                                         const std::string& order) {
  const warehouses::Target& target = plan.targets.front();
  if (target.mode != config::LoadMode::Upsert) return std::nullopt;
  if (target.version < 0) return std::string(1, '\0') + order;
  if (plan.version.empty()) return std::string();
  const duckdb::Chunk& chunk = share.columns.data.chunks[row / duckdb::chunk_rows];
  const duckdb::Column values = chunk.column(plan.version);
  const size_t at = row % duckdb::chunk_rows;
  if (!values.is_valid(at)) return std::nullopt;
  const duckdb::ColumnSchema column = duckdb::column_at(plan.contract, plan.version);
  return warehouses::encode_version(values, column.type, at) + order;
}

std::string key_identity(const KindPlan& plan, const std::string& key) {
  return plan.kind->name + ":" + key;
}

std::string place_identity(const batch::Record& record) {
  return "@" + std::string(record.source) + ":" + std::string(record.partition) + ":" +
         std::to_string(record.offset);
}

}  // namespace clearwell::engine
