#include <algorithm>

#include <fmt/format.h>

#include "batch/select.h"
#include "reports/reports.h"
#include "reports/sql.h"

namespace clearwell::reports {
namespace {

class Checker {
 public:
  Checker(duckdb::Connection& connection, config::Faults& faults)
      : connection_(connection), faults_(faults) {}

  void check(const std::string& sql, const config::Mark& mark, const std::string& report) {
    const std::string whole = with_window(sql, {});
    const auto select = batch::read_select(connection_, whole);
    if (!select.ok()) return faults_.add(mark, "bad_sql", select.error().message);
    switch (select->verdict) {
      case batch::Select::Verdict::One:
        return;
      case batch::Select::Verdict::SyntaxError:
        return faults_.add(
            mark, "bad_sql",
            fmt::format("the SQL of the report '{}' does not parse: {}", report, select->message));
      case batch::Select::Verdict::Several:
      case batch::Select::Verdict::OtherKind:
        break;
    }
    faults_.add(
        mark, "bad_sql",
        fmt::format("the SQL of a report is exactly one SELECT, but that of '{}' is not", report));
  }

 private:
  duckdb::Connection& connection_;
  config::Faults& faults_;
};

}  // namespace

void check(const config::Project& project, config::Faults& faults) {
  if (project.reports.empty()) return;
  auto database = duckdb::Database::open({});
  auto connection = database.ok() ? database->connect() : std::move(database).error();
  if (!connection.ok()) {
    return faults.add(project.reports.front().mark, "internal", connection.error().message);
  }
  Checker checker(*connection, faults);
  for (const config::Report& report : project.reports) {
    if (!report.sql.empty()) checker.check(report.sql, report.sql_mark, report.name);
    if (!report.details.empty()) checker.check(report.details, report.details_mark, report.name);
  }
}

}  // namespace clearwell::reports
