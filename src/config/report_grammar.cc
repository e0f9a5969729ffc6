// The keys of reports and schedules.
#include "config/grammar.h"

namespace clearwell::config {

namespace {

std::vector<Key> schedule_keys() {
  return {
      {.name = "cron",
       .doc = "When it is due: minute hour day month weekday, such as '*/15 * * * *', or @hourly, "
              "@daily and so on."},
      {.name = "window",
       .kind = KeyKind::Duration,
       .doc = "Each run is over the time so long before it is due. In a report, its own window is "
              "the default.",
       .min = 60'000'000},
      {.name = "zone", .doc = "The time zone by whose clocks it is due.", .fallback = "UTC"},
      {.name = "missed",
       .doc = "What became due while nothing ran is made up for later: all of it, the last one, or "
              "nothing.",
       .fallback = "all",
       .choices = {"all", "last", "none"}},
  };
}

std::vector<Key> report_keys() {
  return {
      {.name = "report",
       .doc = "Its name: letters, digits and _. Upper and lower case are alike on the command "
              "line.",
       .required = true},
      {.name = "help", .doc = "A sentence for people."},
      {.name = "sql",
       .doc = "One SELECT over the warehouse, in its own SQL. ${window.start} and ${window.end} "
              "are timestamps with time zone: the start is in the window, the end is not.",
       .required = true},
      {.name = "details",
       .kind = KeyKind::Mapping,
       .doc = "The rows behind the report, on request (--details).",
       .keys = {{.name = "sql", .doc = "One SELECT, as above."}}},
      {.name = "window",
       .kind = KeyKind::Duration,
       .doc = "How long a time it is over, unless told otherwise: whole minutes.",
       .fallback = "15m",
       .min = 60'000'000},
      {.name = "outputs",
       .kind = KeyKind::TextList,
       .doc = "The files that are written.",
       .fallback = "csv",
       .choices = {"csv", "json", "parquet"}},
      {.name = "chart",
       .kind = KeyKind::Mapping,
       .doc = "How a page draws it.",
       .keys = {{.name = "kind", .doc = "Its form.", .choices = {"bar", "line", "area", "pie"}},
                {.name = "x", .doc = "The column of the x axis, or of a pie's names."},
                {.name = "y",
                 .kind = KeyKind::TextList,
                 .doc = "The column of the y axis, or several."}}},
      {.name = "schedule",
       .kind = KeyKind::Mapping,
       .doc = "When clearwell run makes it by itself.",
       .keys = schedule_keys()},
  };
}

}  // namespace

const Spec& report_spec() {
  static const Spec spec{"report", "reports/*.yaml: SQL over the warehouse for a window of time.",
                         report_keys()};
  return spec;
}

const Spec& schedule_spec() {
  static const Spec spec = [] {
    Spec out{"schedule",
             "schedules/*.yaml, as clearwell report schedule writes them: when a report is due.",
             {{.name = "report", .doc = "The report, in any case.", .required = true}}};
    for (Key& key : schedule_keys()) {
      if (key.name == "cron" || key.name == "window") key.required = true;
      out.keys.push_back(std::move(key));
    }
    return out;
  }();
  return spec;
}

}  // namespace clearwell::config
