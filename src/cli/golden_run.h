// Runs golden scenarios: each in a scratch folder of its own, with this very program as
// `clearwell`, and judges what they print.
#pragma once

#include <string>

#include "base/result.h"

namespace clearwell::cli {

struct GoldenResult {
  bool passed = false;
  bool updated = false;  // the file was rewritten
  std::string report;    // what differs, or why it could not be run; ends with a newline
};

// With `update`, a file whose runs agree with each other is rewritten with what they printed and
// has passed. Safe from several threads for different files.
GoldenResult run_golden_file(const std::string& path, bool update);

}  // namespace clearwell::cli
