#include "base/file.h"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clearwell {
namespace {

FileStat from_stat(const struct stat& info) {
  FileStat out;
  out.size = info.st_size;
  out.mtime_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  out.device = info.st_dev;
  out.inode = info.st_ino;
  out.links = info.st_nlink;
  out.regular = S_ISREG(info.st_mode);
  out.folder = S_ISDIR(info.st_mode);
  return out;
}

Error file_error(const std::string& path, int error) {
  std::string message = path + ": " + errno_text(error);
  return error == ENOENT || error == ENOTDIR ? config_error(std::move(message))
                                             : fatal(std::move(message));
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int write_synced(const std::string& path, std::string_view content) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return errno;
  const int error = write_all(fd.get(), content);
  if (error != 0) return error;
  return ::fsync(fd.get()) == 0 ? 0 : errno;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int stat_path(const std::string& path, FileStat& out) {
  return stat_at(AT_FDCWD, path.c_str(), out);
}

int stat_at(int folder, const char* name, FileStat& out) {
  struct stat info{};
  if (::fstatat(folder, name, &info, 0) != 0) return errno;
  out = from_stat(info);
  return 0;
}

int stat_fd(int fd, FileStat& out) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return errno;
  out = from_stat(info);
  return 0;
}

int open_at(int folder, const char* name, Fd& out) {
  out = Fd(::openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  return out ? 0 : errno;
}

int64_t read_at(int fd, char* to, size_t size, int64_t offset) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, to + done, size - done, offset + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<int64_t>(done);
}

int spare_descriptors(int count) {
  std::vector<Fd> held;
  for (int i = 0; i < count; ++i) {
    held.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!held.back()) return errno;
  }
  return 0;
}

int lock_folder(const std::string& path, std::chrono::milliseconds wait, Fd& out) {
  constexpr std::chrono::milliseconds pause(5);
  out = Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!out) return errno;
  while (::flock(out.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return errno;
    if (wait <= pause) return ETIMEDOUT;
    std::this_thread::sleep_for(pause);
    wait -= pause;
  }
  return 0;
}

std::string errno_text(int error) { return std::generic_category().message(error); }

Result<std::string> read_file(const std::string& path) {
  Fd fd;
  FileStat info;
  int error = open_at(AT_FDCWD, path.c_str(), fd);
  if (error == 0) error = stat_fd(fd.get(), info);
  if (error == 0 && info.folder) error = EISDIR;
  if (error != 0) return file_error(path, error);
  std::string content;
  size_t size = static_cast<size_t>(info.size) + 1;  // one more tells that the end was reached
  for (;;) {
    const size_t before = content.size();
    content.resize(size);
    const int64_t got =
        read_at(fd.get(), content.data() + before, size - before, static_cast<int64_t>(before));
    if (got < 0) return file_error(path, static_cast<int>(-got));
    content.resize(before + static_cast<size_t>(got));
    if (content.size() < size) return content;
    size *= 2;
  }
}

Result<void> write_file(const std::string& path, std::string_view content) {
  const std::string beside = path + ".tmp" + std::to_string(::getpid());
  int error = write_synced(beside, content);
  if (error == 0 && ::rename(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(beside.c_str());
    return fatal("cannot write " + path + ": " + errno_text(error));
  }
  // The rename itself survives a power failure only when its folder is synced.
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
  return {};
}

std::string path_in(const std::string& folder, const std::string& path) {
  if (path.empty() || path.front() == '/' || folder.empty()) return path;
  return folder + (folder.back() == '/' ? "" : "/") + path;
}

}  // namespace clearwell
