#include "sources/webhook/segments.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/log.h"

namespace clearwell::sources::webhook {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view ending = ".spool";

std::optional<int64_t> start_of(const std::string& name) {
  if (!name.ends_with(ending)) return std::nullopt;
  int64_t start = 0;
  const char* end = name.data() + name.size() - ending.size();
  const auto parsed = std::from_chars(name.data(), end, start);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return start;
}

Error unreadable(const std::string& path, int error) {
  return Error{ErrorKind::Retryable, "cannot read " + path + ": " + errno_text(error)};
}

}  // namespace

std::string segment_name(int64_t start) { return fmt::format("{:020}{}", start, ending); }

Result<std::map<int64_t, Segment>> list_segments(const std::string& folder) {
  std::map<int64_t, Segment> segments;
  std::error_code error;
  for (const fs::directory_entry& file : fs::directory_iterator(folder, error)) {
    const auto start = start_of(file.path().filename().string());
    if (!start) continue;
    std::error_code gone;
    const auto size = static_cast<int64_t>(file.file_size(gone));
    if (!gone) segments[*start] = {file.path().string(), *start, size};
  }
  if (error) return unreadable(folder, error.value());
  const Segment* before = nullptr;
  for (const auto& [start, segment] : segments) {
    if (before != nullptr && before->end() != start) {
      return config_error(fmt::format(
          "the spool {} has a gap: {} ends at {}, and the next file begins at {}; restore what is "
          "missing between them, or move the earlier files away",
          folder, before->path, before->end(), start));
    }
    before = &segment;
  }
  return segments;
}

Result<int64_t> mend_tail(Segment& segment, bool only_look) {
  CW_ASSIGN(SegmentReader reader, SegmentReader::open(segment, segment.start));
  std::string bytes;
  Entry entry;
  auto last = SegmentReader::Read::Entry;
  while (last == SegmentReader::Read::Entry) {
    CW_ASSIGN(last, reader.next(segment.end(), bytes, entry));
  }
  const int64_t whole = reader.offset() - segment.start;
  const int64_t rest = segment.size - whole;
  if (rest == 0 || only_look) {
    segment.size = whole;
    return rest;
  }
  CW_ASSIGN(const std::string content, read_file(segment.path));
  for (size_t at = content.find(frame_magic, static_cast<size_t>(whole) + 1);
       at != std::string::npos; at = content.find(frame_magic, at + 1)) {
    const std::string_view left = std::string_view(content).substr(at);
    const auto size = frame_size(left);
    if (!size || size->whole() > left.size() || !read_frame(left.substr(0, size->whole()))) {
      continue;
    }
    return config_error(fmt::format(
        "the spool file {} is damaged from byte {} to {}, with whole deliveries behind it; restore "
        "that file, or cut it off at byte {} (`truncate -s {} {}`) and lose what is behind",
        segment.path, whole, at, whole, whole, segment.path));
  }
  if (::truncate(segment.path.c_str(), whole) != 0) return unreadable(segment.path, errno);
  segment.size = whole;
  return rest;
}

Result<SegmentReader> SegmentReader::open(const Segment& segment, int64_t offset) {
  SegmentReader reader;
  reader.path_ = segment.path;
  reader.start_ = segment.start;
  reader.offset_ = offset;
  reader.fd_ = Fd(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader.fd_) return unreadable(segment.path, errno);
  return reader;
}

Result<SegmentReader::Read> SegmentReader::next(int64_t limit, std::string& bytes,
                                                webhook::Entry& entry) {
  const auto read = [&](size_t size) -> Result<bool> {
    bytes.resize(size);
    const int64_t got = read_at(fd_.get(), bytes.data(), size, offset_ - start_);
    if (got < 0) return unreadable(path_, static_cast<int>(-got));
    return got == static_cast<int64_t>(size);
  };
  if (offset_ >= limit) return Read::End;
  if (limit - offset_ < static_cast<int64_t>(header_bytes)) return Read::Damaged;
  CW_ASSIGN(bool whole, read(header_bytes));
  const auto size = whole ? frame_size(bytes) : std::nullopt;
  if (!size || static_cast<int64_t>(size->whole()) > limit - offset_) return Read::Damaged;
  CW_ASSIGN(whole, read(size->whole()));
  const auto found = whole ? read_frame(bytes) : std::nullopt;
  if (!found) return Read::Damaged;
  entry = *found;
  offset_ += static_cast<int64_t>(bytes.size());
  return Read::Entry;
}

}  // namespace clearwell::sources::webhook
