#include "sources/files/file_book.h"

#include <utility>

#include "base/hash.h"
#include "base/result.h"
#include "sources/settle.h"

namespace clearwell::sources::files {
namespace {

void append_number(std::string& bytes, int64_t number) {
  const auto bits = static_cast<uint64_t>(number);
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(bits >> shift);
}

}  // namespace

// The path comes last and the numbers have a fixed width: no two versions give the same bytes.
batch::FileMark mark_of(std::string_view path, int64_t size, int64_t mtime_ns) {
  thread_local std::string bytes;
  bytes.clear();
  append_number(bytes, size);
  append_number(bytes, mtime_ns);
  bytes += path;
  return hash128(bytes);
}

void FileBook::resume(const std::vector<batch::FileMark>& marks) {
  const std::lock_guard lock(mutex_);
  ledger_.reserve(marks.size());
  for (const batch::FileMark& mark : marks) ledger_.insert(mark);
}

FileBook::State FileBook::state(const std::string& path, const batch::FileMark& mark) const {
  const std::lock_guard lock(mutex_);
  if (ledger_.contains(mark)) return State::Done;
  if (handed_out_.contains(mark)) return State::HandedOut;
  return state_of_open(path, mark);
}

FileBook::State FileBook::state_of_open(const std::string& path,
                                        const batch::FileMark& mark) const {
  if (waiting_.empty()) return State::New;
  const auto found = waiting_.find(path);
  if (found == waiting_.end() || found->second.mark != mark) return State::New;
  return Steady::now() >= found->second.settles ? State::Ripe : State::Waiting;
}

FileBook::State FileBook::hand_out(const std::string& path, const batch::FileMark& mark) {
  const std::lock_guard lock(mutex_);
  if (ledger_.contains(mark)) return State::Done;
  const State state = state_of_open(path, mark);
  if (state == State::Waiting) return handed_out_.contains(mark) ? State::HandedOut : state;
  if (!handed_out_.insert(mark).second) return State::HandedOut;
  if (!waiting_.empty()) waiting_.erase(path);
  return state;
}

void FileBook::postpone(const std::string& path) {
  const std::lock_guard lock(mutex_);
  waiting_[path] = {path, batch::FileMark{}, Steady::now() + settle_};
}

void FileBook::confirm(const batch::RawBatch& batch, const std::vector<bool>& retried) {
  CW_ASSERT(batch.marks.size() == batch.records.size());
  CW_ASSERT(retried.empty() || retried.size() == batch.records.size());
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < batch.records.size(); ++i) {
    const batch::Record& record = batch.records[i];
    const batch::FileMark& mark = batch.marks[i];
    CW_ASSERT(handed_out_.erase(mark) == 1);
    if (!retried.empty() && retried[i]) {
      CW_ASSERT(!record.settled);
      const auto settles = Steady::now() + until_settled(record.order.major, settle_);
      const std::string path(record.partition);
      waiting_[path] = {path, mark, settles};
      continue;
    }
    ledger_.insert(mark);
    // An earlier version of it, half-written, may have come back meanwhile: it is there no more.
    if (!waiting_.empty()) waiting_.erase(std::string(record.partition));
    if (keep_done_) done_.push_back({std::string(record.partition), mark});
  }
}

std::vector<FileBook::Waiting> FileBook::waiting() const {
  const std::lock_guard lock(mutex_);
  std::vector<Waiting> all;
  all.reserve(waiting_.size());
  for (const auto& [path, waiting] : waiting_) all.push_back(waiting);
  return all;
}

void FileBook::forget_waiting(const std::string& path) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(path);
}

bool FileBook::any_waiting() const {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

bool FileBook::settled() const {
  const std::lock_guard lock(mutex_);
  return handed_out_.empty() && waiting_.empty();
}

std::vector<FileBook::Done> FileBook::take_done() {
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

}  // namespace clearwell::sources::files
