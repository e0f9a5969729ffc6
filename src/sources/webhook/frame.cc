#include "sources/webhook/frame.h"

#include <bit>
#include <cstring>

#include "base/hash.h"

namespace clearwell::sources::webhook {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr size_t hash_at = 8, hashed_from = 16;
// Far beyond limits.record_bytes: what claims more is no frame.
constexpr uint64_t largest_payload = uint64_t{1} << 32;

template <typename Number>
void put(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

template <typename Number>
Number get(std::string_view bytes, size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

}  // namespace

void append_frame(const Entry& entry, std::string& out) {
  const size_t start = out.size();
  const std::string_view name = entry.name.substr(0, longest_name);
  out.append(frame_magic);
  put(out, uint64_t{0});
  put(out, static_cast<uint64_t>(name.size()));
  put(out, static_cast<uint64_t>(entry.payload.size()));
  put(out, static_cast<int64_t>(entry.came.time_since_epoch().count()));
  out.append(name);
  out.append(entry.payload);
  const uint64_t hash = hash64(std::string_view(out).substr(start + hashed_from));
  std::memcpy(out.data() + start + hash_at, &hash, sizeof hash);
}

std::optional<FrameSize> frame_size(std::string_view header) {
  if (header.size() < header_bytes || !header.starts_with(frame_magic)) return std::nullopt;
  const FrameSize size{get<uint64_t>(header, 16), get<uint64_t>(header, 24)};
  if (size.name > longest_name || size.payload > largest_payload) return std::nullopt;
  return size;
}

std::optional<Entry> read_frame(std::string_view frame) {
  const auto size = frame_size(frame);
  if (!size || frame.size() != size->whole()) return std::nullopt;
  if (hash64(frame.substr(hashed_from)) != get<uint64_t>(frame, hash_at)) return std::nullopt;
  const std::string_view rest = frame.substr(header_bytes);
  return Entry{rest.substr(0, size->name), rest.substr(size->name),
               Instant(Micros(get<int64_t>(frame, 32)))};
}

}  // namespace clearwell::sources::webhook
