// What the user's SQL says of generated records: which checks they break, which rows they make. The
// records go to DuckDB as JSON documents and are cast there, so that neither the decoder nor the
// engine takes part in what the manifest expects.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/columns.h"
#include "config/contract.h"
#include "drivers/duckdb/connection.h"
#include "generate/value.h"

namespace clearwell::generate {

// A row that a load makes. NULL is nothing.
struct Row {
  uint32_t record = 0;  // index into the documents
  std::vector<std::optional<std::string>> cells;
};

struct LoadResult {
  std::vector<Row> rows;
  std::vector<uint32_t> failed;  // documents for which the SQL ends in an error
};

class Evaluator {
 public:
  // `taken`: types of the columns that references bring. A Config error if the SQL cannot be
  // compiled. REQUIRES: `kind` outlives it.
  static Result<std::unique_ptr<Evaluator>> make(duckdb::Database& database,
                                                 const config::Kind& kind,
                                                 const std::vector<batch::TakenType>& taken);

  // Columns that a reference brings for one value of it.
  using Taken = std::vector<std::optional<std::string>>;
  using TakenOf =
      std::function<std::optional<Taken>(const config::Field& field, const std::string& value)>;
  // The record as SQL is to see it.
  std::string document(const Value& record, const TakenOf& taken) const;

  // For each document the indexes of the checks that it breaks; `failed_check` if one of them ends
  // in an error.
  static constexpr size_t failed_check = SIZE_MAX;
  Result<std::vector<std::vector<size_t>>> broken_checks(std::span<const std::string> documents);

  // The field that a column of the first load is a plain copy of, or an empty text.
  Result<std::string> copied(const std::string& column);

  // How a column of a load is read as text, here and from a table that is compared with it: JSON
  // without its blanks and escapes, which DuckDB's casts do not keep.
  static std::string as_text(const duckdb::ColumnSchema& column);

  // The columns of a load, in the order of its SELECT.
  const duckdb::Schema& columns(size_t load) const { return loads_[load].columns; }
  // Are its rows a function of the record's content alone? Not so if it asks for `_order`, say.
  bool is_placeless(size_t load) const { return loads_[load].placeless; }
  // Of a load over all records: the rows of all these together, with a record of 0.
  Result<LoadResult> rows(size_t load, std::span<const std::string> documents);

  // For each text its place among all of them when ordered as values of `type`; equal texts share
  // one, none comes first.
  Result<std::vector<int64_t>> ranks(const std::vector<std::optional<std::string>>& texts,
                                     const duckdb::Type& type);

 private:
  struct Load {
    std::string sql;  // _record, then all columns as texts
    duckdb::Schema columns;
    bool placeless = true;
  };
  Evaluator(const config::Kind& kind, duckdb::Connection connection);
  Result<void> compile(const std::vector<batch::TakenType>& taken);
  Result<std::string> select_of(const config::Load& load);
  Result<void> fill(std::span<const std::string> documents);
  Result<std::vector<uint32_t>> breaking(const std::string& sql,
                                         std::span<const std::string> documents, size_t base,
                                         std::vector<uint32_t>& failed);

  const config::Kind& kind_;
  duckdb::Connection connection_;
  std::optional<duckdb::Relation> documents_;
  std::string fill_sql_;  // up to the number of the first record's place
  size_t places_ = 0;     // given out: each record has one of its own
  std::vector<std::string> checks_;
  std::vector<Load> loads_;
};

}  // namespace clearwell::generate
