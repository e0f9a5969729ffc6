// Changes one value of a row of CSV and leaves every other byte as it is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "batch/csv.h"

namespace clearwell::decode {

// `column` by its name. The value is quoted where it must be, so an empty one is a null. Config
// error if there is no such column, or the row has other columns than the format.
Result<std::string> repair_csv(std::string_view payload, const batch::CsvFormat& format,
                               const std::string& column, const std::string& value);

}  // namespace clearwell::decode
