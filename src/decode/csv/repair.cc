#include "decode/csv/repair.h"

#include <algorithm>

namespace clearwell::decode {

Result<std::string> repair_csv(std::string_view payload, const batch::CsvFormat& format,
                               const std::string& column, const std::string& value) {
  const auto found = std::find(format.columns.begin(), format.columns.end(), column);
  if (found == format.columns.end()) {
    return config_error("there is no column " + column + " in " + batch::header_text(format));
  }
  std::vector<batch::CsvValue> values;
  size_t at = 0;
  if (batch::split_csv(format, payload, values, at) != batch::CsvFault::None ||
      values.size() != format.columns.size()) {
    return config_error("the row has not the columns " + batch::header_text(format) +
                        ", so no value of it can be set: export it, mend it and send it again");
  }
  const batch::CsvValue& old = values[static_cast<size_t>(found - format.columns.begin())];
  std::string out(payload);
  return out.replace(old.begin, old.end - old.begin, batch::csv_written(format, value));
}

}  // namespace clearwell::decode
