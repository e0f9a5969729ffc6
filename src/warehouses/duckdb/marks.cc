#include "warehouses/duckdb/marks.h"

namespace clearwell::warehouses {

using duckdb::Chunk;
using duckdb::Column;
using duckdb::simple;
using duckdb::TypeId;

const duckdb::Schema& mark_columns(bool patched) {
  static const duckdb::Schema plain = {{"_action", simple(TypeId::Int32)},
                                       {"_version", simple(TypeId::Blob)}};
  static const duckdb::Schema both = {
      plain[0], plain[1], {"_fields", simple(TypeId::Text)}, {"_patches", simple(TypeId::Blob)}};
  return patched ? both : plain;
}

namespace {

void put(Column& column, size_t row, std::span<const std::string> values, size_t at) {
  if (values.empty() || values[at].empty()) {
    column.set_null(row);
  } else {
    column.set_text_copy(row, values[at]);
  }
}

}  // namespace

std::vector<Chunk> marked(const duckdb::Rows& rows, const Marks& marks) {
  std::vector<Chunk> out;
  const size_t width = rows.schema.size();
  size_t base = 0;
  for (const Chunk& chunk : rows.chunks) {
    Chunk extended = chunk.extend(rows.schema, mark_columns(marks.patched));
    Column actions = extended.column(width), versions = extended.column(width + 1);
    for (size_t row = 0; row < chunk.rows(); ++row) {
      actions.data<int32_t>()[row] = marks.actions[base + row];
      put(versions, row, marks.versions, base + row);
    }
    if (marks.patched) {
      Column fields = extended.column(width + 2), patches = extended.column(width + 3);
      for (size_t row = 0; row < chunk.rows(); ++row) {
        put(fields, row, marks.fields, base + row);
        put(patches, row, marks.patches, base + row);
      }
    }
    base += chunk.rows();
    out.push_back(std::move(extended));
  }
  return out;
}

}  // namespace clearwell::warehouses
