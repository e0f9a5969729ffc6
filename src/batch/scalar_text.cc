#include "batch/scalar_text.h"

#include <fmt/format.h>

#include "base/result.h"
#include "base/time.h"

namespace clearwell::batch {
namespace {

using duckdb::TypeId;

// By hand: keys of all records pass here, and fmt takes five times as long.
void append_uuid(std::string& out, duckdb::Hugeint value) {
  constexpr char hex[] = "0123456789abcdef";
  const uint64_t halves[] = {static_cast<uint64_t>(value.upper) ^ uint64_t{1} << 63, value.lower};
  char text[36];
  size_t at = 0;
  for (size_t digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text[at++] = '-';
    text[at++] = hex[halves[digit / 16] >> (60 - digit % 16 * 4) & 15];
  }
  out.append(text, sizeof text);
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

void append_scalar(std::string& out, const duckdb::Column& column, const duckdb::Type& type,
                   size_t row) {
  switch (type.id) {
    case TypeId::Text:
    case TypeId::Json:
    case TypeId::Blob:
      out += column.text(row);
      return;
    case TypeId::Uuid:
      return append_uuid(out, column.data<duckdb::Hugeint>()[row]);
    case TypeId::Integer:
      out += std::to_string(column.data<int64_t>()[row]);
      return;
    case TypeId::Int32:
      out += std::to_string(column.data<int32_t>()[row]);
      return;
    case TypeId::Boolean:
      out += column.data<uint8_t>()[row] != 0 ? "true" : "false";
      return;
    case TypeId::Double:
      out += fmt::format("{}", column.data<double>()[row]);
      return;
    case TypeId::Decimal:
      out += decimal_text(column, type, row);
      return;
    case TypeId::Date: {
      const Micros day = std::chrono::hours(24) * column.data<int32_t>()[row];
      out += to_iso8601(Instant(day)).substr(0, 10);
      return;
    }
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      out += to_iso8601(Instant(Micros(column.data<int64_t>()[row])));
      return;
    default:
      break;
  }
  CW_ASSERT(false);
}

std::string scalar_text(const duckdb::Column& column, const duckdb::Type& type, size_t row) {
  std::string out;
  append_scalar(out, column, type, row);
  return out;
}

}  // namespace clearwell::batch
