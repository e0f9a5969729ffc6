// Loader: commits a judged batch — rows, quarantine, park, positions and counts — in one
// transaction, and asserts the accounting equation on the way.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/fate.h"
#include "engine/judge.h"
#include "warehouses/warehouse.h"

namespace clearwell::engine {

struct Committed {
  batch::Counts change;
  batch::Counts total;
  std::vector<std::string> written;  // tables that got rows
  int64_t rejected_bytes = 0;        // payloads of `rejected`
  int64_t rejected = 0;              // records of this batch that went to (or stay in) quarantine
};

class Loader {
 public:
  // `judge` gives the pipeline's kinds; both must outlive the loader.
  Loader(const Judge& judge, warehouses::Warehouse& warehouse)
      : judge_(judge), warehouse_(warehouse) {}

  // Commits in a transaction of its own. `clock`: the pipeline's waiting clock. Rows that the
  // database refuses are found by halving and quarantined (row.refused), their neighbours load.
  // Retryable errors change nothing: call again with the same batch.
  Result<Committed> commit(Judged& judged, std::chrono::microseconds clock);

  // The same inside a transaction of the caller, who commits it (replace pipelines).
  Result<Committed> add(warehouses::Transaction& transaction, Judged& judged,
                        std::chrono::microseconds clock);

 private:
  struct Batch;
  Result<void> write_rows(warehouses::Transaction& transaction, Batch& batch);
  Result<void> refuse_rows(Judged& judged);
  void settle_fates(Batch& batch) const;
  Result<void> hold(warehouses::Transaction& transaction, Batch& batch);
  Result<void> release(warehouses::Transaction& transaction, Batch& batch);
  Result<std::vector<std::optional<std::string>>> known_records(
      warehouses::Transaction& transaction, Batch& batch, const std::vector<uint32_t>& records);
  warehouses::Held make_held(Batch& batch, uint32_t record) const;
  std::vector<warehouses::Accepted> accepted(warehouses::Transaction& transaction,
                                             const Batch& batch) const;

  const Judge& judge_;
  warehouses::Warehouse& warehouse_;
};

}  // namespace clearwell::engine
