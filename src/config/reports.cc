#include "config/reports.h"

#include <map>

#include <fmt/format.h>

#include "base/cron.h"
#include "config/grammar.h"
#include "config/mapping.h"
#include "config/phrases.h"
#include "config/placeholders.h"

namespace clearwell::config {

namespace {

using std::chrono::minutes;

std::string place(const Mark& mark) { return mark.file + " line " + std::to_string(mark.line); }

void replace(YamlNode& document, const std::string& folder, Faults& faults) {
  Placeholders placeholders(folder, nullptr, faults);
  placeholders.keep_window();
  placeholders.replace(document);
}

// A whole number of minutes; `key` may have its default.
minutes read_window(const Settings& settings, const std::string& key, Faults& faults) {
  const std::chrono::microseconds window = settings.duration(key);
  if (window % minutes(1) != window.zero()) {
    faults.add(settings.mark(key), "bad_window",
               "a window is a number of whole minutes, such as 15m or 24h");
  }
  return std::chrono::duration_cast<minutes>(window);
}

// The keys that a schedule has wherever it stands; `prefix` is "schedule." in a report.
Schedule read_keys(const Mapping& keys, const std::string& prefix, Faults& faults) {
  Schedule schedule;
  const Settings& settings = keys.settings;
  schedule.zone = settings.text(prefix + "zone");
  schedule.missed = missed_of(settings.text(prefix + "missed"));
  if (settings.has(prefix + "window")) {
    schedule.window = read_window(settings, prefix + "window", faults);
  }
  if (!settings.has(prefix + "cron")) return schedule;
  schedule.cron = settings.text(prefix + "cron");
  const bool open = keys.is_open(prefix + "cron") || keys.is_open(prefix + "zone");
  if (open || schedule.cron.empty()) return schedule;
  const auto cron = Cron::parse(schedule.cron, schedule.zone);
  if (!cron.ok()) faults.add(settings.mark(prefix + "cron"), "bad_cron", cron.error().message);
  return schedule;
}

class ReportReader {
 public:
  ReportReader(Report& report, Faults& faults) : report_(report), faults_(faults) {}

  void read(const Mapping& keys, std::vector<Schedule>& schedules) {
    const Settings& settings = keys.settings;
    report_.help = keys.text("help").value_or("");
    report_.sql = settings.text("sql");
    report_.sql_mark = settings.mark("sql");
    if (settings.has("details.sql")) {
      report_.details = settings.text("details.sql");
      report_.details_mark = settings.mark("details.sql");
    }
    report_.window = read_window(settings, "window", faults_);
    report_.formats = settings.texts("outputs");
    if (keys.has("chart")) read_chart(settings);
    if (keys.has("schedule")) read_schedule(keys, schedules);
  }

 private:
  void need(const Settings& settings, const std::string& section, const std::string& key) {
    if (settings.has(section + "." + key)) return;
    faults_.add(
        report_.mark, "missing_key",
        fmt::format("'{}' of report {} needs the key '{}'", section, in_quotes(report_.name), key));
  }

  void read_chart(const Settings& settings) {
    for (const char* key : {"kind", "x", "y"}) need(settings, "chart", key);
    if (settings.has("chart.kind")) report_.chart.kind = settings.text("chart.kind");
    if (settings.has("chart.x")) report_.chart.x = settings.text("chart.x");
    if (settings.has("chart.y")) report_.chart.y = settings.texts("chart.y");
  }

  void read_schedule(const Mapping& keys, std::vector<Schedule>& schedules) {
    need(keys.settings, "schedule", "cron");
    Schedule schedule = read_keys(keys, "schedule.", faults_);
    schedule.report = report_.name;
    schedule.mark = keys.given.at("schedule");
    if (!keys.settings.has("schedule.window")) schedule.window = report_.window;
    schedules.push_back(std::move(schedule));
  }

  Report& report_;
  Faults& faults_;
};

}  // namespace

std::optional<Report> read_report(YamlNode document, const std::string& folder,
                                  std::vector<Schedule>& schedules, Faults& faults) {
  replace(document, folder, faults);
  const Mapping keys = check_mapping(document, "the report", report_spec().keys, faults);
  Report report;
  report.name = keys.settings.text("report");
  report.mark = keys.has("report") ? keys.given.at("report") : keys.mark;
  if (report.name.empty()) return std::nullopt;
  if (!is_identifier(report.name)) {
    faults.add(report.mark, "bad_name",
               "the report " + in_quotes(report.name) +
                   " must be a name of letters, digits and _, at most 63 of them; rename it");
    return std::nullopt;
  }
  ReportReader(report, faults).read(keys, schedules);
  return report;
}

std::optional<Schedule> read_schedule(YamlNode document, const std::string& folder,
                                      Faults& faults) {
  replace(document, folder, faults);
  const Mapping keys = check_mapping(document, "the schedule", schedule_spec().keys, faults);
  Schedule schedule = read_keys(keys, "", faults);
  schedule.report = keys.settings.text("report");
  schedule.mark = keys.has("report") ? keys.given.at("report") : keys.mark;
  if (schedule.report.empty()) return std::nullopt;
  return schedule;
}

Missed missed_of(const std::string& word) {
  if (word == "last") return Missed::Last;
  return word == "none" ? Missed::None : Missed::All;
}

std::string schedule_text(const Schedule& schedule) {
  const char* missed = schedule.missed == Missed::All    ? "all"
                       : schedule.missed == Missed::Last ? "last"
                                                         : "none";
  return fmt::format(
      "# Made by `clearwell report schedule`; may be changed or removed by hand.\n"
      "report: {}\ncron: \"{}\"\nwindow: {}m\nzone: {}\nmissed: {}\n",
      schedule.report, schedule.cron, schedule.window.count(), schedule.zone, missed);
}

std::string schedule_file(const Schedule& schedule) {
  return fmt::format("schedules/{}-{}m.yaml", lower_case(schedule.report), schedule.window.count());
}

void check_reports(const Project& project, Faults& faults) {
  std::map<std::string, const Report*> reports;
  std::vector<std::string> names;
  for (const Report& report : project.reports) {
    names.push_back(report.name);
    const auto [first, is_new] = reports.emplace(lower_case(report.name), &report);
    if (is_new) continue;
    faults.add(report.mark, "duplicate_name",
               "the report " + in_quotes(report.name) + " is already in " +
                   place(first->second->mark) + "; rename one of them");
  }
  std::map<std::pair<std::string, minutes>, const Schedule*> schedules;
  for (const Schedule& schedule : project.schedules) {
    const std::string name = lower_case(schedule.report);
    if (!reports.contains(name)) {
      faults.add(schedule.mark, "unknown_report",
                 "there is no report " + in_quotes(schedule.report) +
                     (names.empty() ? "; there is none in reports/"
                                    : suggestion_and_list(schedule.report, names, "reports")));
      continue;
    }
    const auto [first, is_new] = schedules.emplace(std::pair(name, schedule.window), &schedule);
    if (is_new) continue;
    faults.add(schedule.mark, "duplicate_name",
               fmt::format("the report {} has a schedule for windows of {} minutes already, in "
                           "{}; remove one of them",
                           in_quotes(schedule.report), schedule.window.count(),
                           place(first->second->mark)));
  }
}

}  // namespace clearwell::config
