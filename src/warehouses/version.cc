#include "warehouses/version.h"

#include <cmath>

#include "base/result.h"

namespace clearwell::warehouses {
namespace {

using duckdb::TypeId;

void put_big_endian(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

void put_signed(std::string& out, int64_t value) {
  put_big_endian(out, static_cast<uint64_t>(value) ^ uint64_t{1} << 63);
}

void put_double(std::string& out, double value) {
  if (value == 0) value = 0;            // -0.0 equals 0.0
  uint64_t bits = 0x7FF8000000000000u;  // any NaN: after all numbers, as the database sorts them
  if (!std::isnan(value)) std::memcpy(&bits, &value, sizeof bits);
  // Negative numbers sort backwards by their bits.
  put_big_endian(out, bits >> 63 != 0 ? ~bits : bits | uint64_t{1} << 63);
}

void put_wide(std::string& out, duckdb::Hugeint value) {
  put_signed(out, value.upper);
  put_big_endian(out, value.lower);
}

void put_decimal(std::string& out, const duckdb::Column& column, const duckdb::Type& type,
                 uint64_t row) {
  int64_t narrow = 0;
  if (type.precision > 18) return put_wide(out, column.data<duckdb::Hugeint>()[row]);
  if (type.precision <= 4) {
    narrow = column.data<int16_t>()[row];
  } else if (type.precision <= 9) {
    narrow = column.data<int32_t>()[row];
  } else {
    narrow = column.data<int64_t>()[row];
  }
  put_wide(out, {static_cast<uint64_t>(narrow), narrow < 0 ? -1 : 0});
}

void put_text(std::string& out, std::string_view text) {
  for (char c : text) {
    out += c;
    if (c == '\0') out += '\xFF';
  }
  out.append(2, '\0');
}

}  // namespace

bool can_order(const duckdb::Type& type) {
  switch (type.id) {
    case TypeId::List:
    case TypeId::Struct:
    case TypeId::Json:
    case TypeId::Other:
      return false;
    default:
      return true;
  }
}

std::string encode_version(const duckdb::Column& column, const duckdb::Type& type, uint64_t row) {
  if (!column.is_valid(row)) return std::string(1, '\0');
  std::string out(1, '\1');
  switch (type.id) {
    case TypeId::Boolean:
      out += static_cast<char>(column.data<uint8_t>()[row]);
      break;
    case TypeId::Int32:
    case TypeId::Date:
      put_signed(out, column.data<int32_t>()[row]);
      break;
    case TypeId::Integer:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      put_signed(out, column.data<int64_t>()[row]);
      break;
    case TypeId::Double:
      put_double(out, column.data<double>()[row]);
      break;
    case TypeId::Decimal:
      put_decimal(out, column, type, row);
      break;
    case TypeId::Uuid:
      put_wide(out, column.data<duckdb::Hugeint>()[row]);
      break;
    case TypeId::Text:
    case TypeId::Blob:
      put_text(out, column.text(row));
      break;
    default:
      CW_ASSERT(can_order(type));
  }
  return out;
}

std::vector<std::string> versions_of(const LoadRows& load) {
  if (load.target->version < 0) return std::vector(load.rows.size(), std::string(1, '\0'));
  std::vector<std::string> out;
  out.reserve(load.rows.size());
  const auto column = static_cast<size_t>(load.target->version) + 1;
  for (const duckdb::Chunk& chunk : load.rows.chunks) {
    const duckdb::Column values = chunk.column(column);
    for (size_t row = 0; row < chunk.rows(); ++row) {
      out.push_back(encode_version(values, load.rows.schema[column].type, row));
    }
  }
  return out;
}

std::string encode_tuple(std::string_view version, std::string_view order, batch::RowHash content) {
  std::string out;
  out.reserve(version.size() + order.size() + 16);
  out.append(version).append(order);
  put_big_endian(out, content.high);
  put_big_endian(out, content.low);
  return out;
}

std::string hash_bytes(batch::RowHash hash) { return encode_tuple("", "", hash); }

batch::RowHash hash_of_bytes(std::string_view bytes) { return content_of(bytes); }

void set_content(std::string& tuple, batch::RowHash content) {
  CW_ASSERT(tuple.size() >= 16);
  tuple.resize(tuple.size() - 16);
  put_big_endian(tuple, content.high);
  put_big_endian(tuple, content.low);
}

namespace {

void put_sized(std::string& out, std::string_view bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xFF);
  out.append(bytes);
}

std::string take_sized(std::string_view& bytes) {
  CW_ASSERT(bytes.size() >= 4);
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  CW_ASSERT(bytes.size() - 4 >= size);
  std::string out(bytes.substr(4, size));
  bytes.remove_prefix(4 + size);
  return out;
}

}  // namespace

std::string encode_patches(const Patches& patches) {
  std::string out;
  for (const auto& [column, tuple] : patches) {
    put_sized(out, column);
    put_sized(out, tuple);
  }
  return out;
}

Patches decode_patches(std::string_view bytes) {
  Patches out;
  while (!bytes.empty()) {
    std::string column = take_sized(bytes);
    out[std::move(column)] = take_sized(bytes);
  }
  return out;
}

batch::RowHash content_of(std::string_view tuple) {
  CW_ASSERT(tuple.size() >= 16);
  batch::RowHash hash;
  const auto* bytes = reinterpret_cast<const unsigned char*>(tuple.data() + tuple.size() - 16);
  for (int i = 0; i < 8; ++i) hash.high = hash.high << 8 | bytes[i];
  for (int i = 8; i < 16; ++i) hash.low = hash.low << 8 | bytes[i];
  return hash;
}

}  // namespace clearwell::warehouses
