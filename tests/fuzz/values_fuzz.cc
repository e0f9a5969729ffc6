// Any text as a value of any type: what is read is written and read again as the same value, and
// numbers are those that a naive reader of digits finds.
// Input: a byte for the type, a line with a format of times, then the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/result.h"
#include "batch/text.h"
#include "batch/values.h"

namespace {

using namespace clearwell;  // NOLINT(google-build-using-namespace)
using config::FieldType;

// A number as its digits, without zeros at either end: 0.<digits> * 10^point.
struct Naive {
  bool negative = false;
  std::string digits;
  int64_t point = 0;
};

// False if the text is no number.
bool read_naive(std::string_view text, Naive& out) {
  if (text.starts_with('-') || text.starts_with('+')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const size_t end = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, end);
  const size_t dot = std::min(mantissa.find('.'), mantissa.size());
  out.digits = std::string(mantissa.substr(0, dot));
  out.point = static_cast<int64_t>(dot);
  if (dot < mantissa.size()) out.digits += mantissa.substr(dot + 1);
  constexpr const char* decimal = "0123456789";
  if (out.digits.empty() || out.digits.find_first_not_of(decimal) != std::string::npos) {
    return false;
  }
  if (end != std::string_view::npos) {
    std::string_view exponent = text.substr(end + 1);
    const bool negative = exponent.starts_with('-');
    if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
    if (exponent.empty() || exponent.find_first_not_of(decimal) != std::string_view::npos) {
      return false;
    }
    exponent.remove_prefix(std::min(exponent.find_first_not_of('0'), exponent.size()));
    const int64_t value =
        exponent.size() > 9 ? 1'000'000'000 : std::atoll(std::string(exponent).c_str());
    out.point += negative ? -value : value;
  }
  const size_t zeros = std::min(out.digits.find_first_not_of('0'), out.digits.size());
  out.digits.erase(0, zeros);
  out.point -= static_cast<int64_t>(zeros);
  while (out.digits.ends_with('0')) out.digits.pop_back();
  return true;
}

void check_decimal(std::string_view text, batch::DecimalType type) {
  batch::Int128 found = 0;
  const batch::ValueFault fault = batch::parse_decimal(text, type, found);
  Naive naive;
  if (!read_naive(text, naive)) return CW_ASSERT(fault == batch::ValueFault::NotNumber);
  const auto count = static_cast<int64_t>(naive.digits.size());
  if (count > 0 && naive.point > type.precision - type.scale) {
    return CW_ASSERT(fault == batch::ValueFault::DecimalRange);
  }
  if (count > 0 && count - naive.point > type.scale) {
    return CW_ASSERT(fault == batch::ValueFault::TooManyDecimals);
  }
  CW_ASSERT(fault == batch::ValueFault::None);
  std::string expected = "0";
  if (count > 0) {
    expected = (naive.negative ? "-" : "") + naive.digits +
               std::string(static_cast<size_t>(naive.point + type.scale - count), '0');
  }
  CW_ASSERT(batch::decimal_text(found, 0) == expected);
}

void check_integer(std::string_view text) {
  int64_t found = 0;
  const batch::ValueFault fault = batch::parse_integer(text, found);
  Naive naive;
  if (text.find_first_of(".eE") != std::string_view::npos || !read_naive(text, naive)) {
    return CW_ASSERT(fault == batch::ValueFault::NotInteger);
  }
  std::string digits = naive.digits;
  if (naive.digits.empty()) digits = "0";
  if (!naive.digits.empty() && naive.point < 20) {
    digits.append(static_cast<size_t>(naive.point) - digits.size(), '0');
  }
  const std::string most = naive.negative ? "9223372036854775808" : "9223372036854775807";
  const bool fits =
      naive.point < 20 && (digits.size() < most.size() || (digits.size() == 19 && digits <= most));
  CW_ASSERT((fault == batch::ValueFault::None) == fits);
  CW_ASSERT(fits || fault == batch::ValueFault::IntegerRange);
  if (!fits) return;
  const std::string sign = naive.negative && digits != "0" ? "-" : "";
  CW_ASSERT(std::to_string(found) == sign + digits);
}

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
  check_decimal(text, {field.precision, field.scale});
  check_integer(text);
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
