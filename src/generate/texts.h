// Texts of values as senders write them, for one field: valid by its type, and mostly by its rules
// (maker.h asks the rules and draws again).
#pragma once

#include <optional>
#include <string>

#include "generate/pattern.h"
#include "generate/random.h"
#include "generate/rules.h"

namespace clearwell::generate {

// How a value is drawn.
enum class Draw {
  Usual,
  Edge,  // smallest, largest, longest, other scripts, quotes, ends of the calendar
};

// `attempt` counts from 0 where earlier draws broke a rule. Json: its JSON; numbers: their token.
// `pattern`: of a Text that has one.
std::string draw_text(const Rules& rules, const Pattern* pattern, Draw draw, int attempt,
                      Random& random);

// The value `steps` units above (below) a number, date or time of the field: 1, 0.01, a day, a
// second. None where the type ends. REQUIRES: the type has an order and is no Text.
std::optional<std::string> shifted(const Rules& rules, const batch::Scalar& value, int64_t steps,
                                   Random& random);

// An instant or clock time as the field's sender writes it. `micros` of a Timestamp are UTC.
std::string time_text(const Rules& rules, int64_t micros, Random& random);

}  // namespace clearwell::generate
