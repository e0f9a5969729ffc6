// Reads reports/*.yaml, and schedules/*.yaml that `clearwell report schedule` writes.
#pragma once

#include <optional>
#include <string>

#include "config/project.h"
#include "config/yaml_node.h"

namespace clearwell::config {

// A report, and the schedule that its file may hold (added to `schedules`). None, and a fault, if
// it has no name.
std::optional<Report> read_report(YamlNode document, const std::string& folder,
                                  std::vector<Schedule>& schedules, Faults& faults);

// A schedule in a file of its own.
std::optional<Schedule> read_schedule(YamlNode document, const std::string& folder, Faults& faults);

// What the words all, last and none mean.
Missed missed_of(const std::string& word);

// The text of such a file, and its name below the project folder: "schedules/age-15m.yaml".
std::string schedule_text(const Schedule& schedule);
std::string schedule_file(const Schedule& schedule);

// Faults: two reports of one name (upper and lower case are alike), a schedule of a report that is
// not there, two schedules of one report and window.
void check_reports(const Project& project, Faults& faults);

}  // namespace clearwell::config
