// A bounded queue between two threads of a pipeline: a full one makes the producer wait, which is
// how a slow warehouse slows its source.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace clearwell::engine {

template <typename T>
class Queue {
 public:
  explicit Queue(size_t limit) : limit_(limit) {}

  // False if the queue was closed meanwhile: the item is dropped.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || items_.size() < limit_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  // Nothing after `wait`, or when the queue has ended.
  std::optional<T> pop(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return closed_ || ended_ || !items_.empty(); });
    if (closed_ || items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  // No more items will be pushed; those inside can still be popped.
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  // Ended, and everything has been popped; or closed.
  bool done() const {
    const std::lock_guard lock(mutex_);
    return closed_ || (ended_ && items_.empty());
  }
  // Gives up: everything inside is dropped, pushes fail.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    items_.clear();
    changed_.notify_all();
  }

 private:
  const size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace clearwell::engine
