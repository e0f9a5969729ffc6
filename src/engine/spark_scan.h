// The input once more, for what Spark has rejected: where each rejected record stands, its exact
// bytes and all its reasons, as they are on one machine. It also compares: both must have read the
// same records and rejected the same ones.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "engine/judge.h"
#include "engine/loader.h"
#include "engine/spark_stages.h"
#include "sources/source.h"

namespace clearwell::engine {

class SparkScan {
 public:
  SparkScan(const config::Project& project, const config::Pipeline& pipeline, Judge& judge)
      : project_(project), pipeline_(pipeline), judge_(judge) {}

  // Opens the sources. Config error if there is no input, or a header is another.
  Result<void> open();

  struct Found {
    int64_t read = 0;
    int64_t rejected = 0;
    int64_t rejected_bytes = 0;
  };
  // Reads all, and puts what is rejected into quarantine, with its counts. Fatal if Spark has
  // judged otherwise, or read something else. Stopped if `stop` becomes true.
  Result<Found> run(SparkVerdicts& verdicts, Loader& loader, warehouses::Transaction& transaction,
                    const std::atomic<bool>* stop);

 private:
  // What the rejected records meet.
  struct Into {
    SparkVerdicts& verdicts;
    Loader& loader;
    warehouses::Transaction& transaction;
  };
  Result<void> take(batch::RawBatch batch, const Into& into);
  Result<void> quarantine(batch::RawBatch batch, const Into& into);
  void compare_reasons(const Judged& judged, uint32_t record, const SparkVerdicts& verdicts);
  Result<void> compare(const SparkVerdicts& verdicts) const;
  sources::Limits limits() const;

  const config::Project& project_;
  const config::Pipeline& pipeline_;
  Judge& judge_;
  std::vector<std::unique_ptr<sources::Source>> sources_;
  std::vector<batch::RawBatch> first_;  // what was read of each when it was opened
  Found found_;
  bool told_ = false;
};

}  // namespace clearwell::engine
