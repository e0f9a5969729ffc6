#include "random.h"

namespace simulators {
namespace {

// FNV-1a: a number for the name of a stream.
uint64_t hash(std::string_view text) {
  uint64_t value = 0xcbf29ce484222325;
  for (unsigned char byte : text) value = (value ^ byte) * 0x100000001b3;
  return value;
}

}  // namespace

Random::Random(uint64_t seed, std::string_view stream)
    : engine_((seed + 1) * 0x9e3779b97f4a7c15 ^ hash(stream)) {}

std::string Random::digits(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text.push_back(static_cast<char>('0' + below(10)));
  return text;
}

std::string Random::uuid() {
  static constexpr char hex[] = "0123456789abcdef";
  const uint64_t high = (engine_() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (engine_() & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  std::string text(36, '-');
  size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) ++at;
    const uint64_t half = i < 16 ? high : low;
    text[at++] = hex[(half >> (60 - 4 * (i % 16))) & 0xf];
  }
  return text;
}

}  // namespace simulators
