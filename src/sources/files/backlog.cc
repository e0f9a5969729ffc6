#include "sources/files/backlog.h"

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace clearwell::sources::files {

bool Backlog::before(const Candidate& a, const Candidate& b) const {
  if (a.mtime_ns != b.mtime_ns) return a.mtime_ns < b.mtime_ns;
  if (a.place.folder == b.place.folder) return a.place.name < b.place.name;
  return folders_->path(a.place) < folders_->path(b.place);
}

void Backlog::add(Candidate candidate) {
  // Twice the limit is collected before the later half goes, so that cutting stays cheap.
  if (files_.size() - next_ >= 2 * limit_) {
    sort();
    files_.resize(limit_);
    cut_ = true;
  }
  files_.push_back(std::move(candidate));
  sorted_ = false;
}

void Backlog::sort() {
  files_.erase(files_.begin(), files_.begin() + static_cast<ptrdiff_t>(next_));
  next_ = 0;
  std::sort(files_.begin(), files_.end(),
            [this](const Candidate& a, const Candidate& b) { return before(a, b); });
  sorted_ = true;
}

const Candidate& Backlog::front() {
  CW_ASSERT(!empty());
  if (!sorted_) sort();
  return files_[next_];
}

void Backlog::clear() {
  files_ = {};
  next_ = 0;
  sorted_ = true;
  cut_ = false;
}

void Backlog::take_over(Backlog& other) {
  files_ = std::move(other.files_);
  next_ = other.next_;
  sorted_ = other.sorted_;
  cut_ = other.cut_;
  other.clear();
}

}  // namespace clearwell::sources::files
