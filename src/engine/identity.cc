#include "engine/identity.h"

#include "batch/scalar_text.h"
#include "warehouses/version.h"

namespace clearwell::engine {

bool KeyTexts::append(std::string& out, uint32_t row) {
  if (plan_.key.empty()) return false;
  const size_t chunk = row / duckdb::chunk_rows, at = row % duckdb::chunk_rows;
  if (chunk_ != chunk) {
    columns_.clear();
    for (size_t column : plan_.key) {
      columns_.push_back(share_.columns.data.chunks[chunk].column(column));
    }
    chunk_ = chunk;
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].is_valid(at)) return false;
    if (i > 0) out += '|';
    batch::append_scalar(out, columns_[i], plan_.contract[plan_.key[i]].type, at);
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
  if (target.mode != config::LoadMode::Upsert) return std::nullopt;
  if (target.version < 0) return std::string(1, '\0') + batch::encode_order(order);
  if (plan.version < 0) return std::string();
  const auto column = static_cast<size_t>(plan.version);
  const duckdb::Column values = share.columns.data.chunks[row / duckdb::chunk_rows].column(column);
  const size_t at = row % duckdb::chunk_rows;
  if (!values.is_valid(at)) return std::nullopt;
  return warehouses::encode_version(values, plan.contract[column].type, at) +
         batch::encode_order(order);
}

std::string key_identity(const KindPlan& plan, const std::string& key) {
  return plan.kind->name + ":" + key;
}

std::string place_identity(const batch::Record& record) {
  return "@" + std::string(record.source) + ":" + std::string(record.partition) + ":" +
         std::to_string(record.offset);
}

}  // namespace clearwell::engine
