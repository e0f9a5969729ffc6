// Hashes of bytes (XXH3). They are stored (file marks, positions), so they must never change.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace clearwell {

// Good for tables in memory and for telling contents apart where a false match is harmless.
uint64_t hash64(std::string_view bytes);

// Big-endian, so that it is the same on every machine. Equal only for equal bytes (2^-128).
using Hash128 = std::array<uint8_t, 16>;
Hash128 hash128(std::string_view bytes);

// Lower-case hex digits, two a byte.
std::string to_hex(const Hash128& hash);

}  // namespace clearwell
