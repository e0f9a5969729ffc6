// Parameterised statements, and their binary results as rows.
#include <algorithm>
#include <charconv>

#include "drivers/postgres/binary.h"
#include "drivers/postgres/state.h"

namespace clearwell::postgres {
namespace {

duckdb::Schema schema_of(const PGresult* result) {
  duckdb::Schema schema;
  for (int i = 0; i < PQnfields(result); ++i) {
    schema.push_back({PQfname(result, i), from_oid(PQftype(result, i), PQfmod(result, i))});
  }
  return schema;
}

Result<void> readable(const duckdb::Schema& schema) {
  for (const duckdb::ColumnSchema& column : schema) {
    if (column.type.id != duckdb::TypeId::Other) continue;
    return fatal("column " + column.name + " is of " + column.type.names.front() +
                 ", which cannot be read: cast it to text");
  }
  return {};
}

Result<duckdb::Chunk> read_chunk(const PGresult* result, const duckdb::Schema& schema, int first,
                                 int count) {
  duckdb::Chunk chunk(schema);
  for (int c = 0; c < PQnfields(result); ++c) {
    const auto index = static_cast<size_t>(c);
    duckdb::Column column = chunk.column(index);
    const Oid oid = PQftype(result, c);
    for (int r = 0; r < count; ++r) {
      const auto row = static_cast<uint64_t>(r);
      if (PQgetisnull(result, first + r, c) != 0) {
        column.set_null(row);
        continue;
      }
      const std::string_view bytes(PQgetvalue(result, first + r, c),
                                   static_cast<size_t>(PQgetlength(result, first + r, c)));
      auto done = get_field(bytes, oid, schema[index].type, column, row);
      if (!done.ok()) return std::move(done).error().context("column " + schema[index].name);
    }
  }
  chunk.set_rows(static_cast<size_t>(count));
  return chunk;
}

Result<duckdb::Rows> to_rows(const PGresult* result) {
  duckdb::Rows rows;
  rows.schema = schema_of(result);
  CW_TRY(readable(rows.schema));
  const int total = PQntuples(result);
  constexpr int most = static_cast<int>(duckdb::chunk_rows);
  for (int first = 0; first < total; first += most) {
    CW_ASSIGN(duckdb::Chunk chunk,
              read_chunk(result, rows.schema, first, std::min(most, total - first)));
    rows.chunks.push_back(std::move(chunk));
  }
  return rows;
}

bool send(PGconn* connection, const std::string& sql, const Params& params) {
  std::vector<const char*> values;
  for (const auto& param : params) values.push_back(param ? param->c_str() : nullptr);
  return PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr,
                           values.data(), nullptr, nullptr, 1) != 0;
}

}  // namespace

Result<duckdb::Rows> Connection::query(const std::string& sql, const Params& params) {
  if (!send(state_->get(), sql, params)) return state_->broken(PQerrorMessage(state_->get()));
  CW_ASSIGN(const ResultPtr result, state_->last());
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return fatal("the statement has no result");
  return to_rows(result.get());
}

Result<uint64_t> Connection::execute(const std::string& sql, const Params& params) {
  if (!send(state_->get(), sql, params)) return state_->broken(PQerrorMessage(state_->get()));
  CW_ASSIGN(const ResultPtr result, state_->last());
  const std::string_view changed = PQcmdTuples(result.get());
  uint64_t rows = 0;
  std::from_chars(changed.data(), changed.data() + changed.size(), rows);
  return rows;
}

Result<duckdb::Schema> Connection::describe(const std::string& select) {
  if (PQsendPrepare(state_->get(), "", select.c_str(), 0, nullptr) == 0) {
    return state_->broken(PQerrorMessage(state_->get()));
  }
  CW_TRY(state_->last());
  if (PQsendDescribePrepared(state_->get(), "") == 0) {
    return state_->broken(PQerrorMessage(state_->get()));
  }
  CW_ASSIGN(const ResultPtr result, state_->last());
  return schema_of(result.get());
}

}  // namespace clearwell::postgres
