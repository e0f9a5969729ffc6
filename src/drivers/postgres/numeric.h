// PostgreSQL's binary numeric: four 16-bit words (number of digits, weight of the first, sign,
// decimals shown), then digits of base 10000, most significant first. Weight w: the first digit
// counts 10000^w. (src/backend/utils/adt/numeric.c, numeric_send.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/duckdb/column.h"

namespace clearwell::postgres {

// Appends the numeric value / 10^scale, without a length in front.
void put_numeric(duckdb::Hugeint value, int scale, std::string& out);

// The value times 10^scale; nothing if it has more decimals, is NaN or infinite, or does not fit.
std::optional<duckdb::Hugeint> get_numeric(std::string_view bytes, int scale);

// "-12.50", as PostgreSQL writes it; nothing if the bytes are no numeric.
std::optional<std::string> numeric_text(std::string_view bytes);

}  // namespace clearwell::postgres
