#include "sources/files/after_commit.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/step.h"

namespace clearwell::sources::files {

Result<void> AfterCommit::prepare() const {
  if (action_ != Action::Move) return {};
  std::error_code error;
  std::filesystem::create_directories(move_to_, error);
  if (error) return config_error("cannot create move_to " + move_to_ + ": " + error.message());
  if (::access(move_to_.c_str(), W_OK | X_OK) != 0) {
    return config_error("cannot write into move_to " + move_to_ + ": " + errno_text(errno));
  }
  return {};
}

int AfterCommit::act(InputFolders& folders, const FileBook::Done& done) const {
  const Place place = folders.place(done.path);
  FileStat info;
  const int error = folders.stat(place, info);
  if (error == ENOENT) return 0;
  if (error != 0) return error;
  if (mark_of(done.path, info) != done.mark) return 0;
  const std::string full = folders.full(done.path);
  if (action_ == Action::Keep) return 0;
  if (action_ == Action::Move) {
    step("files.before_move");
    const int failed = move(full, place.name, done.mark);
    step("files.after_move");
    return failed;
  }
  step("files.before_delete");
  const int failed = ::unlink(full.c_str()) == 0 || errno == ENOENT ? 0 : errno;
  step("files.after_delete");
  return failed;
}

int AfterCommit::move(const std::string& from, const std::string& name,
                      const batch::FileMark& mark) const {
  const std::string to = move_to_ + "/" + name;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno == ENOENT) return 0;
  // Some file systems (EINVAL) know no RENAME_NOREPLACE: there, too, the mark makes the name
  // unique.
  if (errno != EEXIST && errno != EINVAL) return errno;
  const std::string unique = to + "." + to_hex(mark);
  return std::rename(from.c_str(), unique.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

}  // namespace clearwell::sources::files
