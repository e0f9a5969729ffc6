// The SQL of a report with its window filled in.
#pragma once

#include <string>

#include "reports/reports.h"

namespace clearwell::reports {

// A moment as both warehouses read it.
std::string literal(Instant instant);

// ${window.start} and ${window.end} become literals of type timestamp with time zone.
std::string with_window(const std::string& sql, const Window& window);

}  // namespace clearwell::reports
