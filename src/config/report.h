// A report as its user wrote it: SQL over the warehouse for a window of time, and when it is due.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/fault.h"

namespace clearwell::config {

// How the service's page draws the rows.
struct Chart {
  std::string kind;  // bar, line, area, pie; empty: none
  std::string x;
  std::vector<std::string> y;
};

// What becomes of the moments at which nothing was running.
enum class Missed { All, Last, None };

struct Schedule {
  std::string report;
  std::string cron, zone;         // valid for base/cron.h
  std::chrono::minutes window{};  // each run is over so long a time, which ends when it is due
  Missed missed = Missed::All;
  Mark mark;
};

struct Report {
  std::string name;
  std::string help;
  std::string sql;      // with ${window.start} and ${window.end} still in it
  std::string details;  // SQL of the rows behind the report, on request; or empty
  std::chrono::minutes window{15};
  std::vector<std::string> formats;  // csv, json, parquet
  Chart chart;
  Mark mark, sql_mark, details_mark;
};

// In SQL of reports: the window's ends as timestamps with time zone; the start is in it, the end is
// not.
inline constexpr const char* window_start = "${window.start}";
inline constexpr const char* window_end = "${window.end}";

}  // namespace clearwell::config
