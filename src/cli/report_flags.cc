#include "cli/report_flags.h"

#include "cli/flag_kit.h"

namespace clearwell::cli {
namespace {

void add_run(CLI::App& report, Parsed& parsed) {
  CLI::App* command = report.add_subcommand("run", "make one report now");
  add_common(*command, parsed, true);
  auto arguments = on(*command, parsed, report_run);
  command->add_option("name", arguments->name, "the report, in any case")
      ->type_name("NAME")
      ->required();
  command
      ->add_option("-e,--end", arguments->end,
                   "where the window ends, without that moment itself; UTC unless it names a zone "
                   "(default: now)")
      ->type_name("TIME");
  command
      ->add_option("-o,--minutes", arguments->minutes,
                   "length of the window (default: the report's, which is 15 unless it says so)")
      ->type_name("MINUTES")
      ->check(whole_number(1));
  command->add_flag("--details", arguments->details, "write the rows behind it as well");
  command
      ->add_option("--format", arguments->formats,
                   "csv, json, parquet, or several (default: as the report says)")
      ->type_name("FORMAT")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(one_of({"csv", "json", "parquet"}));
  command->add_option("--to", arguments->to, "a folder (default: outputs/ of the project)")
      ->type_name("DIR");
  command->footer(
      "Writes outputs/NAME/dt=END/report.csv and so on; outputs/NAME/latest is a link to the\n"
      "latest END.\n\n"
      "Examples:\n"
      "  clearwell report run age\n"
      "  clearwell report run age -e 2019-08-15T12:00:00Z -o 60\n"
      "  clearwell report run status -e '2019-08-15 09:00 -0300' --details --format csv,parquet");
}

void add_schedule(CLI::App& report, Parsed& parsed) {
  CLI::App* command = report.add_subcommand("schedule", "have a report made again and again");
  add_common(*command, parsed, true);
  auto arguments = on(*command, parsed, report_schedule);
  command->add_option("name", arguments->name, "the report, in any case")
      ->type_name("NAME")
      ->required();
  command
      ->add_option("-s,--schedule", arguments->cron,
                   "a cron line, minute hour day month weekday, or @hourly and so on")
      ->type_name("CRON");
  command
      ->add_option("-o,--minutes", arguments->minutes,
                   "length of the window, which ends when it is due (default: the report's)")
      ->type_name("MINUTES")
      ->check(whole_number(1));
  command->add_option("--zone", arguments->zone, "time zone of the cron line (default: UTC)")
      ->type_name("ZONE");
  command
      ->add_option("--missed", arguments->missed,
                   "what became due while nothing ran is made up for: all (default), last, none")
      ->type_name("WHICH")
      ->check(one_of({"all", "last", "none"}));
  command->add_flag("--remove", arguments->remove, "end the schedule of this window");
  command->footer(
      "Kept in schedules/ of the project, one for each report and window; `clearwell run` makes\n"
      "what is due from its next start on.\n\n"
      "Examples:\n"
      "  clearwell report schedule age -s '*/15 * * * *' -o 15\n"
      "  clearwell report schedule status -s '0 6 * * MON-FRI' -o 1440 --zone America/Sao_Paulo\n"
      "  clearwell report schedule age -o 15 --remove");
}

}  // namespace

void add_report(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("report", "reports for a window of time");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "the project's reports, and when they are due");
  add_common(*list, parsed, true);
  on(*list, parsed, report_list);
  list->footer("Example:\n  clearwell report list");
  add_run(*command, parsed);
  add_schedule(*command, parsed);
  command->footer(
      "Examples:\n"
      "  clearwell report list\n"
      "  clearwell report run age -e 2019-08-15T12:00:00Z -o 60");
}

}  // namespace clearwell::cli
