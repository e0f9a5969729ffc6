#include "reports/sql.h"

#include <string_view>

namespace clearwell::reports {
namespace {

void replace_all(std::string& text, std::string_view mark, const std::string& by) {
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size())) {
    text.replace(at, mark.size(), by);
  }
}

}  // namespace

std::string literal(Instant instant) { return "TIMESTAMPTZ '" + to_iso8601(instant) + "'"; }

std::string with_window(const std::string& sql, const Window& window) {
  std::string out = sql;
  for (const auto& [mark, instant] :
       {std::pair(config::window_start, window.start), std::pair(config::window_end, window.end)}) {
    replace_all(out, mark, literal(instant));
  }
  return out;
}

}  // namespace clearwell::reports
