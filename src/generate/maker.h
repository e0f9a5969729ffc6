// Makes valid records of one kind. Valid by the rules of its fields; what SQL checks say of them is
// asked afterwards (evaluator.h).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/contract.h"
#include "generate/pattern.h"
#include "generate/random.h"
#include "generate/rules.h"
#include "generate/texts.h"
#include "generate/value.h"

namespace clearwell::generate {

class Maker {
 public:
  // A value of the column that the field refers to, or none if there is none to refer to.
  using Parents = std::function<std::optional<std::string>(const config::Field& field)>;

  // `edges`: the share of values drawn from the ends of what is allowed. A Config error for a
  // pattern that is not understood, of a field without examples. REQUIRES: `kind` outlives it.
  static Result<Maker> make(const config::Kind& kind, double edges);

  const std::vector<Rules>& rules() const { return rules_; }
  void set_parents(Parents parents) { parents_ = std::move(parents); }

  // A whole record. A Config error names a field for which no value was found.
  Result<Value> record(Random& random) const;
  // A value of the field, or its absence or null where the contract allows that.
  Result<Value> any(const Rules& rules, Random& random) const;
  // A value of the field, with at least one item if it is a list that may have one.
  Result<Value> present(const Rules& rules, Random& random) const;
  // A single value from the ends of what is allowed. REQUIRES: no List, no Object.
  Result<Value> edge(const Rules& rules, Random& random) const {
    return find(rules, Draw::Edge, random);
  }
  // A single value that pays no attention to references.
  Result<Value> own(const Rules& rules, Random& random) const;

 private:
  Result<Value> list(const Rules& rules, Random& random) const;
  Result<Value> object(const Rules& rules, Random& random) const;
  Result<Value> parent(const Rules& rules, Random& random) const;
  Result<Value> find(const Rules& rules, Draw draw, Random& random) const;
  Result<void> compile_patterns(const std::vector<Rules>& rules);

  std::vector<Rules> rules_;
  std::map<const config::Field*, Pattern> patterns_;
  double edges_ = 0;
  Parents parents_;
};

}  // namespace clearwell::generate
