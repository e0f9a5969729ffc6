#include "batch/row_hash.h"

#include <algorithm>
#include <cmath>

#include <xxhash.h>

#include "base/result.h"

namespace clearwell::batch {
namespace {

using duckdb::Column;
using duckdb::Type;
using duckdb::TypeId;

// One multiplication folds 64 bits into each half; the constants are digits of pi.
uint64_t fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

void mix(RowHash& hash, uint64_t value) {
  hash.low = fold(hash.low ^ value ^ 0x243F6A8885A308D3u, 0x13198A2E03707345u) + value;
  hash.high = fold(hash.high ^ value ^ 0xA4093822299F31D1u, 0x082EFA98EC4E6C89u) + ~value;
}

void mix_bytes(RowHash& hash, std::string_view bytes) {
  const XXH128_hash_t digest = XXH3_128bits(bytes.data(), bytes.size());
  mix(hash, digest.low64);
  mix(hash, digest.high64);
}

constexpr uint64_t null_value = 0x452821E638D01377u;

uint64_t double_bits(double value) {
  if (std::isnan(value)) return 0x7FF8000000000000u;
  if (value == 0) value = 0;  // -0.0 equals 0.0
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Calls put(row, value) for the valid rows of a column of fixed width.
template <typename T, typename Put>
void fixed(const Column& column, uint64_t begin, uint64_t end, Put&& put) {
  const T* data = column.data<T>();
  for (uint64_t row = begin; row < end; ++row) {
    put(row, column.is_valid(row) ? static_cast<uint64_t>(data[row]) : null_value);
  }
}

class Hasher {
 public:
  // Mixes the values of rows begin..end of `column` into hashes[row - begin] (several rows may
  // share one hash: `target` maps the row to it).
  template <typename Target>
  static void column(const Column& values, const Type& type, uint64_t begin, uint64_t end,
                     Target&& target) {
    const auto put = [&](uint64_t row, uint64_t value) { mix(target(row), value); };
    switch (type.id) {
      case TypeId::Boolean:
        return fixed<uint8_t>(values, begin, end, put);
      case TypeId::Int32:
      case TypeId::Date:
        return fixed<int32_t>(values, begin, end, put);
      case TypeId::Integer:
      case TypeId::Timestamp:
      case TypeId::TimestampTz:
        return fixed<int64_t>(values, begin, end, put);
      default:
        break;
    }
    for (uint64_t row = begin; row < end; ++row) value(values, type, row, target(row));
  }

 private:
  static void value(const Column& values, const Type& type, uint64_t row, RowHash& hash) {
    if (!values.is_valid(row)) return mix(hash, null_value);
    switch (type.id) {
      case TypeId::Boolean:
        return mix(hash, values.data<uint8_t>()[row]);
      case TypeId::Int32:
      case TypeId::Date:
        return mix(hash, static_cast<uint64_t>(values.data<int32_t>()[row]));
      case TypeId::Integer:
      case TypeId::Timestamp:
      case TypeId::TimestampTz:
        return mix(hash, static_cast<uint64_t>(values.data<int64_t>()[row]));
      case TypeId::Double:
        return mix(hash, double_bits(values.data<double>()[row]));
      case TypeId::Decimal:
        return decimal(values, type, row, hash);
      case TypeId::Uuid:
        return wide(values.data<duckdb::Hugeint>()[row], hash);
      case TypeId::Text:
      case TypeId::Json:
      case TypeId::Blob:
        return mix_bytes(hash, values.text(row));
      case TypeId::List:
        return list(values, type, row, hash);
      case TypeId::Struct:
        for (size_t i = 0; i < type.children.size(); ++i) {
          value(values.field(i), type.children[i], row, hash);
        }
        return;
      case TypeId::Other:
        break;
    }
    CW_ASSERT(type.id != TypeId::Other);  // loads cast such columns (transform/load_query.h)
  }

  static void wide(duckdb::Hugeint number, RowHash& hash) {
    mix(hash, number.lower);
    mix(hash, static_cast<uint64_t>(number.upper));
  }

  static void decimal(const Column& values, const Type& type, uint64_t row, RowHash& hash) {
    if (type.precision <= 4) return mix(hash, static_cast<uint64_t>(values.data<int16_t>()[row]));
    if (type.precision <= 9) return mix(hash, static_cast<uint64_t>(values.data<int32_t>()[row]));
    if (type.precision <= 18) return mix(hash, static_cast<uint64_t>(values.data<int64_t>()[row]));
    wide(values.data<duckdb::Hugeint>()[row], hash);
  }

  static void list(const Column& values, const Type& type, uint64_t row, RowHash& hash) {
    const duckdb::ListEntry entry = values.data<duckdb::ListEntry>()[row];
    mix(hash, entry.length);
    column(values.child(), type.children.front(), entry.offset, entry.offset + entry.length,
           [&](uint64_t) -> RowHash& { return hash; });
  }
};

}  // namespace

std::vector<RowHash> hash_rows(const duckdb::Rows& rows, std::span<const size_t> columns) {
  std::vector<RowHash> hashes(rows.size());
  size_t base = 0;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t index : columns) {
      Hasher::column(chunk.column(index), rows.schema[index].type, 0, chunk.rows(),
                     [&](uint64_t row) -> RowHash& { return hashes[base + row]; });
    }
    base += chunk.rows();
  }
  return hashes;
}

std::vector<size_t> rows_with_null(const duckdb::Rows& rows, std::span<const size_t> columns) {
  std::vector<size_t> found;
  size_t base = 0;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    std::vector<Column> views;
    for (size_t index : columns) views.push_back(chunk.column(index));
    for (size_t row = 0; row < chunk.rows(); ++row) {
      const auto is_null = [row](const Column& view) { return !view.is_valid(row); };
      if (std::any_of(views.begin(), views.end(), is_null)) found.push_back(base + row);
    }
    base += chunk.rows();
  }
  return found;
}

}  // namespace clearwell::batch
