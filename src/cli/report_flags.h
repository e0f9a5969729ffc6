// The flags of `clearwell report`.
#pragma once

#include "cli/flags.h"

namespace clearwell::cli {

void add_report(CLI::App& app, Parsed& parsed);

}  // namespace clearwell::cli
