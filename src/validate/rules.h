// The contract's value rules over decoded columns: values, min, max, lengths, pattern, item counts.
// NULLs are skipped: whether a field may be missing or null is decided while decoding.
#pragma once

#include <memory>

#include "batch/columns.h"
#include "batch/reason.h"
#include "config/contract.h"

namespace clearwell::validate {

class Rules {
 public:
  // REQUIRES: decode::check_contract found no fault in `kind`.
  explicit Rules(const config::Kind& kind);
  ~Rules();
  // Adds a reason for every violated rule, at the record of its row. Not thread-safe.
  void apply(const batch::Columns& columns, batch::Reasons& reasons) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clearwell::validate
