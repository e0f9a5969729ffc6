#include "batch/record.h"

#include <cstring>

#include "base/result.h"

namespace clearwell::batch {
namespace {

constexpr size_t block_bytes = size_t{1} << 20;
constexpr uint64_t sign_bit = uint64_t{1} << 63;

void append_number(std::string& out, int64_t number) {
  const uint64_t bits = static_cast<uint64_t>(number) ^ sign_bit;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift);
}

int64_t read_number(std::string_view bytes) {
  uint64_t bits = 0;
  for (size_t i = 0; i < 8; ++i) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<int64_t>(bits ^ sign_bit);
}

}  // namespace

std::string encode_order(const Order& order) {
  std::string out;
  out.reserve(16 + order.tie.size());
  append_number(out, order.major);
  append_number(out, order.minor);
  out += order.tie;
  return out;
}

Order decode_order(std::string_view bytes) {
  CW_ASSERT(bytes.size() >= 16);
  return {read_number(bytes), read_number(bytes.substr(8)), bytes.substr(16)};
}

std::string_view Arena::add(std::string_view bytes) {
  char* to = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return {to, bytes.size()};
}

char* Arena::allocate(size_t size) {
  const size_t needed = size + padding;
  bytes_ += size;
  // A large piece gets a block of its own, put before the current one, which stays in use.
  if (needed > block_bytes / 4) {
    auto block = std::make_unique_for_overwrite<char[]>(needed);
    char* start = block.get();
    blocks_.insert(blocks_.empty() ? blocks_.end() : blocks_.end() - 1, std::move(block));
    return start;
  }
  if (blocks_.empty() || capacity_ - used_ < needed) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_bytes));
    used_ = 0;
    capacity_ = block_bytes;
  }
  char* start = blocks_.back().get() + used_;
  used_ += needed;
  return start;
}

}  // namespace clearwell::batch
