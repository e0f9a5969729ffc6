#include "base/hash.h"

#include <cstring>

#include <xxhash.h>

namespace clearwell {

uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Hash128 hash128(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  Hash128 hash;
  static_assert(sizeof canonical.digest == sizeof hash);
  std::memcpy(hash.data(), canonical.digest, sizeof canonical.digest);
  return hash;
}

std::string to_hex(const Hash128& hash) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : hash) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace clearwell
