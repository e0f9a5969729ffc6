// What a webhook has taken in, on disk before it is answered: deliveries of several requests are
// written and synced together (group commit). Bounded; what has been loaded is deleted after a
// while.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/time.h"
#include "sources/webhook/segments.h"

namespace clearwell::sources::webhook {

class Spool {
 public:
  struct Settings {
    std::string folder;
    int64_t max_bytes = int64_t{1} << 30;       // of what is not loaded; more is refused
    int64_t segment_bytes = int64_t{16} << 20;  // then a new file begins
    std::chrono::microseconds retain{};         // loaded files stay so long, as far as they fit
    // What is there is read, also while another process has it; nothing is added or deleted.
    bool read_only = false;
  };
  // What became of an append: kept, or why not.
  enum class Outcome { Kept, Full, Failed };
  using Done = std::function<void(Outcome)>;

  // Makes the folder when missing, takes its lock, mends what a crash has left. Retryable while
  // another process has the lock.
  static Result<std::unique_ptr<Spool>> open(Settings settings);
  ~Spool();  // syncs what is waiting
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // From any thread; copies. `done` is called once, from the spool's own thread when all of them
  // are synced, or at once when there is no room. All of them are kept or none.
  void append(const std::vector<Entry>& entries, Done done);

  const std::string& uuid() const { return uuid_; }
  int64_t first() const;  // offset of the oldest entry that is still there
  int64_t end() const;    // offset behind the last entry that is synced
  // The segment that holds the entry at an offset in [first(), end()).
  Segment segment_at(int64_t offset) const;
  // Until end() is beyond `offset`, `until`, or wake().
  void wait(int64_t offset, Steady::time_point until) const;
  void wake();

  // All before this offset is committed in the warehouse.
  void loaded(int64_t offset);

 private:
  struct Waiting {
    std::string frames;
    Done done;
  };
  explicit Spool(Settings settings) : settings_(std::move(settings)) {}
  Result<void> start();
  Result<void> take();
  Result<void> find_end();
  void commit_all();
  bool write(const std::string& frames);
  bool cut_off(const Segment& last);
  std::optional<Segment> last_segment() const;
  bool begin_segment(int64_t start);
  void delete_loaded();
  int64_t open_bytes() const { return end_ + waiting_bytes_ - loaded_; }

  const Settings settings_;
  std::string uuid_;
  Fd lock_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;  // for readers
  std::condition_variable arrived_;          // for the committer
  std::vector<Waiting> waiting_;
  int64_t waiting_bytes_ = 0;
  std::map<int64_t, Segment> segments_;
  int64_t end_ = 0, loaded_ = 0;
  mutable bool woken_ = false;
  bool closing_ = false;

  // The committer's:
  Fd file_;             // the last segment
  bool dirty_ = false;  // it may hold bytes of a write that failed
  std::thread committer_;
};

}  // namespace clearwell::sources::webhook
