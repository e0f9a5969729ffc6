// Files found and still to be read, in their order: (mtime, path). Bounded: of more files than the
// limit the first ones are kept, and the rest is found again by the next listing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sources/files/input_folders.h"

namespace clearwell::sources::files {

struct Candidate {
  int64_t mtime_ns = 0;
  int64_t size = 0;
  Place place;
};

class Backlog {
 public:
  Backlog(const InputFolders& folders, size_t limit) : folders_(&folders), limit_(limit) {}

  void add(Candidate candidate);
  bool empty() const { return next_ == files_.size(); }
  size_t size() const { return files_.size() - next_; }
  // REQUIRES: not empty.
  const Candidate& front();
  void pop() { ++next_; }
  // Did the limit leave files out?
  bool cut() const { return cut_; }
  void clear();
  // Becomes what `other` is, which is empty then.
  void take_over(Backlog& other);

 private:
  bool before(const Candidate& a, const Candidate& b) const;
  void sort();

  const InputFolders* folders_;
  size_t limit_;
  std::vector<Candidate> files_;
  size_t next_ = 0;  // files before it have been popped
  bool sorted_ = true;
  bool cut_ = false;
};

}  // namespace clearwell::sources::files
