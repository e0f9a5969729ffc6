// Bounded pipelines on Apache Spark: check, plan and run with --engine spark.
//
// Spark judges the input and computes the tables into stages. Then, in one transaction of the
// warehouse: what it has rejected is looked up in the input and quarantined as it would be here,
// the stages become the tables, and the counts say so. Both must have read the same records and
// rejected the same ones, else nothing is changed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/project.h"
#include "engine/engine.h"

namespace clearwell::engine {

// Faults of what cannot be compiled, of these pipelines (none: all). REQUIRES: check() found none.
void check_spark(const config::Project& project, const std::vector<std::string>& pipelines,
                 config::Faults& faults);

// The script that a run of the pipeline would hand to spark-sql, without its password. Opens no
// connection, and needs no Spark. Config error with the faults, if any.
Result<std::string> plan_spark(const config::Project& project, const std::string& pipeline);

struct SparkOptions {
  RunOptions run;
  // Called now and then: how many of Spark's statements are done.
  std::function<void(const std::string& pipeline, size_t done, size_t of)> progress = {};
};

// Runs the pipelines one after another until their input ends. A pipeline that fails is reported;
// an Error when nothing could be started.
Result<RunReport> run_on_spark(const config::Project& project, warehouses::Warehouse& warehouse,
                               const SparkOptions& options);

}  // namespace clearwell::engine
