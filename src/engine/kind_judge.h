// One record kind of a judge: its connection with the relation `judged` and the view `accepted`,
// and the stages that a batch goes through.
#pragma once

#include <memory>

#include "engine/judge.h"

namespace clearwell::engine {

class KindJudge {
 public:
  static Result<std::unique_ptr<KindJudge>> make(duckdb::Database& database,
                                                 const config::Pipeline& pipeline,
                                                 const config::Kind& kind, TypeBook& types,
                                                 config::Faults& faults);

  // Fills share.columns and the reasons of the records in share.columns.rows.
  void decode(Judged& judged, KindShare& share);
  // References and checks. REQUIRES: decode() of this batch.
  Result<void> validate(Judged& judged, KindShare& share, const Judge::Options& options);
  // A record that refers to a row which an earlier record of this batch changes or deletes: it is
  // to be judged when that is done. REQUIRES: decode() of this batch; `load` is another kind's.
  void find_child_of(const warehouses::LoadRows& load, KindShare& share);
  // Settles the verdicts and runs the loads over what is accepted.
  Result<void> load(Judged& judged, KindShare& share, const Judge::Options& options);

  const KindPlan& plan() const { return plan_; }
  validate::References& references() { return *references_; }

 private:
  KindJudge(const config::Kind& kind, duckdb::Connection connection);

  Result<void> compile(const config::Pipeline& pipeline, TypeBook& types, config::Faults& faults);
  void make_targets(const std::string& pipeline);
  void find_copied_columns();
  void extend(const Judged& judged, const KindShare& share);
  void settle_verdicts(Judged& judged, const KindShare& share, const Judge::Options& options);
  void park_waiting(Judged& judged, const Judge::Options& options) const;
  void set_ok(const Judged& judged, const KindShare& share);
  Result<void> run_loads(const Judged& judged, KindShare& share);
  Result<void> isolate(Judged& judged, const KindShare& share, std::span<const uint32_t> records);
  Result<void> reject_null_keys(Judged& judged, KindShare& share);
  void find_first_child(KindShare& share);
  void find_readers();
  void find_gathered();
  std::vector<std::string> fields_of(size_t load, const Judged& judged,
                                     const KindShare& share) const;
  // The rows of a load with what else is said of them.
  Result<warehouses::LoadRows> run_load(size_t load, const Judged& judged, const KindShare& share);

  duckdb::Connection connection_;
  KindPlan plan_;
  std::optional<duckdb::Relation> judged_;
  std::unique_ptr<decode::Decoder> decoder_;
  std::unique_ptr<validate::Rules> rules_;
  std::unique_ptr<validate::References> references_;
  std::optional<validate::Checks> checks_;
  std::vector<duckdb::Chunk> chunks_;  // what `judged` reads: contract, system columns, _ok
  std::vector<validate::MissingParent> missing_;
  std::string gather_;  // SQL for KindShare::gathered
  // Of each load with mode patch: columns that read a field, by the field's number.
  std::vector<std::multimap<uint32_t, size_t>> readers_;
};

}  // namespace clearwell::engine
