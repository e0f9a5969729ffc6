// Reports: SQL over the warehouse for a window of time, written as files.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "config/project.h"
#include "warehouses/warehouse.h"

namespace clearwell::reports {

// The start is in it, the end is not.
struct Window {
  Instant start, end;
};

// The window of so many minutes that ends there.
Window window_before(Instant end, std::chrono::minutes length);

// "2019-08-15T12:00:00Z", the same with an offset (-0300, -03:00) or without zone (UTC), with a
// blank for the T, without seconds or as a date alone (its midnight). A Config error otherwise, and
// for fractions of a second. Shortest forms as people type them after --end.
Result<Instant> parse_end(const std::string& text);

// Faults: SQL that does not parse or is no single SELECT.
void check(const config::Project& project, config::Faults& faults);

struct Request {
  Window window;
  std::string folder;                // the reports' own: <folder>/<Name>/dt=<end>/
  std::vector<std::string> formats;  // csv, json, parquet
  bool details = false;              // the rows behind it as well
};

struct MadeFile {
  std::string name;
  int64_t rows = 0;
};

struct Made {
  std::string folder;  // of this window
  std::vector<MadeFile> files;
};

// Asks the warehouse and writes report.csv (.json, .parquet), each either whole or not at all, also
// after a power failure; replaces those of an earlier run of the same end. `latest` beside the
// windows' folders is a link to the one with the latest end. Fatal with the database's message
// where the SQL does not fit; Retryable for faults of the system, disk full included.
Result<Made> make(warehouses::Warehouse& warehouse, const config::Report& report,
                  const Request& request);

}  // namespace clearwell::reports
