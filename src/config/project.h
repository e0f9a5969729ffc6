// A project as its user wrote it, typed and checked: what every other part works from.
//
// load() reads clearwell.yaml, pipelines/*.yaml, models/*.sql, reports/*.yaml and schedules/*.yaml
// of a folder, replaces ${NAME:-default} by environment variables and ${params.NAME} by parameters,
// and reports every fault at once. It opens no connection and reads no data. SQL is taken as text
// here; its faults are found by transform and validate, which `check` runs as well.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/contract.h"
#include "config/fault.h"
#include "config/report.h"
#include "config/spec.h"

namespace clearwell::config {

// One entry of `from:`.
struct Source {
  std::string type;  // "files", "jsonl", "csv": the Spec it was checked against
  std::string name;  // unique in the pipeline: `name:` or the type. Part of lane names
  Mark mark;
  Settings settings;
};

struct Budget {
  double max_rejected = 1.0;  // share of the records read in this run, 0..1
  int64_t over = 1000;        // not judged before so many records were read
};

// A parameter declared under `params:`; becomes a flag of `clearwell run PIPELINE`.
struct Param {
  std::string name;
  std::string doc;
  std::optional<std::string> fallback;  // none: the flag must be given
  Mark mark;
};

struct Pipeline {
  std::string name;
  Mark mark;
  std::vector<Param> params;
  std::vector<Source> sources;
  std::vector<std::string> route;  // path to the kind's name, e.g. {"metadata", "type"}; or empty
  std::vector<Kind> kinds;         // in the order written; one when not routed
  Budget budget;
  // False: a parameter has no value (LoadOptions::selected), so ${params.NAME} still stands where
  // it is used. Such a pipeline cannot run, and its SQL cannot be checked.
  bool complete = true;

  const Kind* find_kind(const std::string& kind) const;
};

enum class Materialization { Table, View };

// models/NAME.sql: one SELECT, optionally headed by comment lines "-- materialized: view",
// "-- every: 10s".
struct Model {
  std::string name;
  std::string sql;
  Materialization materialized = Materialization::Table;
  std::chrono::microseconds every{5'000'000};
  Mark mark;
};

struct Limits {
  int64_t batch_rows = 24576;
  int64_t batch_bytes = 32 << 20;
  std::chrono::microseconds linger{5000};
  int64_t record_bytes = 10 << 20;
  int64_t quarantine_bytes = int64_t{10} << 30;
  int64_t parked_records = 1'000'000;
  int64_t memory = 512 << 20;           // of the embedded engine, for batches or a reader's query
  int64_t warehouse_memory = 96 << 20;  // of the embedded warehouse while it is written
};

// engine: {spark: …}
struct Spark {
  std::string home;  // empty: to be found
  std::string master;
  std::vector<std::pair<std::string, std::string>> conf;  // name, value
  std::string jdbc_driver;                                // path or empty
  std::string stages;                                     // folder, relative to the project's
  std::chrono::microseconds time_limit{};
  Mark mark;
};

struct Project {
  std::string name;
  std::string folder;     // absolute
  std::string warehouse;  // URL: "duckdb:path", relative to folder; "postgres://…"
  std::string schema;     // of tables that name none; or empty (warehouses::Place)
  Limits limits;
  Spark spark;
  std::vector<Pipeline> pipelines;  // by name
  std::vector<Model> models;        // by name
  std::vector<Report> reports;      // by name
  std::vector<Schedule> schedules;  // by report and window

  const Pipeline* find_pipeline(const std::string& name) const;
  const Report* find_report(const std::string& name) const;  // in any case
};

struct LoadOptions {
  std::string folder = ".";
  // Values for ${params.NAME} by pipeline, from the command line.
  std::map<std::string, std::map<std::string, std::string>> params;
  // What may stand under `from:`, from the component table (sources/table.h).
  std::vector<Spec> sources;
  // Pipelines whose required params may be missing, since they will not run: all but these.
  // Empty: none is required (check of the whole project).
  std::vector<std::string> selected;
};

// The project as far as it could be read, and everything that is wrong with it.
struct LoadedProject {
  Project project;
  Faults faults;
};

LoadedProject load(const LoadOptions& options);

// JSON Schema (draft 2020-12) of clearwell.yaml and of a pipeline file, for editors.
std::string project_schema();
std::string pipeline_schema(const std::vector<Spec>& sources);

// "Did you mean": the candidate nearest to `word`, if near enough.
std::optional<std::string> nearest(const std::string& word,
                                   const std::vector<std::string>& candidates);

}  // namespace clearwell::config
