#include "drivers/postgres/binary.h"

#include <bit>
#include <limits>

#include "drivers/postgres/bytes.h"
#include "drivers/postgres/json_text.h"
#include "drivers/postgres/numeric.h"

namespace clearwell::postgres {
namespace {

using duckdb::Column;
using duckdb::Hugeint;
using duckdb::Type;
using duckdb::TypeId;

constexpr int32_t epoch_days = 10957;  // from 1970 to 2000
constexpr int64_t epoch_micros = int64_t{epoch_days} * 86'400'000'000;
constexpr uint64_t top_bit = uint64_t{1} << 63;

// From our epoch to theirs (shift < 0) or back. Infinity is the largest and the least number there,
// the largest and its negative here. What the shift would make overflow becomes the least date
// but one, which the server refuses by its range.
template <typename T>
T to_theirs(T time, T shift) {
  constexpr T most = std::numeric_limits<T>::max(), least = std::numeric_limits<T>::min();
  if (time == most) return most;
  if (time <= -most) return least;
  return time < least + 1 + shift ? least + 1 : static_cast<T>(time - shift);
}
template <typename T>
T to_ours(T time, T shift) {
  constexpr T most = std::numeric_limits<T>::max(), least = std::numeric_limits<T>::min();
  if (time == most) return most;
  if (time == least) return -most;
  return static_cast<T>(time + shift);
}

void put_fixed(const Column& column, const Type& type, uint64_t row, std::string& out) {
  switch (type.id) {
    case TypeId::Boolean:
      put(out, int32_t{1});
      out.push_back(static_cast<char>(column.data<uint8_t>()[row]));
      return;
    case TypeId::Int32:
      put(out, int32_t{4});
      return put(out, column.data<int32_t>()[row]);
    case TypeId::Date:
      put(out, int32_t{4});
      return put(out, to_theirs(column.data<int32_t>()[row], epoch_days));
    case TypeId::Integer:
      put(out, int32_t{8});
      return put(out, column.data<int64_t>()[row]);
    case TypeId::Double:
      put(out, int32_t{8});
      return put(out, std::bit_cast<int64_t>(column.data<double>()[row]));
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      put(out, int32_t{8});
      return put(out, to_theirs(column.data<int64_t>()[row], epoch_micros));
    default:
      break;
  }
  CW_ASSERT(type.id == TypeId::Uuid);
  const Hugeint uuid = column.data<Hugeint>()[row];
  put(out, int32_t{16});
  put(out, static_cast<uint64_t>(uuid.upper) ^ top_bit);
  put(out, uuid.lower);
}

// Writes the length of what `body` appends in front of it.
template <typename Body>
void put_sized(std::string& out, Body&& body) {
  const size_t at = out.size();
  out.append(4, '\0');
  body();
  const auto length = big_endian(static_cast<int32_t>(out.size() - at - 4));
  std::memcpy(out.data() + at, &length, sizeof length);
}

// ndim, has nulls, element oid, then length and lower bound of each dimension (array_send).
void put_array(const Column& column, const Type& type, uint64_t row, std::string& out) {
  const auto list = column.data<duckdb::ListEntry>()[row];
  const Type& element = type.children.front();
  const Column child = column.child();
  int32_t nulls = 0;
  for (uint64_t i = 0; i < list.length; ++i) nulls |= child.is_valid(list.offset + i) ? 0 : 1;
  put(out, int32_t{list.length > 0 ? 1 : 0});
  put(out, nulls);
  put(out, to_oid(element));
  if (list.length == 0) return;
  put(out, static_cast<int32_t>(list.length));
  put(out, int32_t{1});
  for (uint64_t i = 0; i < list.length; ++i) put_field(child, element, list.offset + i, out);
}

Error unreadable(const Type& type) { return fatal("a value is no valid " + duckdb::to_sql(type)); }

bool get_fixed(std::string_view bytes, Oid oid, const Type& type, Column& column, uint64_t row) {
  const auto sized = [&bytes](size_t size) { return bytes.size() == size; };
  switch (type.id) {
    case TypeId::Boolean:
      if (!sized(1)) return false;
      column.data<uint8_t>()[row] = bytes[0] != 0 ? 1 : 0;
      return true;
    case TypeId::Int32:
      if (!sized(oid == 21 ? 2 : 4)) return false;
      column.data<int32_t>()[row] = oid == 21 ? get<int16_t>(bytes) : get<int32_t>(bytes);
      return true;
    case TypeId::Date:
      if (!sized(4)) return false;
      column.data<int32_t>()[row] = to_ours(get<int32_t>(bytes), epoch_days);
      return true;
    case TypeId::Integer:
      if (!sized(8)) return false;
      column.data<int64_t>()[row] = get<int64_t>(bytes);
      return true;
    case TypeId::Double:
      if (!sized(oid == 700 ? 4 : 8)) return false;
      column.data<double>()[row] = oid == 700 ? double{std::bit_cast<float>(get<int32_t>(bytes))}
                                              : std::bit_cast<double>(get<int64_t>(bytes));
      return true;
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      if (!sized(8)) return false;
      column.data<int64_t>()[row] = to_ours(get<int64_t>(bytes), epoch_micros);
      return true;
    case TypeId::Uuid:
      if (!sized(16)) return false;
      column.data<Hugeint>()[row] = {get<uint64_t>(bytes, 8),
                                     static_cast<int64_t>(get<uint64_t>(bytes) ^ top_bit)};
      return true;
    default:
      return false;
  }
}

bool get_decimal(std::string_view bytes, const Type& type, const Column& column, uint64_t row) {
  const auto value = get_numeric(bytes, type.scale);
  if (!value) return false;
  if (type.precision <= 4) {
    column.data<int16_t>()[row] = static_cast<int16_t>(value->lower);
  } else if (type.precision <= 9) {
    column.data<int32_t>()[row] = static_cast<int32_t>(value->lower);
  } else if (type.precision <= 18) {
    column.data<int64_t>()[row] = static_cast<int64_t>(value->lower);
  } else {
    column.data<Hugeint>()[row] = *value;
  }
  return true;
}

bool get_text(std::string_view bytes, Oid oid, const Column& column, uint64_t row) {
  if (oid == 1700) {
    const auto text = numeric_text(bytes);
    if (text) column.set_text_copy(row, *text);
    return text.has_value();
  }
  if (oid == 3802) {  // jsonb: a version in front
    if (bytes.empty() || bytes[0] != 1) return false;
    bytes.remove_prefix(1);
  }
  column.set_text_copy(row, bytes);
  return true;
}

Result<void> get_array(std::string_view bytes, Oid oid, const Type& type, Column& column,
                       uint64_t row) {
  if (bytes.size() < 12) return unreadable(type);
  const int32_t dimensions = get<int32_t>(bytes);
  if (dimensions > 1) return fatal("an array of several dimensions cannot be read: unnest it");
  const uint64_t offset = column.list_size();
  auto* entries = column.data<duckdb::ListEntry>();
  entries[row] = {offset, 0};
  if (dimensions == 0) return {};
  if (bytes.size() < 20) return unreadable(type);
  const auto count = get<int32_t>(bytes, 12);
  if (count < 0 || static_cast<size_t>(count) > bytes.size() / 4) return unreadable(type);
  entries[row].length = static_cast<uint64_t>(count);
  column.resize_list(offset + entries[row].length);
  Column child = column.child();
  size_t at = 20;
  for (uint64_t i = 0; i < entries[row].length; ++i) {
    if (bytes.size() - at < 4) return unreadable(type);
    const auto length = get<int32_t>(bytes, at);
    at += 4;
    if (length < 0) {
      child.set_null(offset + i);
      continue;
    }
    if (bytes.size() - at < static_cast<size_t>(length)) return unreadable(type);
    CW_TRY(get_field(bytes.substr(at, static_cast<size_t>(length)), element_of(oid),
                     type.children.front(), child, offset + i));
    at += static_cast<size_t>(length);
  }
  return {};
}

}  // namespace

void put_field(const Column& column, const Type& type, uint64_t row, std::string& out) {
  if (!column.is_valid(row)) return put(out, int32_t{-1});
  if (kept_as_json(type)) {
    return put_sized(out, [&] {
      out.push_back(1);  // jsonb's version
      put_json(column, type, row, out);
    });
  }
  switch (type.id) {
    case TypeId::Text:
    case TypeId::Blob: {
      const std::string_view text = column.text(row);
      put(out, static_cast<int32_t>(text.size()));
      out.append(text);
      return;
    }
    case TypeId::Json:
      return put_sized(out, [&] {
        out.push_back(1);
        out.append(column.text(row));
      });
    case TypeId::Decimal:
      return put_sized(out, [&] { put_numeric(decimal_at(column, type, row), type.scale, out); });
    case TypeId::List:
      return put_sized(out, [&] { put_array(column, type, row, out); });
    default:
      return put_fixed(column, type, row, out);
  }
}

Result<void> get_field(std::string_view bytes, Oid oid, const Type& type, Column& column,
                       uint64_t row) {
  bool read = false;
  switch (type.id) {
    case TypeId::Text:
    case TypeId::Json:
    case TypeId::Blob:
      read = get_text(bytes, oid, column, row);
      break;
    case TypeId::Decimal:
      read = get_decimal(bytes, type, column, row);
      break;
    case TypeId::List:
      return get_array(bytes, oid, type, column, row);
    default:
      read = get_fixed(bytes, oid, type, column, row);
  }
  if (!read) return unreadable(type);
  return {};
}

}  // namespace clearwell::postgres
