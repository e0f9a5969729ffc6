#include "config/reports.h"

#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {
namespace {

class ReportsTest : public testing::Test {
 protected:
  std::string faults_of(const std::string& more) {
    project_.write("reports/sales.yaml", "report: Sales\nsql: SELECT 1\n" + more);
    return project_.faults();
  }
  ProjectFolder project_;
};

TEST_F(ReportsTest, DefaultsAndSchedule) {
  project_.write("reports/sales.yaml",
                 "report: Sales\nsql: SELECT ${window.start}\nschedule: { cron: '@daily' }\n");
  const LoadedProject loaded = project_.load();
  EXPECT_EQ(loaded.faults.to_text(), "");
  const Report* report = loaded.project.find_report("sALES");
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->sql, "SELECT ${window.start}");
  EXPECT_EQ(report->window, std::chrono::minutes(15));
  EXPECT_EQ(report->formats, std::vector<std::string>{"csv"});
  ASSERT_EQ(loaded.project.schedules.size(), 1u);
  EXPECT_EQ(loaded.project.schedules[0].window, std::chrono::minutes(15));
  EXPECT_EQ(loaded.project.schedules[0].missed, Missed::All);
}

TEST_F(ReportsTest, AScheduleIsReadBackAsWritten) {
  Schedule schedule;
  schedule.report = "Sales";
  schedule.cron = "0 6 * * MON-FRI";
  schedule.zone = "Europe/Stockholm";
  schedule.window = std::chrono::minutes(1440);
  schedule.missed = Missed::Last;
  EXPECT_EQ(schedule_file(schedule), "schedules/sales-1440m.yaml");
  project_.write(schedule_file(schedule), schedule_text(schedule));
  EXPECT_EQ(faults_of(""), "");
  const LoadedProject loaded = project_.load();
  ASSERT_EQ(loaded.project.schedules.size(), 1u);
  const Schedule& read = loaded.project.schedules[0];
  EXPECT_EQ(read.report, schedule.report);
  EXPECT_EQ(read.cron, schedule.cron);
  EXPECT_EQ(read.zone, schedule.zone);
  EXPECT_EQ(read.window, schedule.window);
  EXPECT_EQ(read.missed, schedule.missed);
}

TEST_F(ReportsTest, Faults) {
  EXPECT_EQ(faults_of("window: 90s\n"),
            "reports/sales.yaml:3:9: error[bad_window]: a window is a number of whole minutes, "
            "such as 15m or 24h\n");
  EXPECT_EQ(faults_of("schedule: { cron: '* * 31 2 *' }\n"),
            "reports/sales.yaml:3:19: error[bad_cron]: the cron line '* * 31 2 *' is never due: no "
            "month has that day\n");
  EXPECT_EQ(faults_of("chart: { x: a, y: [b] }\n"),
            "reports/sales.yaml:1:1: error[missing_key]: 'chart' of report 'Sales' needs the key "
            "'kind'\n");
  project_.write("schedules/a.yaml", "report: salse\ncron: '@daily'\nwindow: 1h\n");
  EXPECT_EQ(faults_of(""),
            "schedules/a.yaml:1:1: error[unknown_report]: there is no report 'salse'; did you mean "
            "'Sales'? Reports: Sales\n");
}

}  // namespace

TEST(KindFaults, OverAllNeedsReplace) {
  ProjectFolder project;
  EXPECT_NE(project
                .faults_of(R"(pipeline: p
from: { files: { path: x } }
contract: { id: integer }
load: [{ table: t, over: all, sql: SELECT id FROM accepted }]
)")
                .find("error[over_needs_replace]"),
            std::string::npos);
}

}  // namespace clearwell::config
