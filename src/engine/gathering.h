// Gathering: the accepted records of a whole run, for loads over all of them (`over: all`). They
// are kept in a database of their own, within limits.memory; what does not fit goes to disk, into a
// folder clearwell-spill-… in $TMPDIR (else /var/tmp), which is gone afterwards. After a crash the
// next gathering removes it.
//
// One thread at a time: add() for each batch, then run() of each load.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "config/project.h"
#include "engine/judge.h"

namespace clearwell::engine {

class Gathering {
 public:
  // `kinds` must outlive it.
  static Result<std::unique_ptr<Gathering>> make(const std::vector<KindPlan>& kinds,
                                                 const config::Limits& limits);
  ~Gathering();

  // Takes what the batch has accepted (KindShare::gathered).
  Result<void> add(const Judged& judged);

  // Rows of a load, some at a time; column 0 is a _record of 0.
  using Take = std::function<Result<void>(const warehouses::LoadRows&)>;
  // Runs all loads over all records, in their order, and hands over their rows. Fatal with DuckDB's
  // message if the SQL cannot be computed, Retryable when disk or memory do not suffice.
  Result<void> run(const Take& take);

 private:
  // A kind with such loads: the table that holds its records.
  struct Table {
    size_t kind;
    std::string name;
    duckdb::Relation batch;
    std::string insert;  // SQL: from the relation into the table
  };

  explicit Gathering(const std::vector<KindPlan>& kinds) : kinds_(kinds) {}
  Result<void> open(const config::Limits& limits);
  Result<void> make_folder();
  Result<void> add_table(size_t kind);
  Result<void> run(const transform::LoadQuery& query, const warehouses::Target& target,
                   const Table& table, const Take& take);
  Result<void> hand_over(const warehouses::Target& target, const Take& take);

  const std::vector<KindPlan>& kinds_;
  std::string folder_;
  Fd lock_;
  std::optional<duckdb::Database> database_;
  std::optional<duckdb::Connection> connection_;
  std::vector<Table> tables_;
};

// Does any kind have a load over all records?
bool loads_over_all(const std::vector<KindPlan>& kinds);

}  // namespace clearwell::engine
