#include "drivers/postgres/numeric.h"

#include <algorithm>
#include <array>

#include "drivers/postgres/bytes.h"

namespace clearwell::postgres {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr uint16_t negative_sign = 0x4000;
constexpr size_t header = 8;
constexpr int tens[] = {1, 10, 100, 1000};

struct Numeric {
  int digits, weight, decimals;
  uint16_t sign;
};

std::optional<Numeric> read_header(std::string_view bytes) {
  if (bytes.size() < header) return std::nullopt;
  const Numeric number{get<int16_t>(bytes), get<int16_t>(bytes, 2), get<int16_t>(bytes, 6),
                       get<uint16_t>(bytes, 4)};
  const bool finite = number.sign == 0 || number.sign == negative_sign;
  const bool whole =
      number.digits >= 0 && bytes.size() == header + 2 * static_cast<size_t>(number.digits);
  if (!finite || !whole) return std::nullopt;
  return number;
}

int digit_at(std::string_view bytes, const Numeric& number, int weight) {
  const int index = number.weight - weight;
  if (index < 0 || index >= number.digits) return 0;
  return get<int16_t>(bytes, header + 2 * static_cast<size_t>(index));
}

}  // namespace

void put_numeric(duckdb::Hugeint value, int scale, std::string& out) {
  const bool negative = value.upper < 0;
  Wide rest = (static_cast<Wide>(static_cast<uint64_t>(value.upper)) << 64) | value.lower;
  if (negative) rest = ~rest + 1;
  // Digits from the least significant one: the decimals fill whole digits of four.
  const int fraction = (scale + 3) / 4;
  const int missing = fraction * 4 - scale;
  std::array<int16_t, 12> digits{};
  size_t count = 0;
  if (missing > 0) {
    const int part = 10000 / tens[missing];
    digits[count++] =
        static_cast<int16_t>(static_cast<int>(rest % static_cast<Wide>(part)) * tens[missing]);
    rest /= static_cast<Wide>(part);
  }
  while (rest > 0) {
    digits[count++] = static_cast<int16_t>(static_cast<int>(rest % 10000));
    rest /= 10000;
  }
  while (count > 0 && digits[count - 1] == 0) --count;
  size_t low = 0;
  while (low < count && digits[low] == 0) ++low;
  const int weight = count == 0 ? 0 : static_cast<int>(count) - 1 - fraction;
  put(out, static_cast<int16_t>(count - low));
  put(out, static_cast<int16_t>(weight));
  put(out, negative ? negative_sign : uint16_t{0});
  put(out, static_cast<int16_t>(scale));
  for (size_t i = count; i > low; --i) put(out, digits[i - 1]);
}

std::optional<duckdb::Hugeint> get_numeric(std::string_view bytes, int scale) {
  const std::optional<Numeric> number = read_header(bytes);
  if (!number || number->weight > 10) return std::nullopt;
  Wide value = 0;
  const auto append = [&value](int factor, int digit) {
    if (value > (~Wide{0} / 2 - 10000) / static_cast<Wide>(factor)) return false;
    value = value * static_cast<Wide>(factor) + static_cast<Wide>(digit);
    return true;
  };
  const int last = -((scale + 3) / 4);
  for (int weight = std::max(number->weight, 0); weight >= last; --weight) {
    // Of the last digit of four only the decimals wanted; the others must be zero.
    const int tail = weight == last && last < 0 ? tens[-last * 4 - scale] : 1;
    const int digit = digit_at(bytes, *number, weight);
    if (digit % tail != 0 || !append(10000 / tail, digit / tail)) return std::nullopt;
  }
  for (int weight = last - 1; weight > number->weight - number->digits; --weight) {
    if (digit_at(bytes, *number, weight) != 0) return std::nullopt;
  }
  if (number->sign == negative_sign) value = ~value + 1;
  return duckdb::Hugeint{static_cast<uint64_t>(value), static_cast<int64_t>(value >> 64)};
}

std::optional<std::string> numeric_text(std::string_view bytes) {
  if (bytes.size() == header) {
    const auto sign = get<uint16_t>(bytes, 4);
    if (sign == 0xC000) return "NaN";
    if (sign == 0xD000) return "Infinity";
    if (sign == 0xF000) return "-Infinity";
  }
  const std::optional<Numeric> number = read_header(bytes);
  if (!number) return std::nullopt;
  std::string whole, fraction;
  for (int weight = std::max(number->weight, 0); weight >= 0; --weight) {
    const std::string digit = std::to_string(digit_at(bytes, *number, weight));
    whole += whole.empty() ? digit : std::string(4 - digit.size(), '0') + digit;
    if (whole == "0" && weight > 0) whole.clear();
  }
  for (int weight = -1; static_cast<int>(fraction.size()) < number->decimals; --weight) {
    const std::string digit = std::to_string(digit_at(bytes, *number, weight));
    fraction += std::string(4 - digit.size(), '0') + digit;
  }
  fraction.resize(static_cast<size_t>(number->decimals));
  return (number->sign == negative_sign ? "-" : "") + whole +
         (fraction.empty() ? "" : "." + fraction);
}

}  // namespace clearwell::postgres
