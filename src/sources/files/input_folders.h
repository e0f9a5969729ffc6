// The folders that a `path` setting stands for, and their files, listed a slice at a time so that
// even millions of them hold up nobody.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <dirent.h>

#include "base/file.h"
#include "base/glob.h"
#include "base/time.h"

namespace clearwell::sources::files {

// A file found, without what is known from its place: folder is an index into InputFolders.
struct Place {
  uint32_t folder = 0;
  std::string name;
};

class InputFolders {
 public:
  struct Settings {
    std::string root;                 // relative paths are relative to it
    std::string path;                 // folder, file or pattern
    std::vector<std::string> ignore;  // names that match are left out
    std::string avoid;                // this folder is left out (where done files are moved to)
  };
  explicit InputFolders(Settings settings);

  // Called for each folder before it is read: its name as matched, and as it is opened.
  using Entered = std::function<void(const std::string& folder, const std::string& path)>;
  using Failed = std::function<void(const std::string& folder, int error)>;
  // Begins a listing: finds the folders. Returns 0, or why the first one cannot be entered.
  int start(const Entered& entered, const Failed& failed);
  bool running() const { return running_; }

  // A regular file, links followed. `name` is valid during the call.
  struct File {
    uint32_t folder;
    const char* name;
    const FileStat& info;
  };
  // Lists until `until`. running() is false when all has been listed.
  void step(Steady::time_point until, const std::function<void(const File&)>& visit,
            const Failed& failed);

  // Index of a folder whose files are input by the latest listing, or -1.
  int64_t find(const std::string& folder) const;
  // Do pattern and `ignore` let this name in?
  bool wanted(const char* name) const;

  // As matched: relative to the root if the setting is.
  std::string path(const Place& place) const;
  std::string full(const std::string& path) const { return path_in(settings_.root, path); }
  // Place of a path that path() returned.
  Place place(const std::string& path);
  const std::string& folder(uint32_t index) const { return folders_[index].path; }

  // As stat_at() and open_at().
  int stat(const Place& place, FileStat& out) const;
  int open(const Place& place, Fd& out) const;

 private:
  struct Folder {
    std::string path;
    Fd descriptor;  // open for the first folders only: descriptors are scarce
    bool listed = false;
  };
  struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  Glob glob() const;
  uint32_t index(const std::string& folder);
  void add(const std::string& folder, const Failed& failed);
  bool open_next(const Failed& failed);
  void visit_entry(const dirent& entry, const std::function<void(const File&)>& visit) const;

  Settings settings_;
  std::string name_ = "*";  // pattern of the files' names
  FileStat avoid_;
  // An index is never used for another folder; there is one for every folder ever seen.
  std::deque<Folder> folders_;
  std::map<std::string, uint32_t> by_path_;
  bool running_ = false;
  std::vector<uint32_t> to_list_;
  size_t next_ = 0;
  std::unique_ptr<DIR, CloseDir> dir_;
  uint32_t current_ = 0;
};

}  // namespace clearwell::sources::files
