// What has become of each version of each file: new, handed out and not yet committed, waiting to
// settle, or done. The engine confirms batches on another thread, so every function may be called
// from any.
#pragma once

#include <chrono>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "base/time.h"
#include "batch/record.h"
#include "sources/files/ledger.h"

namespace clearwell::sources::files {

// A version of a file: hash of its path (as matched), size and mtime.
batch::FileMark mark_of(std::string_view path, int64_t size, int64_t mtime_ns);
inline batch::FileMark mark_of(std::string_view path, const FileStat& info) {
  return mark_of(path, info.size, info.mtime_ns);
}

class FileBook {
 public:
  // A version that did not parse, or that changed while it was read.
  struct Waiting {
    std::string path;
    batch::FileMark mark;
    Steady::time_point settles;  // unchanged until then, it counts as settled
  };
  struct Done {
    std::string path;
    batch::FileMark mark;
  };
  enum class State {
    New,
    HandedOut,
    Waiting,
    Ripe,  // has waited long enough: read it again, it counts as settled
    Done,
  };

  // keep_done: done files are to be collected for take_done().
  FileBook(std::chrono::microseconds settle, bool keep_done)
      : settle_(settle), keep_done_(keep_done) {}

  void resume(const std::vector<batch::FileMark>& marks);
  State state(const std::string& path, const batch::FileMark& mark) const;
  // Hands it out if its state, which is returned, is New or Ripe.
  State hand_out(const std::string& path, const batch::FileMark& mark);
  // Reading it gave no version at all, since it was changing: looked at again soon.
  void postpone(const std::string& path);
  void confirm(const batch::RawBatch& batch, const std::vector<bool>& retried);

  std::vector<Waiting> waiting() const;
  void forget_waiting(const std::string& path);
  bool any_waiting() const;
  // Nothing is handed out or waiting.
  bool settled() const;
  std::vector<Done> take_done();

  std::chrono::microseconds settle() const { return settle_; }

 private:
  // Of a version that is neither done nor handed out. REQUIRES: the lock.
  State state_of_open(const std::string& path, const batch::FileMark& mark) const;

  struct HashMark {
    size_t operator()(const batch::FileMark& mark) const {
      size_t hash = 0;
      std::memcpy(&hash, mark.data(), sizeof hash);
      return hash;
    }
  };

  const std::chrono::microseconds settle_;
  const bool keep_done_;
  mutable std::mutex mutex_;
  Ledger ledger_;
  std::unordered_set<batch::FileMark, HashMark> handed_out_;
  std::unordered_map<std::string, Waiting> waiting_;
  std::vector<Done> done_;
};

}  // namespace clearwell::sources::files
