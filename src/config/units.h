// Numbers with units as project files write them. None: not of that form, or too large for 64 bits.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clearwell::config {

// "-5", "1000", "1_000" (as people write thousands).
std::optional<int64_t> parse_integer(std::string_view text);

// true and false, in lower, upper or capitalised spelling.
std::optional<bool> parse_boolean(std::string_view text);

// A whole number with us, ms, s, m, h or d; a plain 0 needs no unit. Never negative.
std::optional<std::chrono::microseconds> parse_duration(std::string_view text);

// A whole number with B, KB, MB, GB, TB (powers of 1024, in any case; KiB means the same) or no
// unit, in bytes. Never negative.
std::optional<int64_t> parse_size(std::string_view text);

// "50%", "0.5%" or a share such as 0.5; the result is 0..1.
std::optional<double> parse_percent(std::string_view text);

// The largest unit that gives a whole number: "5s", "10MB".
std::string duration_text(std::chrono::microseconds duration);
std::string size_text(int64_t bytes);

}  // namespace clearwell::config
