// clearwell report: list, make one now, keep a schedule.
#include <filesystem>

#include <fmt/format.h>

#include "base/cron.h"
#include "base/file.h"
#include "cli/session.h"
#include "cli/text.h"
#include "config/reports.h"
#include "reports/reports.h"

namespace clearwell::cli {
namespace {

using std::chrono::minutes;

// Sound as far as reports go: a fault in a pipeline keeps no report from being made.
Result<config::Project> load_reports(const Common& common) {
  CW_ASSIGN(config::Project project, load_for_reading(common));
  config::Faults faults;
  reports::check(project, faults);
  config::check_reports(project, faults);
  if (!faults.empty()) return as_error(faults, "the reports have");
  return project;
}

Result<const config::Report*> find(const config::Project& project, const std::string& name) {
  if (const config::Report* report = project.find_report(name)) return report;
  std::vector<std::string> names;
  for (const config::Report& report : project.reports) names.push_back(report.name);
  const auto near = config::nearest(name, names);
  return config_error(fmt::format("there is no report '{}'{}", name,
                                  names.empty() ? "; the project has none in reports/"
                                  : near        ? fmt::format("; did you mean '{}'?", *near)
                                                : "; there are: " + join(names, ", ")));
}

std::string next_of(const config::Schedule& schedule) {
  const auto cron = Cron::parse(schedule.cron, schedule.zone);
  return cron.ok() ? to_iso8601(cron->next(now())) : "";
}

std::string window_text(minutes window) { return fmt::format("{} min", window.count()); }

// Whole seconds: a folder is named after it.
Result<Instant> end_of(const std::string& text) {
  if (!text.empty()) return reports::parse_end(text);
  return Instant(std::chrono::floor<std::chrono::seconds>(now().time_since_epoch()));
}

std::string made_json(const config::Report& report, const reports::Window& window,
                      const reports::Made& made) {
  std::vector<std::string> files;
  for (const reports::MadeFile& file : made.files) {
    files.push_back(
        JsonObject().text("file", made.folder + "/" + file.name).number("rows", file.rows).str());
  }
  return JsonObject()
             .text("report", report.name)
             .text("start", to_iso8601(window.start))
             .text("end", to_iso8601(window.end))
             .raw("files", json_array(files))
             .str() +
         "\n";
}

// A schedule that stands in the report's own file is the user's to change.
Result<void> refuse_own(const config::Project& project, const config::Schedule& wanted) {
  for (const config::Schedule& schedule : project.schedules) {
    const bool same = project.find_report(schedule.report) == project.find_report(wanted.report) &&
                      schedule.window == wanted.window;
    if (!same || schedule.mark.file == config::schedule_file(wanted)) continue;
    return config_error(fmt::format(
        "the report {} has a schedule for windows of {} minutes in {} line {}; change it there",
        wanted.report, wanted.window.count(), schedule.mark.file, schedule.mark.line));
  }
  return {};
}

Result<void> remove_schedule(const config::Project& project, const config::Schedule& schedule) {
  const std::string file = config::schedule_file(schedule);
  std::error_code error;
  if (std::filesystem::remove(std::filesystem::path(project.folder) / file, error)) {
    print(fmt::format("{} is removed\n", file));
    return {};
  }
  if (error) return fatal(fmt::format("cannot remove {}: {}", file, error.message()));
  return config_error(
      fmt::format("{} has no schedule for windows of {} minutes; see `clearwell report list`",
                  schedule.report, schedule.window.count()));
}

}  // namespace

Result<ExitCode> report_list(const Common& common) {
  CW_ASSIGN(const config::Project project, load_reports(common));
  Table table{{{"report"}, {"window"}, {"schedule"}, {"zone"}, {"next"}, {"help"}}, {}};
  for (const config::Report& report : project.reports) {
    bool scheduled = false;
    for (const config::Schedule& schedule : project.schedules) {
      if (project.find_report(schedule.report) != &report) continue;
      scheduled = true;
      table.rows.push_back({report.name, window_text(schedule.window), schedule.cron, schedule.zone,
                            next_of(schedule), report.help});
    }
    if (scheduled) continue;
    table.rows.push_back({report.name, window_text(report.window), std::nullopt, std::nullopt,
                          std::nullopt, report.help});
  }
  print(render(table, common.output));
  return ExitCode::Done;
}

Result<ExitCode> report_run(const Common& common, const ReportRunArguments& arguments) {
  CW_ASSIGN(const config::Project project, load_reports(common));
  CW_ASSIGN(const config::Report* const report, find(project, arguments.name));
  CW_ASSIGN(const Instant end, end_of(arguments.end));
  if (arguments.details && report->details.empty()) {
    return config_error(fmt::format("the report {} has no details; give it the key 'details' in {}",
                                    report->name, report->mark.file));
  }
  const minutes length = arguments.minutes ? minutes(*arguments.minutes) : report->window;
  reports::Request request{reports::window_before(end, length),
                           arguments.to.empty() ? project.folder + "/outputs" : arguments.to,
                           arguments.formats.empty() ? report->formats : arguments.formats,
                           arguments.details};
  CW_ASSIGN(auto warehouse, open_to_read(project));
  CW_ASSIGN(reports::Made made, reports::make(*warehouse, *report, request));
  made.folder = shortened(made.folder, project);
  if (common.output == Output::Json) {
    print(made_json(*report, request.window, made));
    return ExitCode::Done;
  }
  Table table{{{"file"}, {"rows", Table::Kind::Number}}, {}};
  for (const reports::MadeFile& file : made.files) {
    table.rows.push_back({made.folder + "/" + file.name, std::to_string(file.rows)});
  }
  print(render(table, common.output));
  return ExitCode::Done;
}

Result<ExitCode> report_schedule(const Common& common, const ReportScheduleArguments& arguments) {
  CW_ASSIGN(const config::Project project, load_reports(common));
  CW_ASSIGN(const config::Report* const report, find(project, arguments.name));
  config::Schedule schedule;
  schedule.report = report->name;
  schedule.cron = arguments.cron;
  schedule.zone = arguments.zone;
  schedule.window = arguments.minutes ? minutes(*arguments.minutes) : report->window;
  schedule.missed = config::missed_of(arguments.missed);
  CW_TRY(refuse_own(project, schedule));
  if (arguments.remove) {
    CW_TRY(remove_schedule(project, schedule));
    return ExitCode::Done;
  }
  if (schedule.cron.empty()) {
    return config_error("when is it due? Give a cron line, such as -s '*/15 * * * *'");
  }
  CW_TRY(Cron::parse(schedule.cron, schedule.zone));
  const std::string file = config::schedule_file(schedule);
  std::error_code error;
  std::filesystem::create_directories(project.folder + "/schedules", error);
  CW_TRY(write_file(project.folder + "/" + file, config::schedule_text(schedule)));
  if (common.output == Output::Json) {
    print(JsonObject().text("file", file).text("next", next_of(schedule)).str() + "\n");
  } else {
    print(fmt::format("{}: {} is due next at {}; `clearwell run` makes it from its next start on\n",
                      file, report->name, next_of(schedule)));
  }
  return ExitCode::Done;
}

}  // namespace clearwell::cli
