#include "reports/scheduler.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/process_identity.h"
#include "base/step.h"
#include "config/phrases.h"
#include "reports/reports.h"
#include "reports/sql.h"

namespace clearwell::reports {
namespace {

using duckdb::quote_text;
using std::chrono::hours;
using std::chrono::minutes;

// Nothing is heard of a process on another machine: after so long, its work is another's.
constexpr auto longest_work = minutes(10);
constexpr auto ask_again = std::chrono::seconds(2);

// As Instant's count, whatever the warehouse prints.
std::string micros_of(const std::string& expression) {
  return "CAST(CAST(extract(epoch FROM " + expression + ") * 1000000 AS BIGINT) AS VARCHAR)";
}

Instant instant_of(const std::string& micros) { return Instant(Micros(std::stoll(micros))); }

// The last due moment up to `until`, none after `from`. Looked for in ever longer spans, so that a
// year of minutes is not walked through.
Instant last_due(const Cron& cron, Instant from, Instant until) {
  for (const hours span : {hours(1), hours(24), hours(24 * 31), hours(24 * 400)}) {
    Instant due = cron.next(std::max(from, until - span));
    if (due > until) continue;
    for (Instant next = due; next <= until; next = cron.next(next)) due = next;
    return due;
  }
  return cron.next(from);
}

}  // namespace

Scheduler::Scheduler(const config::Project& project, warehouses::Warehouse& warehouse)
    : project_(project), warehouse_(warehouse), owner_(process_identity()) {
  for (const config::Schedule& schedule : project.schedules) {
    auto cron = Cron::parse(schedule.cron, schedule.zone);
    CW_ASSERT(cron.ok());
    const config::Report* report = project.find_report(schedule.report);
    CW_ASSERT(report != nullptr);
    plans_.push_back(
        {&schedule, report, std::move(cron).value(),
         fmt::format("report = {} AND minutes = {}", quote_text(config::lower_case(report->name)),
                     schedule.window.count())});
  }
}

Result<std::vector<std::string>> Scheduler::texts(const std::string& select) {
  CW_ASSIGN(const duckdb::Rows rows, warehouse_.query(select));
  std::vector<std::string> out;
  if (rows.size() == 0) return out;
  for (size_t i = 0; i < rows.schema.size(); ++i) {
    const duckdb::Column column = rows.chunks.front().column(i);
    out.push_back(column.is_valid(0) ? std::string(column.text(0)) : "");
  }
  return out;
}

// A schedule seen for the first time begins now: a row without a report says since when.
Result<void> Scheduler::learn(Plan& plan) {
  const std::string newest =
      "SELECT " + micros_of("max(due)") + " FROM clearwell.report_runs WHERE " + plan.where;
  CW_ASSIGN(std::vector<std::string> last, texts(newest));
  if (last.empty() || last.front().empty()) {
    CW_TRY(warehouse_.execute(fmt::format(
        "INSERT INTO clearwell.report_runs (report, minutes, due, state) VALUES ({}, {}, {}, "
        "'scheduled') ON CONFLICT DO NOTHING",
        quote_text(config::lower_case(plan.report->name)), plan.schedule->window.count(),
        literal(began_))));
    CW_ASSIGN(last, texts(newest));
    step("report.scheduled");
  }
  // What another process has begun and not ended is looked at again.
  CW_ASSIGN(const auto open,
            texts("SELECT " + micros_of("min(due)") +
                  " FROM clearwell.report_runs WHERE state = 'running' AND " + plan.where));
  const bool unfinished = !open.empty() && !open.front().empty();
  plan.next = unfinished ? instant_of(open.front()) : first_of(plan, instant_of(last.front()));
  plan.known = true;
  return {};
}

// What is due first after `last`, of that what the schedule wants made up for.
Instant Scheduler::first_of(const Plan& plan, Instant last) const {
  const Instant next = plan.cron.next(last);
  if (next >= began_ || plan.schedule->missed == config::Missed::All) return next;
  const Instant before = began_ - Micros(1);
  if (plan.schedule->missed == config::Missed::Last) return last_due(plan.cron, last, before);
  return plan.cron.next(before);
}

Result<Scheduler::Claim> Scheduler::claim(const Plan& plan) {
  const std::string mine = plan.where + " AND due = " + literal(plan.next);
  CW_TRY(warehouse_.execute(fmt::format(
      "INSERT INTO clearwell.report_runs (report, minutes, due, state, owner, taken_at) VALUES "
      "({}, {}, {}, 'running', {}, {}) ON CONFLICT DO NOTHING",
      quote_text(config::lower_case(plan.report->name)), plan.schedule->window.count(),
      literal(plan.next), quote_text(owner_), literal(now()))));
  CW_ASSIGN(const auto row, texts("SELECT state, owner, " + micros_of("taken_at") +
                                  " FROM clearwell.report_runs WHERE " + mine));
  if (row.size() != 3 || row[0] != "running") return Claim::Over;
  if (row[1] == owner_) return Claim::Ours;
  if (!has_ended(row[1]) && now() - instant_of(row[2]) < longest_work) return Claim::Theirs;
  CW_TRY(warehouse_.execute(fmt::format(
      "UPDATE clearwell.report_runs SET owner = {}, taken_at = {} WHERE {} AND owner = {} AND "
      "taken_at = {}",
      quote_text(owner_), literal(now()), mine, quote_text(row[1]), literal(instant_of(row[2])))));
  CW_ASSIGN(const auto after, texts("SELECT owner FROM clearwell.report_runs WHERE " + mine));
  return !after.empty() && after.front() == owner_ ? Claim::Ours : Claim::Theirs;
}

Result<void> Scheduler::note(const Plan& plan, const std::string& changes) {
  return warehouse_.execute(fmt::format(
      "UPDATE clearwell.report_runs SET ended_at = {}, {} WHERE {} AND due = {} AND owner = {}",
      literal(now()), changes, plan.where, literal(plan.next), quote_text(owner_)));
}

Result<void> Scheduler::make_one(const Plan& plan) {
  const Request request{window_before(plan.next, plan.schedule->window),
                        project_.folder + "/outputs", plan.report->formats};
  auto made = make(warehouse_, *plan.report, request);
  step("report.made");
  if (made.ok())
    return note(plan, fmt::format("state = 'done', rows = {}", made->files.front().rows));
  if (made.error().kind == ErrorKind::Retryable) return std::move(made).error();
  log_error(fmt::format("the report {} of {} was not made: {}", plan.report->name,
                        to_iso8601(plan.next), made.error().message));
  return note(plan, "state = 'failed', message = " + quote_text(made.error().message));
}

Scheduler::Plan* Scheduler::oldest() {
  Plan* found = nullptr;
  for (Plan& plan : plans_) {
    const bool due = plan.next <= now() && plan.not_before <= Steady::now();
    if (due && (found == nullptr || plan.next < found->next)) found = &plan;
  }
  return found;
}

Result<void> Scheduler::make_due(const std::function<bool()>& stopping) {
  for (Plan& plan : plans_) {
    if (!plan.known) CW_TRY(learn(plan));
  }
  while (!stopping()) {
    Plan* const plan = oldest();
    if (plan == nullptr) return {};
    CW_ASSIGN(const Claim claimed, claim(*plan));
    step("report.claimed");
    if (claimed == Claim::Theirs) {
      plan->not_before = Steady::now() + ask_again;
      continue;
    }
    if (claimed == Claim::Ours) CW_TRY(make_one(*plan));
    plan->next = first_of(*plan, plan->next);
  }
  return {};
}

}  // namespace clearwell::reports
