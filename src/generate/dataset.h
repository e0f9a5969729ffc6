// All that is generated for one pipeline: its records and those of the pipelines that it refers to,
// parents first, with what must become of each.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/project.h"
#include "generate/delivery.h"
#include "generate/drafts.h"
#include "generate/fold.h"

namespace clearwell::generate {

struct Dataset {
  std::vector<const config::Pipeline*> pipelines;  // parents first; the one asked for is the last
  // The first phase before the second; in each, parents before their children.
  std::vector<Delivery> deliveries;
  std::vector<Rowset> tables;      // what must be in the tables in the end
  std::vector<std::string> notes;  // what could not be made, one sentence each
};

// `files(pipeline)`: is one file a record, so that it may be seen half-written? `stop` ends it with
// an Error of kind Stopped. `progress` is told how many records there are so far. A Config error if
// no data can be made. REQUIRES: the project is sound, outlives the data set, and has the pipeline.
struct DatasetRequest {
  const config::Project& project;
  const config::Pipeline& pipeline;
  Options options;
  std::function<bool(const config::Pipeline&)> files = {};
  const std::atomic<bool>* stop = nullptr;
  std::function<void(int64_t records)> progress = {};
};
Result<Dataset> make_dataset(const DatasetRequest& request);

}  // namespace clearwell::generate
