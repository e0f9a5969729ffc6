#include "generate/manifest.h"

#include "batch/text.h"
#include "generate/value.h"

namespace clearwell::generate {
namespace {

// Keys of damaged records may hold anything; what is not UTF-8 has no place in a manifest.
std::string text(const std::string& value) {
  return json_string(std::string_view(value).substr(0, batch::utf8_valid_prefix(value)));
}

}  // namespace

const char* name_of(batch::Fate fate) {
  switch (fate) {
    case batch::Fate::Loaded:
      return "loaded";
    case batch::Fate::Superseded:
      return "superseded";
    case batch::Fate::Duplicate:
      return "duplicate";
    case batch::Fate::Skipped:
      return "skipped";
    case batch::Fate::Quarantined:
      return "quarantined";
    case batch::Fate::Parked:
      return "parked";
    case batch::Fate::Discarded:
      break;
  }
  return "discarded";
}

std::string manifest_line(const Delivery& delivery, const Place& place, int phase) {
  const Verdict& verdict = delivery.expected[static_cast<size_t>(phase - 1)];
  std::string reasons;
  for (const std::string& reason : verdict.reasons) {
    reasons += (reasons.empty() ? "" : ", ") + text(reason);
  }
  return "{\"pipeline\": " + text(delivery.pipeline->name) +
         ", \"kind\": " + text(delivery.kind->name) + ", \"place\": " + text(place.path) +
         ", \"line\": " + std::to_string(place.line) + ", \"key\": " + text(delivery.key) +
         ", \"delivery\": \"" + name_of(delivery.how) +
         "\", \"phase\": " + std::to_string(delivery.phase) +
         ", \"fault\": " + text(delivery.fault) + ", \"fate\": \"" + name_of(verdict.fate) +
         "\", \"reasons\": [" + reasons +
         "], \"resolved\": " + (verdict.resolved ? "true" : "false") + "}\n";
}

}  // namespace clearwell::generate
