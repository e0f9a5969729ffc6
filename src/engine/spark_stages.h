// Where Spark leaves what it has made, and how it comes from there into the warehouse: tables in
// schema clearwell of PostgreSQL, which Spark fills through JDBC; else folders of Parquet files.
//
// A stage belongs to one run: its name has a part that no other run has, so that what a killed run
// still writes somewhere never gets among the rows of another. Stages that such a run has left
// behind are removed when the next one begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "config/project.h"
#include "drivers/duckdb/connection.h"
#include "spark/compile.h"
#include "warehouses/warehouse.h"

namespace clearwell::engine {

// What Spark found in the input.
struct SparkVerdicts {
  struct Payload {
    int64_t records = 0;  // how often it was read
    int64_t seen = 0;     // and how often Clearwell has come across it
    std::string reasons;  // "code path", one a line
    std::string start;    // its first bytes, for messages
  };
  struct Hasher {
    size_t operator()(const Hash128& hash) const;
  };
  int64_t accepted = 0;
  std::unordered_map<Hash128, Payload, Hasher> rejected;  // by hash of the payload
};

class SparkStages {
 public:
  // `folder`: of this run, for Parquet. `run`: the part that no other run has (new_run). Config
  // error where Spark cannot get at the warehouse.
  static Result<SparkStages> make(const config::Project& project, const std::string& pipeline,
                                  const std::string& folder, size_t loads, const std::string& run);
  static std::string new_run();

  const spark::Stages& place() const { return place_; }
  bool is_jdbc() const { return !place_.url.empty(); }

  // Removes what earlier runs of the pipeline have left behind, and makes the tables.
  Result<void> create(warehouses::Warehouse& warehouse, const spark::Compiled& compiled);
  Result<void> remove(warehouses::Warehouse& warehouse);

  // A Fatal error if the rejected payloads have more than `most_bytes`.
  Result<SparkVerdicts> verdicts(warehouses::Warehouse& warehouse, int64_t most_bytes);
  // Writes the rows of a load into its table; how many.
  Result<int64_t> load(warehouses::Transaction& transaction, const warehouses::Target& target,
                       size_t load);

 private:
  Result<void> drop(warehouses::Warehouse& warehouse, const std::string& prefix);
  Result<duckdb::Rows> read(warehouses::Warehouse& warehouse, const std::string& columns);
  std::string parquet(size_t stage) const;

  spark::Stages place_;
  std::string prefix_, run_prefix_;        // of the tables, without schema
  std::optional<duckdb::Database> files_;  // reads Parquet
};

}  // namespace clearwell::engine
