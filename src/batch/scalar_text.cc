#include "batch/scalar_text.h"

#include <fmt/format.h>

#include "base/result.h"
#include "base/time.h"

namespace clearwell::batch {
namespace {

using duckdb::TypeId;

// By hand: keys of all records pass here, and fmt takes five times as long.
std::string uuid_text(duckdb::Hugeint value) {
  constexpr char hex[] = "0123456789abcdef";
  const uint64_t halves[] = {static_cast<uint64_t>(value.upper) ^ uint64_t{1} << 63, value.lower};
  std::string out(36, '-');
  size_t at = 0;
  for (size_t digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) ++at;
    out[at++] = hex[halves[digit / 16] >> (60 - digit % 16 * 4) & 15];
  }
  return out;
}

std::string digits(duckdb::Hugeint value) {
  __extension__ using Wide = __int128;
  const Wide number = static_cast<Wide>(value.upper) << 64 | static_cast<Wide>(value.lower);
  return fmt::format("{}", number);
}

// "-12.05" from -1205 with scale 2.
std::string with_point(std::string number, uint8_t scale) {
  if (scale == 0) return number;
  const size_t sign = number.front() == '-' ? 1 : 0;
  if (number.size() - sign <= scale) number.insert(sign, scale + 1 - (number.size() - sign), '0');
  number.insert(number.size() - scale, 1, '.');
  return number;
}

std::string decimal_text(const duckdb::Column& column, const duckdb::Type& type, size_t row) {
  std::string number;
  if (type.precision <= 4) {
    number = std::to_string(column.data<int16_t>()[row]);
  } else if (type.precision <= 9) {
    number = std::to_string(column.data<int32_t>()[row]);
  } else if (type.precision <= 18) {
    number = std::to_string(column.data<int64_t>()[row]);
  } else {
    number = digits(column.data<duckdb::Hugeint>()[row]);
  }
  return with_point(std::move(number), type.scale);
}

}  // namespace

std::string scalar_text(const duckdb::Column& column, const duckdb::Type& type, size_t row) {
  switch (type.id) {
    case TypeId::Text:
    case TypeId::Json:
    case TypeId::Blob:
      return std::string(column.text(row));
    case TypeId::Uuid:
      return uuid_text(column.data<duckdb::Hugeint>()[row]);
    case TypeId::Integer:
      return std::to_string(column.data<int64_t>()[row]);
    case TypeId::Int32:
      return std::to_string(column.data<int32_t>()[row]);
    case TypeId::Boolean:
      return column.data<uint8_t>()[row] != 0 ? "true" : "false";
    case TypeId::Double:
      return fmt::format("{}", column.data<double>()[row]);
    case TypeId::Decimal:
      return decimal_text(column, type, row);
    case TypeId::Date: {
      const Micros day = std::chrono::hours(24) * column.data<int32_t>()[row];
      return to_iso8601(Instant(day)).substr(0, 10);
    }
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return to_iso8601(Instant(Micros(column.data<int64_t>()[row])));
    default:
      break;
  }
  CW_ASSERT(false);
  return "";
}

}  // namespace clearwell::batch
