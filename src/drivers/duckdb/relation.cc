// Relation: chunks in memory as a table function that hands them out by reference.
//
// The view `name` is made over a function of its own, whose extra info is the relation's state; the
// function reads the chunks set at the time of each execution, so one plan serves every batch.
#include <duckdb.h>

#include "drivers/duckdb/state.h"

namespace clearwell::duckdb {
namespace {

using StatePointer = std::shared_ptr<Relation::State>;

// Which columns a scan wants, and how far it has come.
struct Scan {
  std::vector<idx_t> columns;
  size_t next = 0;
};

void bind(duckdb_bind_info info) {
  const auto& state = *static_cast<StatePointer*>(duckdb_bind_get_extra_info(info));
  for (const ColumnSchema& column : state->schema) {
    LogicalType type = to_logical(column.type);
    duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
  }
}

void init(duckdb_init_info info) {
  auto scan = std::make_unique<Scan>();
  const idx_t count = duckdb_init_get_column_count(info);
  for (idx_t i = 0; i < count; ++i) {
    scan->columns.push_back(duckdb_init_get_column_index(info, i));
  }
  // Chunks are handed out in order: the order of rows in a result is that of the records.
  duckdb_init_set_max_threads(info, 1);
  duckdb_init_set_init_data(info, scan.release(),
                            [](void* data) { delete static_cast<Scan*>(data); });
}

void next_chunk(duckdb_function_info info, duckdb_data_chunk output) {
  const auto& state = *static_cast<StatePointer*>(duckdb_function_get_extra_info(info));
  auto& scan = *static_cast<Scan*>(duckdb_function_get_init_data(info));
  const size_t count = state->chunks == nullptr ? 0 : state->chunks->size();
  while (scan.next < count && (*state->chunks)[scan.next].rows() == 0) ++scan.next;
  if (scan.next >= count) {
    duckdb_data_chunk_set_size(output, 0);
    return;
  }
  const Chunk& chunk = (*state->chunks)[scan.next++];
  auto source = static_cast<duckdb_data_chunk>(chunk.handle());
  for (idx_t i = 0; i < scan.columns.size(); ++i) {
    // A scan that needs no column (count(*)) asks for the row id, which has no vector.
    if (scan.columns[i] >= state->schema.size()) continue;
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(output, i),
                                   duckdb_data_chunk_get_vector(source, scan.columns[i]));
  }
  duckdb_data_chunk_set_size(output, chunk.rows());
}

}  // namespace

const Schema& Relation::schema() const { return state_->schema; }
void Relation::set(const std::vector<Chunk>* chunks) { state_->chunks = chunks; }
const std::string& Relation::name() const { return state_->name; }

Result<Relation> Connection::add_relation(const std::string& name, const Schema& schema) {
  Relation relation;
  relation.state_ = std::make_shared<Relation::State>();
  relation.state_->name = name;
  relation.state_->schema = schema;
  const std::string function_name =
      "clearwell_relation_" + std::to_string(state_->database->next_relation++);
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, function_name.c_str());
  duckdb_table_function_set_extra_info(function, new StatePointer(relation.state_),
                                       [](void* data) { delete static_cast<StatePointer*>(data); });
  duckdb_table_function_set_bind(function, bind);
  duckdb_table_function_set_init(function, init);
  duckdb_table_function_set_function(function, next_chunk);
  duckdb_table_function_supports_projection_pushdown(function, true);
  const bool made = duckdb_register_table_function(state_->connection, function) == DuckDBSuccess;
  duckdb_destroy_table_function(&function);
  if (!made) return fatal("DuckDB: cannot register the relation " + name);
  CW_TRY(execute("CREATE OR REPLACE TEMP VIEW " + quote_table(name) + " AS FROM " + function_name +
                 "()"));
  return relation;
}

}  // namespace clearwell::duckdb
