#include "output_file.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace simulators {

constexpr int64_t second = 1'000'000'000;

void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

OutputFile::OutputFile(const std::string& path, int flags)
    : path_(path), number_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {
  if (number_ < 0) fail(path);
}

OutputFile::~OutputFile() { close(number_); }

void OutputFile::write_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = write(number_, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) fail(path_);
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void OutputFile::stamp() const {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  stamp(now.tv_sec * second + now.tv_nsec);
}

void OutputFile::stamp(int64_t nanoseconds) const {
  const timespec time{nanoseconds / second, nanoseconds % second};
  const std::array<timespec, 2> times{time, time};
  if (futimens(number_, times.data()) != 0) fail(path_);
}

int64_t OutputFile::stamped() const {
  struct stat status{};
  if (fstat(number_, &status) != 0) fail(path_);
  return status.st_mtim.tv_sec * second + status.st_mtim.tv_nsec;
}

}  // namespace simulators
