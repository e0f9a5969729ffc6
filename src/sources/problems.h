// What is wrong with single pieces of a source's input: a file that cannot be read, a folder that
// cannot be watched. Such things are no Error, since all the rest goes on; they are tried again
// with every scan, and are gone when they were not met again.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace clearwell::sources {

// The Config error for an input that is not there under `once`, with the cure.
Error no_input(const std::string& path, int error);
// The same for a `path` without wildcards that is a pipe, a socket or a device.
Error not_a_file(const std::string& path);

class Problems {
 public:
  static constexpr size_t limit = 100;  // list() only counts those beyond it

  // `message` says what is wrong with `path`; it replaces what was said before.
  void add(const std::string& path, const std::string& message);
  // True when the name of a file can be stored as text; else adds a problem: such a file is not
  // read.
  bool is_name_good(const std::string& path);
  void remove(const std::string& path);
  bool has(const std::string& path) const;
  // Begins a scan: what neither it nor the one before has met is forgotten.
  void next_scan();
  bool empty() const;
  // "path: message", sorted by path. From any thread.
  std::vector<std::string> list() const;

 private:
  struct Problem {
    std::string message;
    int scan;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Problem> problems_;
  int scan_ = 0;
};

}  // namespace clearwell::sources
