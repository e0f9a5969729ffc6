#include "sources/files/file_reader.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "base/cure.h"
#include "sources/settle.h"

namespace clearwell::sources::files {
namespace {

constexpr int attempts = 3;

// Not there any more, or nothing to read from (a socket).
bool is_absent(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENXIO;
}

bool is_of_machine(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

}  // namespace

Result<bool> FileReader::read(const Candidate& candidate, size_t record_bytes,
                              batch::RawBatch& batch) {
  const std::string path = folders_.path(candidate.place);
  Version version;
  const int error = read_version(candidate, record_bytes, batch.arena, version);
  if (is_of_machine(error))
    return retryable(with_cure("opening " + path + ": " + errno_text(error)));
  const bool absent = is_absent(error) || (error == 0 && !version.info.regular);
  if (error != 0 && !absent) {
    problems_.add(path, errno_text(error));
    return false;
  }
  if (!problems_.empty()) problems_.remove(path);
  if (absent) return false;
  if (!version.stable) {
    book_.postpone(path);
    return false;
  }
  return take(path, version, batch);
}

// What the listing saw serves as the look before reading: if the file is still the same afterwards,
// it has not changed meanwhile either.
int FileReader::read_version(const Candidate& candidate, size_t limit, batch::Arena& arena,
                             Version& version) {
  Fd fd;
  const int error = folders_.open(candidate.place, fd);
  if (error != 0) return error;
  int64_t size = candidate.size;
  int64_t mtime_ns = candidate.mtime_ns;
  for (int attempt = 0; attempt < attempts && !version.stable; ++attempt) {
    await_next_tick(mtime_ns);
    // One byte more than there should be shows growth, and its absence saves a call for the end.
    const size_t expected = std::min(static_cast<size_t>(size), limit);
    char* to = arena.allocate(expected + 1);
    int64_t got = ::pread(fd.get(), to, expected + 1, 0);
    if (got < 0 || static_cast<size_t>(got) < expected)
      got = read_at(fd.get(), to, expected + 1, 0);
    const int stat_error = stat_fd(fd.get(), version.info);
    if (stat_error != 0 || !version.info.regular) return stat_error;
    if (got < 0) return static_cast<int>(-got);
    const bool cut = static_cast<size_t>(size) > limit;
    version.stable = static_cast<size_t>(got) == expected + (cut ? 1 : 0) &&
                     version.info.size == size && version.info.mtime_ns == mtime_ns;
    version.bytes = {to, std::min(static_cast<size_t>(got), limit)};
    size = version.info.size;
    mtime_ns = version.info.mtime_ns;
  }
  return 0;
}

bool FileReader::take(const std::string& path, const Version& version, batch::RawBatch& batch) {
  // It may be another version than that which was found, or have been found twice.
  const batch::FileMark mark = mark_of(path, version.info);
  const FileBook::State state = book_.hand_out(path, mark);
  if (state != FileBook::State::New && state != FileBook::State::Ripe) return false;
  const std::string_view partition = batch.arena.add(path);
  const int64_t mtime = version.info.mtime_ns;
  const bool too_large = static_cast<size_t>(version.info.size) > version.bytes.size();
  batch.records.push_back(
      {.payload = version.bytes,
       .partition = partition,
       .order = {.major = mtime, .minor = 0, .tie = partition},
       .arrived = Instant(Micros(mtime / 1000)),
       .fault = too_large ? batch::SourceFault::TooLarge : batch::SourceFault::None,
       .settled =
           state == FileBook::State::Ripe || until_settled(mtime, book_.settle()).count() == 0});
  batch.marks.push_back(mark);
  batch.payload_bytes += version.bytes.size();
  return true;
}

}  // namespace clearwell::sources::files
