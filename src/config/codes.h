// Every code that a fault of a project file can have, with a sentence for docs/reference/errors.md:
// those of config/ itself, and those that decode/, validate/, transform/, models/ and engine/ add
// when they check what they are to run. Codes are stable: programs and tests rely on them. A code
// that is not in this list may not be used (a test compares the list with the sources).
#pragma once

#include <span>
#include <string_view>

namespace clearwell::config {

struct FaultCode {
  std::string_view code;
  std::string_view meaning;
};

// In alphabetical order.
std::span<const FaultCode> fault_codes();

}  // namespace clearwell::config
