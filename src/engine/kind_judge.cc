#include "engine/kind_judge.h"

#include <algorithm>

#include "batch/record_analysis.h"
#include "batch/record_sql.h"
#include "batch/row_hash.h"
#include "engine/csv_formats.h"

namespace clearwell::engine {
namespace {

using duckdb::Chunk;
using duckdb::Column;

duckdb::Schema judged_schema(const duckdb::Schema& contract) {
  duckdb::Schema schema = contract;
  const duckdb::Schema& system = batch::system_columns();
  schema.insert(schema.end(), system.begin(), system.end());
  schema.push_back({"_ok", duckdb::simple(duckdb::TypeId::Boolean)});
  return schema;
}

std::vector<batch::TakenType> taken_types(const TypeBook& types) {
  std::vector<batch::TakenType> out;
  for (const auto& [name, type] : types) {
    const size_t dot = name.rfind('.');
    out.push_back({name.substr(0, dot), name.substr(dot + 1), type});
  }
  return out;
}

// The payload did not even parse: nothing of it may be trusted.
bool unreadable(const std::vector<batch::Reason>& reasons) {
  return std::any_of(reasons.begin(), reasons.end(), [](const batch::Reason& reason) {
    return reason.code.starts_with("json.") || reason.code.starts_with("csv.") ||
           reason.code.starts_with("record.");
  });
}

bool only_missing_parents(const std::vector<batch::Reason>& reasons) {
  return std::all_of(reasons.begin(), reasons.end(), [](const batch::Reason& reason) {
    return reason.code == "reference.missing" || reason.code == "more";
  });
}

// Its bytes are made for those who ask only; COLUMNS('…') may ask without naming it.
bool names_order(const config::Kind& kind) {
  const auto names = [](const std::string& sql) {
    const std::string text = batch::lower(sql);
    return text.find("_order") != std::string::npos || text.find("columns") != std::string::npos;
  };
  return std::any_of(kind.checks.begin(), kind.checks.end(),
                     [&](const config::Check& check) { return names(check.sql); }) ||
         std::any_of(kind.loads.begin(), kind.loads.end(),
                     [&](const config::Load& load) { return names(load.sql); });
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

KindJudge::KindJudge(const config::Kind& kind, duckdb::Connection connection)
    : connection_(std::move(connection)) {
  plan_.kind = &kind;
}

Result<std::unique_ptr<KindJudge>> KindJudge::make(duckdb::Database& database,
                                                   const config::Pipeline& pipeline,
                                                   const config::Kind& kind, TypeBook& types,
                                                   config::Faults& faults) {
  CW_ASSIGN(duckdb::Connection connection, database.connect());
  std::unique_ptr<KindJudge> judge(new KindJudge(kind, std::move(connection)));
  CW_TRY(judge->compile(pipeline, types, faults));
  return judge;
}

Result<void> KindJudge::compile(const config::Pipeline& pipeline, TypeBook& types,
                                config::Faults& faults) {
  const config::Kind& kind = *plan_.kind;
  const size_t before = faults.size();
  decode::check_contract(kind, faults);
  plan_.contract = batch::contract_schema(kind, taken_types(types));
  plan_.key = batch::key_columns(kind.fields);
  plan_.reads_order = names_order(kind);
  CW_ASSIGN(judged_, connection_.add_relation("judged", judged_schema(plan_.contract)));
  CW_TRY(transform::define_accepted(connection_));
  CW_ASSIGN(checks_, validate::Checks::compile(connection_, kind, faults));
  CW_ASSIGN(plan_.loads, transform::compile_loads(connection_, kind, faults));
  if (faults.size() != before) return {};
  // Without a load (a fault of the project that has been told already) there is no target.
  if (!plan_.loads.empty()) make_targets(pipeline.name);
  for (const warehouses::Target& target : plan_.targets) {
    for (const duckdb::ColumnSchema& column : target.columns) {
      types[target.table + "." + column.name] = column.type;
    }
  }
  decoder_ = decode::make_decoder(kind, plan_.contract, csv_formats(pipeline));
  rules_ = std::make_unique<validate::Rules>(kind);
  references_ = std::make_unique<validate::References>(kind, plan_.contract);
  return {};
}

void KindJudge::make_targets(const std::string& pipeline) {
  for (const transform::LoadQuery& query : plan_.loads) {
    warehouses::Target target;
    target.pipeline = pipeline;
    target.table = query.load->table;
    target.columns = query.columns;
    target.key = query.key;
    target.mode = query.load->mode;
    target.version = query.version;
    target.history = query.load->history;
    target.first = &query == &plan_.loads.front();
    target.patched = query.load->patched;
    target.deleted_from = query.load->deleted_from;
    target.parent_key = query.parent_key;
    plan_.targets.push_back(std::move(target));
  }
  find_copied_columns();
  find_readers();
  find_gathered();
}

// What all loads over all records need together.
void KindJudge::find_gathered() {
  std::string columns;
  for (const transform::LoadQuery& query : plan_.loads) {
    for (const duckdb::ColumnSchema& column : query.gathers) {
      const auto same = [&](const duckdb::ColumnSchema& other) {
        return other.name == column.name;
      };
      if (std::any_of(plan_.gathers.begin(), plan_.gathers.end(), same)) continue;
      plan_.gathers.push_back(column);
      columns += ", " + duckdb::quote_name(column.name);
    }
  }
  gather_ = "SELECT _record" + columns + " FROM accepted";
}

// Which columns of a patch change with which field.
void KindJudge::find_readers() {
  for (const transform::LoadQuery& query : plan_.loads) {
    auto& readers = readers_.emplace_back();
    for (size_t column = 0; column < query.reads.size(); ++column) {
      for (const std::string& path : query.reads[column]) {
        const auto number = batch::field_number(plan_.kind->fields, path);
        if (number) readers.emplace(*number, column);
      }
    }
  }
}

std::vector<std::string> KindJudge::fields_of(size_t load, const Judged& judged,
                                              const KindShare& share) const {
  if (plan_.loads[load].load->mode != config::LoadMode::Patch) return {};
  std::string all(plan_.targets[load].columns.size(), '1');
  for (size_t column : plan_.targets[load].key) all[column] = '0';
  std::vector<std::string> out(judged.verdicts.size(), all);
  for (const auto& [row, field] : share.columns.absent) {
    const auto [first, last] = readers_[load].equal_range(field);
    for (auto reader = first; reader != last; ++reader) {
      out[share.columns.rows[row]][reader->second] = '0';
    }
  }
  return out;
}

// Which contract columns the first load's key and version are copies of.
void KindJudge::find_copied_columns() {
  const transform::LoadQuery& first = plan_.loads.front();
  const auto find = [&](const std::string& field, size_t column) {
    const auto path = batch::find_column(plan_.kind->fields, field);
    const bool same =
        path && duckdb::column_at(plan_.contract, *path).type == first.columns[column].type;
    return same ? *path : duckdb::ColumnPath();
  };
  for (size_t i = 0; i < first.key_fields.size(); ++i) {
    duckdb::ColumnPath column = find(first.key_fields[i], first.key[i]);
    if (!column.empty()) plan_.known_key.push_back(std::move(column));
  }
  if (plan_.known_key.size() != first.key.size()) plan_.known_key.clear();
  if (first.version >= 0) {
    plan_.version = find(first.version_field, static_cast<size_t>(first.version));
  }
}

void KindJudge::decode(Judged& judged, KindShare& share) {
  decoder_->decode(judged.input.raw.records, share.columns.rows, share.columns, judged.reasons);
  rules_->apply(share.columns, judged.reasons);
}

// Puts system columns beside the contract's and hands them to `judged`. After references have
// written their columns: an extended chunk shares the memory of its base.
void KindJudge::extend(const Judged& judged, const KindShare& share) {
  judged_->clear();
  chunks_.clear();
  static const duckdb::Schema added = judged_schema({});
  size_t first = 0;
  for (const Chunk& base : share.columns.data.chunks) {
    Chunk chunk = base.extend(plan_.contract, added);
    const size_t at = plan_.contract.size();
    std::vector<Column> columns;
    for (size_t i = 0; i < added.size(); ++i) columns.push_back(chunk.column(at + i));
    for (size_t row = 0; row < base.rows(); ++row) {
      const uint32_t index = share.columns.rows[first + row];
      const batch::Record& record = judged.input.raw.records[index];
      columns[0].data<int64_t>()[row] = index;
      columns[1].data<int64_t>()[row] = record.arrived.time_since_epoch().count();
      if (judged.reasons.has(index) && unreadable(judged.reasons.of(index))) {
        columns[2].set_null(row);  // perhaps no UTF-8
      } else {
        columns[2].set_text(row, record.payload);
      }
      columns[3].set_text(row, record.source);
      columns[4].set_text(row, record.partition);
      columns[5].data<int64_t>()[row] = record.offset;
      columns[6].data<int64_t>()[row] = record.line;
      if (plan_.reads_order) {
        columns[7].set_text_copy(row, batch::encode_order(record.order));
      } else {
        columns[7].set_null(row);
      }
      columns[8].data<uint8_t>()[row] = 1;
    }
    first += base.rows();
    chunks_.push_back(std::move(chunk));
  }
  judged_->set(&chunks_);
}

Result<void> KindJudge::validate(Judged& judged, KindShare& share, const Judge::Options& options) {
  missing_.clear();
  if (!references_->empty()) {
    CW_TRY(references_->apply(options.look_up, share.columns, judged.reasons, missing_));
    for (const validate::BatchParent& child : references_->batch_parents()) {
      judged.batch_parents.push_back(child);
    }
  }
  extend(judged, share);
  if (checks_->empty()) return {};
  CW_ASSIGN(const validate::Checks::Outcome outcome, checks_->apply(connection_, judged.reasons));
  for (const auto& [record, check] : outcome.warnings) ++judged.warnings[check->name];
  for (const auto& [record, check] : outcome.stops) {
    if (judged.input.origin != Origin::Source) {
      judged.reasons.add(record, {"check." + check->name, "", "", check->sql});
    } else if (!judged.stop_at || record < *judged.stop_at) {
      judged.stop_at = record;
      judged.stopped_by = check->name;
    }
  }
  return {};
}

void KindJudge::settle_verdicts(Judged& judged, const KindShare& share,
                                const Judge::Options& options) {
  for (const validate::MissingParent& missing : missing_) {
    // Also of a record with other faults: judged again when the parent comes, it stays rejected,
    // but its reasons are then those that it would have had.
    auto& waits = judged.waits[missing.record];
    const std::string target = missing.reference->table + "." + missing.reference->column;
    const std::pair<std::string, std::string> wait(target, missing.value);
    if (std::find(waits.begin(), waits.end(), wait) == waits.end()) waits.push_back(wait);
  }
  for (uint32_t record : share.columns.rows) {
    if (!judged.reasons.has(record)) continue;
    judged.verdicts[record] = Verdict::Reject;
    if (judged.input.raw.records[record].settled || !unreadable(judged.reasons.of(record))) {
      continue;
    }
    judged.verdicts[record] = Verdict::Retry;
  }
  if (judged.input.origin == Origin::Source) park_waiting(judged, options);
}

// Parks records that miss nothing but parents, all of which may still be waited for.
void KindJudge::park_waiting(Judged& judged, const Judge::Options& options) const {
  std::unordered_map<uint32_t, std::vector<const validate::MissingParent*>> by_record;
  for (const validate::MissingParent& missing : missing_) {
    by_record[missing.record].push_back(&missing);
  }
  for (const auto& [record, parents] : by_record) {
    std::chrono::microseconds patience = std::chrono::microseconds::max();
    bool park = only_missing_parents(judged.reasons.of(record));
    for (const validate::MissingParent* missing : parents) {
      const config::Reference& reference = *missing->reference;
      park &= reference.park.has_value() && options.can_wait(reference.table);
      patience = std::min(patience, reference.park.value_or(patience));
    }
    if (!park) continue;
    judged.verdicts[record] = Verdict::Park;
    judged.patience[record] = patience;
  }
}

void KindJudge::set_ok(const Judged& judged, const KindShare& share) {
  const size_t ok = plan_.contract.size() + batch::system_columns().size();
  size_t first = 0;
  for (Chunk& chunk : chunks_) {
    auto* flags = chunk.column(ok).data<uint8_t>();
    for (size_t row = 0; row < chunk.rows(); ++row) {
      flags[row] = judged.verdicts[share.columns.rows[first + row]] == Verdict::Accept ? 1 : 0;
    }
    first += chunk.rows();
  }
}

void KindJudge::find_child_of(const warehouses::LoadRows& load, KindShare& share) {
  const auto child = references_->first_child(load.target->table, load.rows, share.columns);
  if (child) share.first_child = std::min(*child, share.first_child.value_or(*child));
}

void KindJudge::find_first_child(KindShare& share) {
  for (const warehouses::LoadRows& load : share.loads) find_child_of(load, share);
}

Result<void> KindJudge::load(Judged& judged, KindShare& share, const Judge::Options& options) {
  settle_verdicts(judged, share, options);
  set_ok(judged, share);
  auto done = run_loads(judged, share);
  if (!done.ok() && done.error().kind == ErrorKind::Fatal) {
    // Some record's values make the user's SQL fail: find it, leave it out, go on without it.
    std::vector<uint32_t> accepted;
    for (uint32_t record : share.columns.rows) {
      if (judged.verdicts[record] == Verdict::Accept) accepted.push_back(record);
    }
    CW_TRY(isolate(judged, share, accepted));
    set_ok(judged, share);
    CW_TRY(run_loads(judged, share));
  } else {
    CW_TRY(done);
  }
  judged_->clear();
  CW_TRY(reject_null_keys(judged, share));
  find_first_child(share);
  // Batches wait for their transaction with what it needs of them.
  std::vector<size_t> needed;
  for (const duckdb::ColumnPath& path : plan_.key) needed.push_back(path.front());
  for (const duckdb::ColumnPath& path : plan_.known_key) needed.push_back(path.front());
  if (!plan_.version.empty()) needed.push_back(plan_.version.front());
  chunks_.clear();
  share.columns.data.keep_only(needed);
  return {};
}

namespace {

// A join can make a _record NULL, which no look at the SQL tells.
Result<void> check_records(const Judged& judged, const warehouses::LoadRows& load) {
  for (const Chunk& chunk : load.rows.chunks) {
    const Column records = chunk.column(0);
    const auto* data = records.data<int64_t>();
    for (size_t row = 0; row < chunk.rows(); ++row) {
      const bool known = records.is_valid(row) && data[row] >= 0 &&
                         static_cast<size_t>(data[row]) < judged.verdicts.size() &&
                         judged.verdicts[static_cast<size_t>(data[row])] == Verdict::Accept;
      if (known) continue;
      return config_error("load " + load.target->table +
                          ": a row's _record is NULL or none of the batch's accepted records");
    }
  }
  return {};
}

}  // namespace

Result<warehouses::LoadRows> KindJudge::run_load(size_t load, const Judged& judged,
                                                 const KindShare& share) {
  const transform::LoadQuery& query = plan_.loads[load];
  warehouses::LoadRows out{&plan_.targets[load], {}, {}, fields_of(load, judged, share)};
  CW_ASSIGN(out.rows, transform::run_load(connection_, query));
  CW_ASSIGN(out.deletes, transform::run_deletes(connection_, query, judged.verdicts.size()));
  return out;
}

Result<void> KindJudge::run_loads(const Judged& judged, KindShare& share) {
  share.loads.clear();
  for (size_t i = 0; i < plan_.loads.size(); ++i) {
    if (plan_.loads[i].load->over_all) continue;
    CW_ASSIGN(warehouses::LoadRows load, run_load(i, judged, share));
    share.loads.push_back(std::move(load));
    CW_TRY(check_records(judged, share.loads.back()));
  }
  if (!plan_.gathers.empty()) {
    CW_ASSIGN(share.gathered, connection_.query(gather_));
  }
  return {};
}

// Halves the records until the failing ones stand alone. Each gets reason transform.error.
Result<void> KindJudge::isolate(Judged& judged, const KindShare& share,
                                std::span<const uint32_t> records) {
  std::vector<Verdict> saved = judged.verdicts;
  const auto only = [&](std::span<const uint32_t> some) {
    for (uint32_t record : records) judged.verdicts[record] = Verdict::Reject;
    for (uint32_t record : some) judged.verdicts[record] = Verdict::Accept;
    set_ok(judged, share);
    for (size_t i = 0; i < plan_.loads.size(); ++i) {
      if (plan_.loads[i].load->over_all) continue;
      auto rows = run_load(i, judged, share);
      if (!rows.ok()) return std::optional(std::move(rows).error());
    }
    return std::optional<Error>();
  };
  std::vector<std::span<const uint32_t>> todo = {records};
  while (!todo.empty()) {
    const std::span<const uint32_t> some = todo.back();
    todo.pop_back();
    if (some.empty()) continue;
    const std::optional<Error> error = only(some);
    if (!error) continue;
    if (error->kind != ErrorKind::Fatal) return *error;
    if (some.size() == 1) {
      judged.reasons.add(some[0], {"transform.error", "", "",
                                   "its rows could not be made: " + first_line(error->message)});
      saved[some[0]] = Verdict::Reject;
      continue;
    }
    todo.push_back(some.subspan(some.size() / 2));
    todo.push_back(some.first(some.size() / 2));
  }
  judged.verdicts = std::move(saved);
  return {};
}

Result<void> KindJudge::reject_null_keys(Judged& judged, KindShare& share) {
  bool any = false;
  for (const warehouses::LoadRows& load : share.loads) {
    std::vector<size_t> key;
    for (size_t column : load.target->key) key.push_back(column + 1);
    if (key.empty()) continue;
    const std::vector<size_t> rows = batch::rows_with_null(load.rows, key);
    size_t base = 0, next = 0;
    for (const Chunk& chunk : load.rows.chunks) {
      for (; next < rows.size() && rows[next] < base + chunk.rows(); ++next) {
        const auto record =
            static_cast<uint32_t>(chunk.column(0).data<int64_t>()[rows[next] - base]);
        judged.reject(record, {"key.null", "", "",
                               "the key of its row for " + load.target->table + " is NULL"});
        any = true;
      }
      base += chunk.rows();
    }
  }
  if (any) judged.filter_loads();
  return {};
}

}  // namespace clearwell::engine
