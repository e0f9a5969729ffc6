// The subcommands: what each takes from the command line, and the function that does it. Parsing
// (command_line.h) fills these structs; nothing here knows of flags, so that tests and other
// front ends can call the functions directly.
//
// Every command prints its result to stdout and everything else to stderr. It returns its exit
// code, or an Error that has not been printed yet (see exit_code_of in session.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/exit_codes.h"
#include "cli/table.h"

namespace clearwell::cli {

struct Common {
  std::string folder = ".";  // --project
  std::string database;      // --database: a warehouse's URL instead of the project's; or empty
  Output output = Output::Table;
};

struct RunArguments {
  std::vector<std::string> pipelines;  // empty: all
  bool once = false;
  std::vector<std::string> sources;                         // by name, of all pipelines; empty: all
  std::string engine = "duckdb";                            // or spark
  std::vector<std::pair<std::string, std::string>> params;  // "--name value", without the dashes
};

struct CheckArguments {
  std::string engine = "duckdb";       // spark: also what cannot be compiled for it
  std::vector<std::string> pipelines;  // spark: these only; empty: all
};

struct PlanArguments {
  std::string pipeline;
  std::string engine = "duckdb";
  std::vector<std::pair<std::string, std::string>> params;
};

struct QueryArguments {
  std::string sql;
  std::optional<int64_t> limit;
};

// Which quarantined records are meant.
struct HeldFilter {
  std::optional<std::string> pipeline;
  std::optional<std::string> reason;  // a code; one of the record's reasons
  std::string state = "open";         // or "all"
};

struct ListArguments {
  HeldFilter filter;
  int64_t limit = 20;    // 0: all
  bool entries = false;  // one line for each broken thing instead of each sighting
};

struct ExportArguments {
  HeldFilter filter;
  std::string to;  // file; empty: stdout
};

struct ReplayArguments {
  std::vector<int64_t> ids;
  bool all = false;  // all that the filter matches
  HeldFilter filter;
  std::vector<std::string> repairs;  // "path=value"; replay only
};

struct TestArguments {
  std::vector<std::string> paths;  // empty: tests/ of the project
  bool update = false;
  int64_t jobs = 2;
};

// How generated records are to be mixed; see generate::Options for what each share means.
struct MixArguments {
  std::optional<int64_t> count;
  std::string invalid = "15%", duplicates = "2%", versions = "5%", late, half_written,
              edges = "10%";
  int64_t seed = 1;
  std::vector<std::string> params;  // "NAME=VALUE"
};

struct GenerateArguments {
  std::string pipeline;
  MixArguments mix;
  std::string to;               // a folder, a file *.jsonl; empty or "-": stdout
  std::string format = "auto";  // or files, jsonl
  std::string phase = "all";    // or 1, 2
  std::string manifest;         // a file; empty: none
  std::optional<int64_t> rate;  // records a second
  bool force = false;
};

struct ProveArguments {
  std::string pipeline;
  MixArguments mix;
  std::string keep;  // a folder that is kept; empty: a scratch folder
};

struct ReportRunArguments {
  std::string name;
  std::string end;  // as typed; empty: now
  std::optional<int64_t> minutes;
  std::vector<std::string> formats;  // empty: the report's
  std::string to;                    // a folder; empty: outputs/ of the project
  bool details = false;
};

struct ReportScheduleArguments {
  std::string name;
  std::string cron;
  std::optional<int64_t> minutes;
  std::string zone = "UTC", missed = "all";
  bool remove = false;
};

Result<ExitCode> check(const Common& common, const CheckArguments& arguments);
Result<ExitCode> plan(const Common& common, const PlanArguments& arguments);
Result<ExitCode> run(const Common& common, const RunArguments& arguments);
Result<ExitCode> status(const Common& common);
Result<ExitCode> query(const Common& common, const QueryArguments& arguments);
Result<ExitCode> quarantine_list(const Common& common, const ListArguments& arguments);
Result<ExitCode> quarantine_show(const Common& common, int64_t id);
Result<ExitCode> quarantine_export(const Common& common, const ExportArguments& arguments);
Result<ExitCode> quarantine_replay(const Common& common, const ReplayArguments& arguments);
Result<ExitCode> quarantine_discard(const Common& common, const ReplayArguments& arguments);
Result<ExitCode> model_build(const Common& common, const std::vector<std::string>& names);
Result<ExitCode> report_list(const Common& common);
Result<ExitCode> report_run(const Common& common, const ReportRunArguments& arguments);
Result<ExitCode> report_schedule(const Common& common, const ReportScheduleArguments& arguments);
Result<ExitCode> test(const Common& common, const TestArguments& arguments);
Result<ExitCode> generate(const Common& common, const GenerateArguments& arguments);
Result<ExitCode> prove(const Common& common, const ProveArguments& arguments);
Result<ExitCode> schema(const std::string& what);  // project, pipeline, reference, errors
Result<ExitCode> version(const Common& common);

}  // namespace clearwell::cli
