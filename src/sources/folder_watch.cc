#include "sources/folder_watch.h"

#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace clearwell::sources {
namespace {

constexpr uint32_t arrivals =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

FolderWatch::FolderWatch(Watched watched)
    : mask_(watched == Watched::Changes ? arrivals | IN_MODIFY : arrivals),
      inotify_(watched == Watched::Nothing ? -1 : ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

int FolderWatch::add(const std::string& folder, const std::string& path) {
  if (!inotify_) return EMFILE;
  const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), mask_);
  if (watch < 0) return errno;
  folders_[watch] = folder;
  return 0;
}

bool FolderWatch::take(const std::function<void(const Event&)>& visit) {
  alignas(inotify_event) char buffer[64 * 1024];
  bool complete = true;
  while (inotify_) {
    const ssize_t size = ::read(inotify_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    for (ssize_t at = 0; at < size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(buffer + at);
      const char* name = event.len > 0 ? event.name : "";
      complete = take_one(event.wd, event.mask, name, visit) && complete;
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
  return complete;
}

bool FolderWatch::take_one(int watch, uint32_t what, const char* name,
                           const std::function<void(const Event&)>& visit) {
  if ((what & IN_Q_OVERFLOW) != 0) return false;
  const auto found = folders_.find(watch);
  if (found == folders_.end()) return true;
  if ((what & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) {
    // A folder that moved would go on reporting under its old name.
    if ((what & IN_MOVE_SELF) != 0) ::inotify_rm_watch(inotify_.get(), watch);
    folders_.erase(found);
    return false;
  }
  visit({.folder = found->second,
         .name = name,
         .is_folder = (what & IN_ISDIR) != 0,
         .complete = (what & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0,
         .created = (what & IN_CREATE) != 0});
  return true;
}

void FolderWatch::wait(Steady::time_point until) {
  using std::chrono::nanoseconds;
  const nanoseconds left = until - Steady::now();
  if (left <= nanoseconds(0)) return;
  const timespec span{.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000),
                      .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
  pollfd both[] = {{wake_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}};
  ::ppoll(both, inotify_ ? 2 : 1, &span, nullptr);
  uint64_t count = 0;
  // Reading resets the counter; an empty one is no fault.
  if (::read(wake_.get(), &count, sizeof count) < 0) return;
}

void FolderWatch::wake() {
  const uint64_t one = 1;
  // A full counter wakes just as well.
  if (::write(wake_.get(), &one, sizeof one) < 0) return;
}

}  // namespace clearwell::sources
