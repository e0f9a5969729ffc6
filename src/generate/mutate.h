// Changes to a valid record that a check in SQL may notice, while every rule of its fields still
// holds: how records are found that break exactly one check, or none.
#pragma once

#include <string>
#include <vector>

#include "generate/maker.h"

namespace clearwell::generate {

class Mutator {
 public:
  // `sql`: of the check. The fields that it names are changed, or all if it names none; literals in
  // it are tried as values.
  Mutator(const Maker& maker, const std::string& sql);

  // Changes one to three values. Every value stays valid by itself.
  Result<void> change(Value& record, Random& random) const;

 private:
  struct Leaf {
    const Rules* rules;
    Value* value;
  };
  void collect(const std::vector<Rules>& rules, Value& object, bool top,
               std::vector<Leaf>& out) const;
  Result<Value> another(const Leaf& leaf, const std::vector<Leaf>& all, Random& random) const;
  Result<Value> from_literal(const Rules& rules, Random& random) const;
  Result<Value> from_neighbour(const Leaf& leaf, const std::vector<Leaf>& all,
                               Random& random) const;

  const Maker& maker_;
  std::vector<bool> named_;  // of each top-level field
  std::vector<std::string> texts_, numbers_;
};

}  // namespace clearwell::generate
