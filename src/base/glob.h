// File name patterns as in a shell: `*`, `?` and `[a-z]` within a name, `**` for any number of
// folders. A name that starts with a dot is matched only by a pattern that starts with one. Folders
// behind symbolic links are entered by `*`, but not by `**`, which therefore never loops.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace clearwell {

bool is_pattern(const std::string& path);

// Does `name` (without slashes) match?
bool name_matches(const std::string& pattern, const char* name);

class Glob {
 public:
  // Relative patterns are relative to `root`; what is matched is then named relative to it, too, so
  // that `root` may move. "./", doubled and trailing slashes are dropped.
  Glob(std::string root, const std::string& pattern);

  // The folder before the first part with a wildcard: "data" of "data/*/x-*.json".
  const std::string& base() const { return base_; }
  // The last part, to be matched with the names in each of folders().
  const std::string& name() const { return name_; }
  std::string full(const std::string& path) const;

  // Calls visit(folder, listed) for every folder that there is, sorted; `listed` when the last part
  // is to be matched with its names, else it only leads to such folders. A folder is visited before
  // it is read. Folders that cannot be read are passed to `failed`, with errno.
  using Visit = std::function<void(const std::string& folder, bool listed)>;
  using Failed = std::function<void(const std::string& folder, int error)>;
  void folders(const Visit& visit, const Failed& failed) const;

 private:
  struct Walk;
  void walk(Walk& walk, const std::string& folder, size_t part) const;
  void walk_into(Walk& walk, const std::string& folder, size_t part) const;

  std::string root_;
  std::string base_;
  std::vector<std::string> parts_;  // between base_ and name_
  std::string name_;
};

// "folder/name", but only "name" in the folder "." and "/name" in "/".
std::string join_path(const std::string& folder, const std::string& name);

}  // namespace clearwell
