// The user's SQL checks over a batch: one query labels every record.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/reason.h"
#include "config/contract.h"
#include "config/fault.h"
#include "drivers/duckdb/connection.h"

namespace clearwell::validate {

class Checks {
 public:
  // Compiles the kind's checks against the relation `judged` of `connection`. Faults are added at
  // the marks of the checks, which are then left out.
  static Result<Checks> compile(duckdb::Connection& connection, const config::Kind& kind,
                                config::Faults& faults);

  struct Outcome {
    std::vector<std::pair<uint32_t, const config::Check*>> warnings;  // record, check
    std::vector<std::pair<uint32_t, const config::Check*>> stops;
  };
  // Judges the rows that `judged` holds now. Violations of quarantine checks become reasons
  // check.NAME; an expression that fails for a record becomes check.error, and its neighbours are
  // judged all the same. `records`: how many the batch has.
  Result<Outcome> apply(duckdb::Connection& connection, batch::Reasons& reasons) const;

  bool empty() const { return compiled_.empty(); }

 private:
  struct Compiled {
    const config::Check* check;
    std::string sql;         // SELECT _record, (…) AS holds FROM judged
    std::string violations;  // SELECT _record FROM (sql) WHERE NOT holds
  };
  Result<std::vector<uint32_t>> violations(duckdb::Connection& connection, const Compiled& compiled,
                                           batch::Reasons& reasons) const;
  // The same where some record makes the query fail.
  Result<std::vector<uint32_t>> isolate(duckdb::Connection& connection, const Compiled& compiled,
                                        batch::Reasons& reasons) const;

  // The check over some records only, those from the first to the last of these.
  static std::string between(const Compiled& compiled, std::span<const uint32_t> records);

  std::vector<Compiled> compiled_;
};

}  // namespace clearwell::validate
