#include "warehouses/duckdb/slices.h"

#include <fmt/format.h>

namespace clearwell::warehouses {

Result<void> for_each_slice(duckdb::Connection& connection, const std::string& columns,
                            const std::string& table, const std::string& where,
                            const std::function<void(const duckdb::Rows&)>& use) {
  constexpr int64_t slice = 1 << 20;
  CW_ASSIGN(const duckdb::Rows last,
            connection.query("SELECT coalesce(max(rowid), -1)::BIGINT FROM " + table));
  const int64_t end = last.chunks.front().column(0).data<int64_t>()[0] + 1;
  for (int64_t begin = 0; begin < end; begin += slice) {
    CW_ASSIGN(
        const duckdb::Rows rows,
        connection.query(fmt::format("SELECT {} FROM {} WHERE rowid >= {} AND rowid < {} AND ({})",
                                     columns, table, begin, begin + slice, where)));
    if (rows.size() > 0) use(rows);
  }
  return {};
}

}  // namespace clearwell::warehouses
