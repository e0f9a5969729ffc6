// What the simulators' command lines have in common.
#pragma once

#include <cstdint>
#include <string>

namespace simulators {

// "15%" or 0.15 → "0.15". Throws CLI::ValidationError for anything else, and for what is not 0
// to 1.
std::string to_share(std::string text);

// "2024-05-01" or "2024-05-01T12:30:00", UTC → microseconds since 1970. Throws
// CLI::ValidationError.
int64_t to_micros(const std::string& text);

}  // namespace simulators
