// Draws the records of one kind: valid ones, broken ones with exactly one fault each, and
// repetitions of what was there. What becomes of each is settled afterwards (fold.h).
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "config/project.h"
#include "generate/delivery.h"
#include "generate/evaluator.h"
#include "generate/faults.h"
#include "generate/keys.h"
#include "generate/maker.h"
#include "generate/mutate.h"
#include "generate/pools.h"

namespace clearwell::generate {

struct Options {
  int64_t count = 1000;      // of the pipeline asked for; its parents have a fifth of it, but 40
  double invalid = 0.15;     // share of records with a fault, in equal parts of each fault
  double duplicates = 0.02;  // share delivered again
  double versions = 0.05;    // upserts: share that is another version of an earlier record
  double late = 0;           // share of children whose parent comes late
  double half_written = 0;   // files: share of records whose file is seen half-written
  double edges = 0.1;        // share of values from the ends of what is allowed
  uint64_t seed = 1;
  int64_t record_bytes = 0;  // records longer than this are made too (record.too_large); 0: none
  // False: records go to several lanes, so which of two comes first is not known. Then a pipeline
  // that loads its own parents gets no two records with one key and other content.
  bool ordered = true;
};

// A record drawn, with what its contract says of it.
struct Draft {
  Delivery delivery;
  std::string document;  // as SQL sees it; empty where nothing can be read
  // Reasons from the contract: before late parents have come, and after.
  std::array<std::vector<std::string>, 2> reasons;
};

class Drafter {
 public:
  // `is_parent`: other kinds refer to it, so some of its records may come late. A Config error for
  // a contract that no data can be made for. REQUIRES: all arguments outlive it.
  static Result<std::unique_ptr<Drafter>> make(const config::Pipeline& pipeline,
                                               const config::Kind& kind, Evaluator& evaluator,
                                               const Pools& pools, const Options& options);
  void set_late_share(double share) { late_share_ = share; }
  // Whether files may be seen half-written (one file a record).
  void set_half_written(double share) { half_share_ = share; }

  // Draws the next `count` records or fewer; drawn() is what came of it, in the order of delivery.
  Result<void> draw(int64_t count);
  std::deque<Draft>& drawn() { return drawn_; }
  // What could not be done, one sentence each.
  const std::set<std::string>& notes() const { return notes_; }

 private:
  // What is being tried for one place in the order.
  struct Slot {
    How how = How::First;
    std::optional<size_t> fault;  // index of faults_
    int round = 0;
    bool late_parent = false;  // refers to a parent that comes late
    Value record;
    std::string place;  // concrete path of the fault
    std::string route;  // how the record names its kind; empty: not at all
    std::string document;
    std::vector<size_t> checks;  // that it breaks
    std::vector<std::string> broken;
    std::string key;
    std::string absent;  // reference.missing: what must never become a key of this kind
  };
  struct Base {
    Value record;
    std::string bytes, key, document;
  };

  Drafter(const config::Pipeline& pipeline, const config::Kind& kind, Evaluator& evaluator,
          const Pools& pools, const Options& options);
  Slot plan();
  Result<bool> build(Slot& slot);
  Result<bool> build_valid(Slot& slot);
  Result<bool> build_version(Slot& slot, const Base& base);
  Result<bool> build_fault(Slot& slot);
  Result<bool> build_check(Slot& slot);
  Result<bool> give_fresh_key(Value& record);
  bool is_good(const Slot& slot) const;
  Result<bool> give_up(Slot& slot);
  Result<void> try_all(std::vector<Slot>& slots, std::vector<size_t>& pending);
  Result<void> judge(std::vector<Slot*>& built);
  Result<void> finish(Slot& slot);
  void add_again(const Base& base);
  void remember(const Slot& slot, const Delivery& delivery);
  void set_route(Value& record, const std::string& name);
  void note(const std::string& text) { notes_.insert(text); }
  std::vector<std::string> missing(const Value& record, int phase) const;

  const config::Pipeline& pipeline_;
  const config::Kind& kind_;
  Evaluator& evaluator_;
  const Pools& pools_;
  const Options& options_;
  Random random_;
  Maker maker_;
  std::vector<Fault> faults_;
  std::vector<bool> dead_;  // faults that cannot be made
  std::vector<Mutator> mutators_;
  std::vector<std::vector<Value>> violators_;  // records that break exactly that check
  KeyFields key_;
  size_t next_fault_ = 0;
  double late_share_ = 0, half_share_ = 0;
  int64_t firsts_ = 0;
  bool use_late_ = false;  // the record being made refers to a late parent
  bool has_versions_ = false;
  bool keys_exhausted_ = false;
  std::unordered_set<std::string> keys_;
  std::vector<Base> bases_;
  std::deque<Draft> drawn_;
  std::set<std::string> notes_;
};

}  // namespace clearwell::generate
