// Files of the operating system: a descriptor that closes itself, what stat(2) says, and whole
// files read and written at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace clearwell {

// A file descriptor, closed when it goes.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_;
};

struct FileStat {
  int64_t size = 0;
  int64_t mtime_ns = 0;  // since 1970-01-01 UTC
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t links = 0;
  bool regular = false;
  bool folder = false;
};

// The functions of this block return 0 or an errno: callers must tell a vanished file from an
// unreadable one. Symbolic links are followed. No call blocks on a fifo or a device.
int stat_path(const std::string& path, FileStat& out);
int stat_at(int folder, const char* name, FileStat& out);
int stat_fd(int fd, FileStat& out);
int open_at(int folder, const char* name, Fd& out);  // for reading; folder may be AT_FDCWD

// pread(2) until `size` bytes are there or the file ends. Returns the bytes read, or -errno.
int64_t read_at(int fd, char* to, size_t size, int64_t offset);

// 0 if so many more descriptors could be opened now, else the errno.
int spare_descriptors(int count);

// An exclusive lock of a folder among the processes of this program, until `out` is closed: for
// what must be looked at and changed as one step. 0, ETIMEDOUT after `wait`, or an errno.
int lock_folder(const std::string& path, std::chrono::milliseconds wait, Fd& out);

// "No such file or directory"
std::string errno_text(int error);

// Whole content. Errors name the path; a missing file is a Config error, others are Fatal.
Result<std::string> read_file(const std::string& path);

// Afterwards the file has either its old content or all of the new one, also after a power failure:
// written beside it, synced, renamed.
Result<void> write_file(const std::string& path, std::string_view content);

// `path` if absolute, else below `folder`.
std::string path_in(const std::string& folder, const std::string& path);

}  // namespace clearwell
