// Dates and times as texts in the forms that a contract accepts: ISO 8601, or a declared format.
#pragma once

#include <cstdint>
#include <string>

#include "config/contract.h"
#include "generate/random.h"

namespace clearwell::generate {

// `micros` since 1970: an instant for a Timestamp, else what the clock shows. A Timestamp in
// another zone than UTC is written with an offset, or without any as what its clocks may show.
std::string iso_time(const config::Field& field, int64_t micros, Random& random);

// By the letters of batch/time_format.h. What the format has no letter for is lost.
std::string formatted_time(const std::string& format, const config::Field& field, int64_t micros,
                           Random& random);

}  // namespace clearwell::generate
