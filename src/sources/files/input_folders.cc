#include "sources/files/input_folders.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>

namespace clearwell::sources::files {
namespace {

constexpr size_t open_folders = 64;
// Looking at the clock costs about as much as a tenth of a file.
constexpr int files_between_clocks = 64;

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

InputFolders::InputFolders(Settings settings) : settings_(std::move(settings)) {}

// A path without wildcards is a folder or a file, which can change while it is followed.
Glob InputFolders::glob() const {
  FileStat info;
  const bool is_folder =
      !is_pattern(settings_.path) && stat_path(full(settings_.path), info) == 0 && info.folder;
  return Glob(settings_.root, is_folder ? settings_.path + "/*" : settings_.path);
}

int InputFolders::start(const Entered& entered, const Failed& failed) {
  const Glob pattern = glob();
  name_ = pattern.name();
  dir_.reset();
  to_list_.clear();
  next_ = 0;
  for (Folder& folder : folders_) folder.listed = false;
  avoid_ = {};
  if (!settings_.avoid.empty()) stat_path(full(settings_.avoid), avoid_);
  int error = 0;
  pattern.folders(
      [&](const std::string& folder, bool listed) {
        entered(folder, full(folder));
        if (listed) add(folder, failed);
      },
      [&](const std::string& folder, int why) {
        if (folder == pattern.base()) error = why;
        if (folder != pattern.base()) failed(folder, why);
      });
  running_ = error == 0;
  return error;
}

void InputFolders::add(const std::string& path, const Failed& failed) {
  Folder& folder = folders_[index(path)];
  if (folder.listed) return;
  FileStat info;
  if (stat_path(full(path), info) == 0 && avoid_.folder && info.inode == avoid_.inode &&
      info.device == avoid_.device) {
    return;
  }
  // Opened anew each time: another folder may have taken its name.
  folder.descriptor.reset();
  if (index(path) < open_folders) {
    const int error = open_at(AT_FDCWD, full(path).c_str(), folder.descriptor);
    if (error != 0) return failed(path, error);
  }
  folder.listed = true;
  to_list_.push_back(index(path));
}

uint32_t InputFolders::index(const std::string& path) {
  const auto [entry, is_new] = by_path_.emplace(path, static_cast<uint32_t>(folders_.size()));
  if (is_new) folders_.push_back({.path = path, .descriptor = Fd(), .listed = false});
  return entry->second;
}

int64_t InputFolders::find(const std::string& folder) const {
  const auto found = by_path_.find(folder);
  if (found == by_path_.end() || !folders_[found->second].listed) return -1;
  return found->second;
}

bool InputFolders::open_next(const Failed& failed) {
  while (next_ < to_list_.size()) {
    current_ = to_list_[next_++];
    dir_.reset(::opendir(full(folders_[current_].path).c_str()));
    if (dir_ != nullptr) return true;
    if (errno != ENOENT) failed(folders_[current_].path, errno);
  }
  running_ = false;
  return false;
}

void InputFolders::step(Steady::time_point until, const std::function<void(const File&)>& visit,
                        const Failed& failed) {
  int files = 0;
  while (running_) {
    if (dir_ == nullptr && !open_next(failed)) return;
    errno = 0;
    const dirent* entry = ::readdir(dir_.get());
    if (entry == nullptr) {
      if (errno != 0) failed(folders_[current_].path, errno);
      dir_.reset();
      continue;
    }
    visit_entry(*entry, visit);
    if (++files % files_between_clocks == 0 && Steady::now() >= until) return;
  }
}

void InputFolders::visit_entry(const dirent& entry,
                               const std::function<void(const File&)>& visit) const {
  const bool maybe = entry.d_type == DT_REG || entry.d_type == DT_LNK || entry.d_type == DT_UNKNOWN;
  if (!maybe || !wanted(entry.d_name)) return;
  FileStat info;
  // A file that has gone since, or a link that leads nowhere, is no input.
  if (stat_at(::dirfd(dir_.get()), entry.d_name, info) != 0 || !info.regular) return;
  visit({.folder = current_, .name = entry.d_name, .info = info});
}

bool InputFolders::wanted(const char* name) const {
  if (!name_matches(name_, name)) return false;
  return std::none_of(settings_.ignore.begin(), settings_.ignore.end(),
                      [name](const std::string& pattern) { return name_matches(pattern, name); });
}

std::string InputFolders::path(const Place& place) const {
  return join_path(folders_[place.folder].path, place.name);
}

Place InputFolders::place(const std::string& path) {
  return {index(folder_of(path)), path.substr(path.rfind('/') + 1)};
}

int InputFolders::stat(const Place& place, FileStat& out) const {
  const Folder& folder = folders_[place.folder];
  if (folder.descriptor) return stat_at(folder.descriptor.get(), place.name.c_str(), out);
  return stat_path(full(path(place)), out);
}

int InputFolders::open(const Place& place, Fd& out) const {
  const Folder& folder = folders_[place.folder];
  if (folder.descriptor) return open_at(folder.descriptor.get(), place.name.c_str(), out);
  return open_at(AT_FDCWD, full(path(place)).c_str(), out);
}

}  // namespace clearwell::sources::files
