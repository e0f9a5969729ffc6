// A fault of the user's project: where, what is wrong, and the cure. Faults are collected, never
// thrown: `check` shows them all at once.
#pragma once

#include <string>
#include <vector>

namespace clearwell::config {

// A place in a project file. line and column count from 1; 0 means the whole file.
struct Mark {
  std::string file;  // relative to the project folder
  int line = 0;
  int column = 0;
};

struct Fault {
  Mark mark;
  std::string code;     // stable, e.g. "unknown_key"; listed in docs/reference/errors.md
  std::string message;  // one sentence: what is wrong, what was expected, "did you mean …?"
};

class Faults {
 public:
  void add(Mark mark, std::string code, std::string message) {
    list_.push_back({std::move(mark), std::move(code), std::move(message)});
  }
  bool empty() const { return list_.empty(); }
  size_t size() const { return list_.size(); }
  const std::vector<Fault>& list() const { return list_; }
  // Sorted by file, line and column, one a line: "pipelines/a.yaml:3:5: error[unknown_key]: …".
  std::string to_text() const;

 private:
  std::vector<Fault> list_;
};

}  // namespace clearwell::config
