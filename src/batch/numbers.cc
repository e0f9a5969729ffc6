#include "batch/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace clearwell::batch {
namespace {

constexpr int max_digits = 38;
constexpr int64_t exponent_limit = 1'000'000'000'000;  // longer than any text; larger ones are cut

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

constexpr std::array<UInt128, max_digits + 1> powers_of_ten = [] {
  std::array<UInt128, max_digits + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// A decimal number taken apart: digits * 10^exponent, without zeros at the end of `digits`.
struct Parts {
  UInt128 digits = 0;
  int count = 0;  // of significant digits; above max_digits `digits` is meaningless
  int64_t exponent = 0;
  bool negative = false;
};

// Reads "[eE][+-]digits" at `at`; false if there is something else.
bool read_exponent(std::string_view text, size_t at, int64_t& exponent) {
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  const bool negative = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  if (at == text.size()) return false;
  for (; at < text.size(); ++at) {
    if (!is_digit(text[at])) return false;
    exponent = std::min(exponent * 10 + (text[at] - '0'), exponent_limit);
  }
  if (negative) exponent = -exponent;
  return true;
}

// Adds one digit; zeros are held back until another digit follows.
void add_digit(Parts& parts, int digit, int& zeros) {
  if (digit == 0) {
    if (parts.count > 0) ++zeros;
    return;
  }
  const int64_t grown = int64_t{parts.count} + zeros + 1;
  if (grown <= max_digits) {
    parts.digits =
        parts.digits * powers_of_ten[static_cast<size_t>(zeros) + 1] + static_cast<unsigned>(digit);
  }
  parts.count = static_cast<int>(grown);
  zeros = 0;
}

bool take_apart(std::string_view text, Parts& parts) {
  size_t at = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    parts.negative = text[0] == '-';
    at = 1;
  }
  int zeros = 0;
  int64_t fraction = 0;
  bool any = false, point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (is_digit(c)) {
      any = true;
      fraction += point;
      add_digit(parts, c - '0', zeros);
    } else if (c == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (!any) return false;
  int64_t exponent = 0;
  if (at < text.size() && !read_exponent(text, at, exponent)) return false;
  parts.exponent = exponent - fraction + zeros;
  return true;
}

// The usual short number without exponent, in 64 bits; false: use the general way.
bool parse_short(std::string_view text, DecimalType type, Int128& out) {
  if (text.size() > 18 || type.precision > 18) return false;
  const bool negative = !text.empty() && text[0] == '-';
  uint64_t digits = 0;
  int decimals = -1;
  bool any = false;
  for (size_t at = negative; at < text.size(); ++at) {
    const char c = text[at];
    if (is_digit(c)) {
      digits = digits * 10 + static_cast<unsigned>(c - '0');
      any = true;
      if (decimals >= 0) ++decimals;
    } else if (c == '.' && decimals < 0) {
      decimals = 0;
    } else {
      return false;
    }
  }
  decimals = std::max(decimals, 0);
  if (!any || decimals > type.scale) return false;
  const UInt128 number =
      UInt128{digits} * powers_of_ten[static_cast<size_t>(type.scale - decimals)];
  if (number >= powers_of_ten[static_cast<size_t>(type.precision)]) return false;
  out = negative ? -static_cast<Int128>(number) : static_cast<Int128>(number);
  return true;
}

}  // namespace

ValueFault parse_integer(std::string_view text, int64_t& out) {
  const bool negative = !text.empty() && text[0] == '-';
  const size_t start = negative || (!text.empty() && text[0] == '+');
  if (start == text.size()) return ValueFault::NotInteger;
  uint64_t number = 0;
  bool fits = true;
  for (size_t at = start; at < text.size(); ++at) {
    const auto digit = static_cast<unsigned char>(text[at] - '0');
    if (digit > 9) return ValueFault::NotInteger;
    // 922337203685477580 * 10 + 7 is the largest int64_t.
    if (number > 922337203685477580u) fits = false;
    number = number * 10 + digit;
    if (number > uint64_t{INT64_MAX} + negative) fits = false;
  }
  if (!fits) return ValueFault::IntegerRange;
  out = static_cast<int64_t>(negative ? 0 - number : number);
  return ValueFault::None;
}

ValueFault parse_decimal(std::string_view text, DecimalType type, Int128& out) {
  if (parse_short(text, type, out)) return ValueFault::None;
  Parts parts;
  if (!take_apart(text, parts)) return ValueFault::NotNumber;
  if (parts.count == 0) {
    out = 0;
    return ValueFault::None;
  }
  if (parts.count + parts.exponent > type.precision - type.scale) return ValueFault::DecimalRange;
  const int64_t shift = parts.exponent + type.scale;
  if (shift < 0) return ValueFault::TooManyDecimals;
  // count + shift <= precision <= 38, so both the digits and the product are exact.
  const UInt128 number = parts.digits * powers_of_ten[static_cast<size_t>(shift)];
  out = parts.negative ? -static_cast<Int128>(number) : static_cast<Int128>(number);
  return ValueFault::None;
}

ValueFault parse_double(std::string_view text, double& out) {
  const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  if (sign == text.size() || (!is_digit(text[sign]) && text[sign] != '.')) {
    return ValueFault::NotNumber;
  }
  const char* begin = text.data() + (text[0] == '+');
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, out);
  if (stop != end || error == std::errc::invalid_argument) return ValueFault::NotNumber;
  if (error != std::errc::result_out_of_range) return ValueFault::None;
  Parts parts;
  const bool read = take_apart(text, parts);
  if (!read || parts.count + parts.exponent > 0) return ValueFault::DoubleRange;
  out = parts.negative ? -0.0 : 0.0;
  return ValueFault::None;
}

std::string decimal_text(Int128 number, int scale) {
  const bool negative = number < 0;
  UInt128 rest = negative ? 0 - static_cast<UInt128>(number) : static_cast<UInt128>(number);
  std::string out;  // backwards
  for (int written = 0; rest != 0 || written <= scale; ++written) {
    if (scale > 0 && written == scale) out += '.';
    out += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

std::string double_text(double number) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, result.ptr);
}

}  // namespace clearwell::batch
