// The fields that make a record's key, at the top or inside objects: the contract's, else those
// that the first load's key copies.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/contract.h"
#include "generate/evaluator.h"
#include "generate/maker.h"

namespace clearwell::generate {

class KeyFields {
 public:
  static Result<KeyFields> find(const config::Kind& kind, Evaluator& evaluator);

  bool empty() const { return fields_.empty(); }
  // Its parts joined by '|'; empty if one of them is not there or cannot be read.
  std::string text(const Value& record) const;
  // Draws another key. REQUIRES: the record is valid, or as the maker made it.
  Result<void> redraw(Value& record, const Maker& maker, Random& random) const;
  // Draws all that is no part of the key anew, or one field of it. REQUIRES: as above.
  Result<void> redraw_others(Value& record, const Maker& maker, Random& random) const;

 private:
  // Index of the field, then of its child on each level.
  using Way = std::vector<size_t>;
  struct Spot {
    const Rules* rules;
    Value* value;
  };
  static void add(const std::vector<config::Field>& fields, const Way& way, std::vector<Way>& out);
  static Spot spot(Value& record, const Maker& maker, const Way& way);
  void others(const std::vector<Rules>& rules, Value& object, Way& way,
              std::vector<Spot>& out) const;

  std::vector<Way> fields_;
};

}  // namespace clearwell::generate
