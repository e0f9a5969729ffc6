#include "base/glob.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include "base/file.h"

namespace clearwell {
namespace {

constexpr int max_depth = 64;  // of folders under `**`

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  size_t at = 0;
  while (at <= path.size()) {
    const size_t slash = std::min(path.find('/', at), path.size());
    std::string part = path.substr(at, slash - at);
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
    at = slash + 1;
  }
  return parts;
}

bool is_link(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

}  // namespace

bool is_pattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

bool name_matches(const std::string& pattern, const char* name) {
  return ::fnmatch(pattern.c_str(), name, FNM_PERIOD) == 0;
}

std::string join_path(const std::string& folder, const std::string& name) {
  if (folder == ".") return name;
  std::string path;
  path.reserve(folder.size() + 1 + name.size());
  path = folder;
  if (folder != "/") path += '/';
  path += name;
  return path;
}

struct Glob::Walk {
  const Visit& visit;
  const Failed& failed;
  int depth = 0;
};

Glob::Glob(std::string root, const std::string& pattern) : root_(std::move(root)) {
  std::vector<std::string> parts = split(pattern);
  base_ = !pattern.empty() && pattern.front() == '/' ? "/" : ".";
  if (!parts.empty() && parts.back() == "**") parts.emplace_back("*");
  if (!parts.empty()) {
    name_ = parts.back();
    parts.pop_back();
  }
  const auto wild = std::find_if(parts.begin(), parts.end(), is_pattern);
  for (auto part = parts.begin(); part != wild; ++part) base_ = join_path(base_, *part);
  parts_.assign(wild, parts.end());
}

std::string Glob::full(const std::string& path) const { return path_in(root_, path); }

void Glob::folders(const Visit& visit, const Failed& failed) const {
  Walk state{visit, failed};
  FileStat info;
  const int error = stat_path(full(base_), info);
  if (error != 0 || !info.folder) return failed(base_, error != 0 ? error : ENOTDIR);
  walk(state, base_, 0);
}

void Glob::walk(Walk& state, const std::string& folder, size_t part) const {
  if (part == parts_.size()) return state.visit(folder, true);
  const std::string& pattern = parts_[part];
  if (pattern != "**" && !is_pattern(pattern)) {
    FileStat info;
    const std::string next = join_path(folder, pattern);
    state.visit(folder, false);
    if (stat_path(full(next), info) == 0 && info.folder) walk(state, next, part + 1);
    return;
  }
  // `**` also stands for no folder at all.
  if (pattern == "**") walk(state, folder, part + 1);
  if (pattern != "**" || part + 1 != parts_.size()) state.visit(folder, false);
  walk_into(state, folder, part);
}

void Glob::walk_into(Walk& state, const std::string& folder, size_t part) const {
  const bool deep = parts_[part] == "**";
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(full(folder).c_str()), ::closedir);
  if (dir == nullptr) {
    if (errno != ENOENT) state.failed(folder, errno);
    return;
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const bool maybe = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN ||
                       (entry->d_type == DT_LNK && !deep);
    if (maybe && name_matches(deep ? "*" : parts_[part], entry->d_name)) {
      names.emplace_back(entry->d_name);
    }
  }
  std::sort(names.begin(), names.end());
  if (state.depth >= max_depth) return;
  ++state.depth;
  for (const std::string& name : names) {
    FileStat info;
    const std::string next = join_path(folder, name);
    if (stat_path(full(next), info) != 0 || !info.folder) continue;
    if (deep && is_link(full(next))) continue;
    walk(state, next, deep ? part : part + 1);
  }
  --state.depth;
}

}  // namespace clearwell
