#include "validate/checks.h"

#include <algorithm>

#include "batch/record_sql.h"

namespace clearwell::validate {
namespace {

std::string first_line(const std::string& message) { return message.substr(0, message.find('\n')); }

void collect(const duckdb::Rows& rows, std::vector<uint32_t>& records) {
  for (const duckdb::Chunk& chunk : rows.chunks) {
    const auto* data = chunk.column(0).data<int64_t>();
    for (size_t i = 0; i < chunk.rows(); ++i) records.push_back(static_cast<uint32_t>(data[i]));
  }
}

}  // namespace

Result<Checks> Checks::compile(duckdb::Connection& connection, const config::Kind& kind,
                               config::Faults& faults) {
  Checks out;
  for (const config::Check& check : kind.checks) {
    CW_ASSIGN(const batch::RecordSql select, batch::record_expression(connection, check.sql));
    for (const std::string& text : select.faults) {
      faults.add(check.sql_mark, "bad_sql", "check " + check.name + ": " + first_line(text));
    }
    if (!select.faults.empty()) continue;
    auto schema = connection.describe(select.sql);
    if (!schema.ok()) {
      faults.add(check.sql_mark, "bad_sql",
                 "check " + check.name + ": " + first_line(schema.error().message));
    } else if ((*schema)[1].type.id != duckdb::TypeId::Boolean) {
      faults.add(check.sql_mark, "check_not_boolean",
                 "check " + check.name + ": it gives " + duckdb::to_sql((*schema)[1].type) +
                     ", but must give true or false");
    } else {
      out.compiled_.push_back(
          {&check, select.sql, "SELECT _record FROM (" + select.sql + ") WHERE NOT holds"});
    }
  }
  return out;
}

Result<std::vector<uint32_t>> Checks::violations(duckdb::Connection& connection,
                                                 const Compiled& compiled,
                                                 batch::Reasons& reasons) const {
  std::vector<uint32_t> records;
  auto rows = connection.query(compiled.violations);
  if (rows.ok()) {
    collect(*rows, records);
    return records;
  }
  if (rows.error().kind != ErrorKind::Fatal) return std::move(rows).error();
  return isolate(connection, compiled, reasons);
}

// An error in one row fails the whole query. TRY makes it NULL, as an undecided check is too, so
// those are halved until the failing ones stand alone; so are all records where TRY does not help
// (subqueries, error()).
Result<std::vector<uint32_t>> Checks::isolate(duckdb::Connection& connection,
                                              const Compiled& compiled,
                                              batch::Reasons& reasons) const {
  const std::string guarded = "SELECT _record, TRY(holds) AS holds FROM (" + compiled.sql + ")";
  std::vector<uint32_t> records, undecided;
  auto tried = connection.query("SELECT _record FROM (" + guarded + ") WHERE NOT holds");
  if (tried.ok()) {
    collect(*tried, records);
    CW_ASSIGN(const duckdb::Rows unknown,
              connection.query("SELECT _record FROM (" + guarded + ") WHERE holds IS NULL"));
    collect(unknown, undecided);
  } else {
    CW_ASSIGN(const duckdb::Rows all, connection.query("SELECT _record FROM judged"));
    collect(all, undecided);
  }
  std::sort(undecided.begin(), undecided.end());
  std::vector<std::span<const uint32_t>> todo = {undecided};
  while (!todo.empty()) {
    const std::span<const uint32_t> some = todo.back();
    todo.pop_back();
    if (some.empty()) continue;
    auto found =
        connection.query("SELECT _record FROM (" + between(compiled, some) + ") WHERE NOT holds");
    if (found.ok()) {
      if (!tried.ok()) collect(*found, records);
    } else if (found.error().kind != ErrorKind::Fatal) {
      return std::move(found).error();
    } else if (some.size() == 1) {
      reasons.add(some[0], {"check.error", "", "",
                            "check " + compiled.check->name +
                                " could not be evaluated: " + first_line(found.error().message)});
    } else {
      todo.push_back(some.subspan(some.size() / 2));
      todo.push_back(some.first(some.size() / 2));
    }
  }
  return records;
}

std::string Checks::between(const Compiled& compiled, std::span<const uint32_t> records) {
  return "SELECT _record, (" + compiled.check->sql +
         "\n) AS holds FROM (FROM judged WHERE _record "
         "BETWEEN " +
         std::to_string(records.front()) + " AND " + std::to_string(records.back()) + ") AS judged";
}

Result<Checks::Outcome> Checks::apply(duckdb::Connection& connection,
                                      batch::Reasons& reasons) const {
  Outcome outcome;
  for (const Compiled& compiled : compiled_) {
    const config::Check& check = *compiled.check;
    CW_ASSIGN(const std::vector<uint32_t> records, violations(connection, compiled, reasons));
    for (uint32_t record : records) {
      if (check.action == config::CheckAction::Warn) {
        outcome.warnings.emplace_back(record, &check);
      } else if (check.action == config::CheckAction::Stop) {
        outcome.stops.emplace_back(record, &check);
      } else {
        reasons.add(record,
                    {"check." + check.name, "", "",
                     check.message.empty() ? "check " + check.name + " does not hold: " + check.sql
                                           : check.message});
      }
    }
  }
  return outcome;
}

}  // namespace clearwell::validate
