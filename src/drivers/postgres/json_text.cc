#include "drivers/postgres/json_text.h"

#include <cmath>
#include <iterator>

#include <date/date.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "drivers/postgres/connection.h"
#include "drivers/postgres/numeric.h"

namespace clearwell::postgres {
namespace {

using duckdb::Column;
using duckdb::Type;
using duckdb::TypeId;

std::string json_quoted(std::string_view text) {
  using Json = nlohmann::json;
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string day_text(date::sys_days day) {
  const date::year_month_day ymd(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

std::string time_text(int64_t micros, bool zoned) {
  using std::chrono::microseconds;
  const date::sys_time<microseconds> time{microseconds(micros)};
  const auto day = date::floor<date::days>(time);
  const date::hh_mm_ss<microseconds> clock(time - day);
  std::string text = fmt::format("{}T{:02}:{:02}:{:02}", day_text(day), clock.hours().count(),
                                 clock.minutes().count(), clock.seconds().count());
  if (const auto rest = clock.subseconds().count(); rest != 0) {
    std::string fraction = fmt::format(".{:06}", rest);
    while (fraction.back() == '0') fraction.pop_back();
    text += fraction;
  }
  return text + (zoned ? "+00:00" : "");
}

std::string uuid_text(duckdb::Hugeint uuid) {
  const uint64_t high = static_cast<uint64_t>(uuid.upper) ^ uint64_t { 1 } << 63;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     high & 0xFFFF, uuid.lower >> 48, uuid.lower & 0xFFFFFFFFFFFF);
}

std::string scalar(const Column& column, const Type& type, uint64_t row) {
  switch (type.id) {
    case TypeId::Boolean:
      return column.data<uint8_t>()[row] != 0 ? "true" : "false";
    case TypeId::Int32:
      return std::to_string(column.data<int32_t>()[row]);
    case TypeId::Integer:
      return std::to_string(column.data<int64_t>()[row]);
    case TypeId::Double: {
      const double value = column.data<double>()[row];
      return std::isfinite(value) ? fmt::format("{}", value) : fmt::format("\"{}\"", value);
    }
    case TypeId::Decimal: {
      std::string bytes;
      put_numeric(decimal_at(column, type, row), type.scale, bytes);
      return *numeric_text(bytes);
    }
    case TypeId::Date:
      return json_quoted(day_text(date::sys_days(date::days(column.data<int32_t>()[row]))));
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return json_quoted(time_text(column.data<int64_t>()[row], type.id == TypeId::TimestampTz));
    case TypeId::Uuid:
      return json_quoted(uuid_text(column.data<duckdb::Hugeint>()[row]));
    case TypeId::Json:
      return std::string(column.text(row));
    case TypeId::Blob:
      return json_quoted(postgres::hex(column.text(row)));
    default:
      return json_quoted(column.text(row));
  }
}

}  // namespace

duckdb::Hugeint decimal_at(const Column& column, const Type& type, uint64_t row) {
  if (type.precision > 18) return column.data<duckdb::Hugeint>()[row];
  int64_t value = 0;
  if (type.precision <= 4) {
    value = column.data<int16_t>()[row];
  } else if (type.precision <= 9) {
    value = column.data<int32_t>()[row];
  } else {
    value = column.data<int64_t>()[row];
  }
  return {static_cast<uint64_t>(value), value < 0 ? -1 : 0};
}

void put_json(const Column& column, const Type& type, uint64_t row, std::string& out) {
  if (!column.is_valid(row)) {
    out += "null";
  } else if (type.id == TypeId::List) {
    const auto list = column.data<duckdb::ListEntry>()[row];
    const Column child = column.child();
    for (uint64_t i = 0; i < list.length; ++i) {
      out += i == 0 ? '[' : ',';
      put_json(child, type.children.front(), list.offset + i, out);
    }
    out += list.length == 0 ? "[]" : "]";
  } else if (type.id == TypeId::Struct) {
    for (size_t i = 0; i < type.children.size(); ++i) {
      out += i == 0 ? '{' : ',';
      out += json_quoted(type.names[i]) + ":";
      put_json(column.field(i), type.children[i], row, out);
    }
    out += type.children.empty() ? "{}" : "}";
  } else {
    out += scalar(column, type, row);
  }
}

}  // namespace clearwell::postgres
