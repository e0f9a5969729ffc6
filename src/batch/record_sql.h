// SQL that people write over the records of a batch (checks, loads): what it may contain, and how
// each of its rows knows the record it came from.
//
// The record is the unit: a verdict and its rows are a function of the payload, `_arrived` and
// references alone, so that results never depend on where batches begin and end. Hence no function
// that answers differently from one call or query to the next, no table but `accepted`, and nothing
// that mixes records (aggregates, windows, LIMIT) unless it is grouped or partitioned by `_record`.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/contract.h"
#include "drivers/duckdb/connection.h"

namespace clearwell::batch {

struct RecordSql {
  std::string sql;    // gives _record (BIGINT) as its first column
  std::string plain;  // the same, its columns as they were written: two may have one name
  std::vector<std::string> faults;  // sentences; sql is void if there are any
};

// A load's SELECT. `_record` is added wherever it is missing and can be (a SELECT over `accepted`,
// possibly joined with unnest or wrapped in a plain subquery); else the user selects it.
// Needs no relation: only the text is judged. An Error is a fault of DuckDB or ours.
Result<RecordSql> record_select(duckdb::Connection& connection, const std::string& sql);

// A load's SELECT over all records of a run at once: it may group, order and compare them, but the
// other rules hold. It has no _record.
struct AllSql {
  std::string sql;
  // Columns of `accepted` that it may read; or all of them that belong to the record.
  std::set<std::string> columns;  // in lower case
  bool every_column = false;
  std::vector<std::string> faults;  // sentences; all else is void if there are any
};
Result<AllSql> all_select(duckdb::Connection& connection, const std::string& sql);

// A check's boolean expression: "SELECT _record, (expression) FROM judged".
Result<RecordSql> record_expression(duckdb::Connection& connection, const std::string& expression);

// The column of `accepted`, or the member of an object in it ("payload.id"), that the result column
// `name` of a load's SELECT is a plain copy of; an empty text if it is computed or comes through a
// subquery.
Result<std::string> copied_column(duckdb::Connection& connection, const std::string& sql,
                                  const std::string& name);

// The columns of `accepted`, or members of objects in it, that the expression of the result column
// `name` reads, as they are written there; nothing if it comes through a subquery or a join.
Result<std::optional<std::vector<std::string>>> columns_read(duckdb::Connection& connection,
                                                             const std::string& sql,
                                                             const std::string& name);

// Columns that every batch has beside the contract's, in this order:
//   _record BIGINT, _arrived TIMESTAMPTZ, _payload, _source, _partition VARCHAR,
//   _offset, _line BIGINT, _order BLOB (batch::encode_order)
const duckdb::Schema& system_columns();

}  // namespace clearwell::batch
