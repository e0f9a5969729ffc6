#include <date/date.h>
#include <fmt/format.h>

#include "batch/times.h"
#include "reports/reports.h"

namespace clearwell::reports {

Window window_before(Instant end, std::chrono::minutes length) { return {end - length, end}; }

Result<Instant> parse_end(const std::string& text) {
  const Error not_understood = config_error(
      fmt::format("'{}' is no time; write one such as 2019-08-15T12:00:00Z, 2019-08-15T12:00 (UTC) "
                  "or '2019-08-15 12:00:00 -0300'",
                  text));
  std::string written = text;
  // "12:00:00 -0300": ISO 8601 has no blank there.
  const size_t blank = written.find_last_of(' ');
  if (blank != std::string::npos && blank > written.find(':')) written.erase(blank, 1);
  if (written.find(':') == std::string::npos) written += "T00:00";
  batch::Civil civil;
  int64_t micros = 0;
  if (batch::parse_iso8601(written, civil) != batch::ValueFault::None ||
      batch::read_instant(civil, batch::Zone(), micros) != batch::ValueFault::None) {
    return not_understood;
  }
  if (civil.micros != 0) return not_understood;
  return Instant(Micros(micros));
}

}  // namespace clearwell::reports
