// The loads of a record kind, compiled: SQL that is known to run over `accepted`, with the types of
// the rows it makes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/contract.h"
#include "config/fault.h"
#include "drivers/duckdb/connection.h"

namespace clearwell::transform {

struct LoadQuery {
  const config::Load* load = nullptr;
  std::string sql;  // gives _record, then `columns`; over all records: only `columns`
  duckdb::Schema columns;
  std::vector<size_t> key;         // indexes into columns
  int version = -1;                // index into columns, or -1
  std::vector<size_t> parent_key;  // columns that hold the first load's key; empty if not all do
  // First load: contract fields that its key columns are plain copies of (their paths in the
  // record, such as "payload.id", in the key's order); empty if some are computed.
  std::vector<std::string> key_fields;
  // First load: the contract field that its version column is a plain copy of, or empty.
  std::string version_field;
  // delete_when: gives _record, then whether its rows delete; empty if the load has none.
  std::string deletes;
  // Patch, of each column: what it reads of a record ("payload.name"). It changes if all of that is
  // there.
  std::vector<std::vector<std::string>> reads;
  // Over all records: the columns of `accepted` that `sql` needs, the only ones that it may see.
  duckdb::Schema gathers;
};

// Makes `accepted` of the connection: the accepted rows of `judged`.
Result<void> define_accepted(duckdb::Connection& connection);

// Compiles all loads of a kind against the view `accepted` of `connection`. Faults are added at the
// marks of the loads; a load with a fault is left out.
Result<std::vector<LoadQuery>> compile_loads(duckdb::Connection& connection,
                                             const config::Kind& kind, config::Faults& faults);

// Runs one load over the batch that `accepted` holds now. Column 0 is _record.
Result<duckdb::Rows> run_load(duckdb::Connection& connection, const LoadQuery& query);

// Of each of `records` records: do its rows delete? Empty if the load has no delete_when.
Result<std::vector<bool>> run_deletes(duckdb::Connection& connection, const LoadQuery& query,
                                      size_t records);

}  // namespace clearwell::transform
