// Any text as a value of any type: what is read is written and read again as the same value.
// Input: a byte for the type, a line with a format of times, then the text.
#include <cstdint>

#include "base/result.h"
#include "batch/text.h"
#include "batch/values.h"

namespace {

using namespace clearwell;  // NOLINT(google-build-using-namespace)
using config::FieldType;

void round_trip(const config::Field& field, std::string_view text) {
  const auto codec = batch::ValueCodec::make(field);
  CW_ASSERT(codec.ok());
  batch::Scalar value, again;
  const batch::ValueFault fault = codec->parse(text, value);
  if (fault != batch::ValueFault::None) {
    CW_ASSERT(!batch::explain(fault, field).empty());
    return;
  }
  if (!field.parse.empty()) return;
  const std::string written = codec->to_text(value);
  CW_ASSERT(codec->parse(written, again) == batch::ValueFault::None);
  CW_ASSERT(codec->compare(value, again) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t line = std::min(input.find('\n'), input.size() - 1);
  const std::string format(input.substr(0, line));
  const std::string_view text = input.substr(line + 1);

  config::Field field;
  field.type = static_cast<FieldType>(data[0] % 10);
  field.precision = 1 + data[0] % 38;
  field.scale = field.precision / 3;
  round_trip(field, text);
  if (field.type == FieldType::Timestamp) {
    field.zone = "Europe/Stockholm";
    round_trip(field, text);
    field.parse = {format};
    if (batch::TimeFormat::compile(format).ok()) round_trip(field, text);
  }

  if (batch::utf8_valid_prefix(text) == text.size()) {
    const std::string_view trimmed = batch::trim(text);
    CW_ASSERT(batch::trim(trimmed) == trimmed);
    std::string lower(trimmed);
    batch::to_lower(lower);
    CW_ASSERT(batch::utf8_valid_prefix(lower) == lower.size());
    CW_ASSERT(batch::code_points(lower) == batch::code_points(trimmed));
  }
  return 0;
}
