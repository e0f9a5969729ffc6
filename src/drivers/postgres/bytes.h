// Numbers in network byte order, as PostgreSQL's binary formats have them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace clearwell::postgres {

template <typename T>
T big_endian(T value) {
  if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}
static_assert(std::endian::native == std::endian::little);

template <typename T>
void put(std::string& out, T value) {
  value = big_endian(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// REQUIRES: at + sizeof(T) <= bytes.size().
template <typename T>
T get(std::string_view bytes, size_t at = 0) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return big_endian(value);
}

}  // namespace clearwell::postgres
