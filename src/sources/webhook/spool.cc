#include "sources/webhook/spool.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cure.h"
#include "base/log.h"
#include "base/step.h"

namespace clearwell::sources::webhook {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& what, const std::string& path, int error) {
  return Error{ErrorKind::Retryable,
               with_cure(fmt::format("{} {}: {}", what, path, errno_text(error)))};
}

// The kernel's random uuid.
Result<std::string> random_uuid() {
  CW_ASSIGN(std::string text, read_file("/proc/sys/kernel/random/uuid"));
  text.resize(std::min(text.size(), text.find('\n')));
  return text;
}

bool write_all(int fd, const std::string& bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t written = ::write(fd, bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += static_cast<size_t>(written);
  }
  return true;
}

void sync_folder(const std::string& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) fsync(fd.get());
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(Settings settings) {
  std::unique_ptr<Spool> spool(new Spool(std::move(settings)));
  CW_TRY(spool->start());
  return spool;
}

Result<void> Spool::start() {
  if (!settings_.read_only) CW_TRY(take());
  CW_ASSIGN(uuid_, read_file(settings_.folder + "/uuid"));
  CW_ASSIGN(segments_, list_segments(settings_.folder));
  if (!segments_.empty()) CW_TRY(find_end());
  if (!settings_.read_only) committer_ = std::thread([this] { commit_all(); });
  return {};
}

// Makes the spool this process's own.
Result<void> Spool::take() {
  const std::string& folder = settings_.folder;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return failed("cannot make the spool", folder, error.value());
  const std::string lock = folder + "/lock";
  lock_ = Fd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) return failed("cannot open", lock, errno);
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorKind::Retryable, "the spool " + folder + " is in use by another process"};
  }
  const std::string identity = folder + "/uuid";
  if (fs::exists(identity, error)) return {};
  CW_ASSIGN(const std::string uuid, random_uuid());
  return write_file(identity, uuid);
}

Result<void> Spool::find_end() {
  Segment& last = segments_.rbegin()->second;
  CW_ASSIGN(const int64_t cut, mend_tail(last, settings_.read_only));
  end_ = last.end();
  loaded_ = segments_.begin()->first;
  if (settings_.read_only) return {};
  if (cut > 0) {
    log_warn(
        fmt::format("the spool {} ended with {} bytes of a delivery that was never answered; "
                    "they are gone",
                    settings_.folder, cut));
  }
  file_ = Fd(::open(last.path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file_) return failed("cannot open", last.path, errno);
  return {};
}

Spool::~Spool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  arrived_.notify_all();
  if (committer_.joinable()) committer_.join();
}

void Spool::append(const std::vector<Entry>& entries, Done done) {
  Waiting waiting;
  for (const Entry& entry : entries) append_frame(entry, waiting.frames);
  {
    const std::lock_guard lock(mutex_);
    const auto size = static_cast<int64_t>(waiting.frames.size());
    if (!closing_ && open_bytes() + size <= settings_.max_bytes) {
      waiting_bytes_ += size;
      waiting.done = std::move(done);
      waiting_.push_back(std::move(waiting));
      done = nullptr;
    }
  }
  arrived_.notify_one();
  if (done) done(Outcome::Full);
}

// Whatever has come while the disk was busy goes there together.
void Spool::commit_all() {
  for (;;) {
    std::vector<Waiting> group;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      group.swap(waiting_);
    }
    std::string frames;
    for (const Waiting& one : group) frames += one.frames;
    step("spool.taken");
    const bool kept = write(frames);
    step("spool.synced");
    {
      const std::lock_guard lock(mutex_);
      waiting_bytes_ -= static_cast<int64_t>(frames.size());
      if (kept) {
        Segment& last = segments_.rbegin()->second;
        last.size += static_cast<int64_t>(frames.size());
        end_ = last.end();
        delete_loaded();
      }
    }
    changed_.notify_all();
    for (const Waiting& one : group) one.done(kept ? Outcome::Kept : Outcome::Failed);
  }
}

// Of a failed write nothing may stay: it is not answered, and what comes next begins where it did.
bool Spool::write(const std::string& frames) {
  std::optional<Segment> last = last_segment();
  if (dirty_ && !cut_off(*last)) return false;
  if (!last || last->size >= settings_.segment_bytes) {
    if (!begin_segment(last ? last->end() : end_)) return false;
    last = last_segment();
  }
  if (write_all(file_.get(), frames) && fdatasync(file_.get()) == 0) return true;
  log_error(failed("cannot keep deliveries in", last->path, errno).message);
  dirty_ = true;
  cut_off(*last);
  return false;
}

bool Spool::cut_off(const Segment& last) {
  dirty_ = ::ftruncate(file_.get(), last.size) != 0 || fdatasync(file_.get()) != 0;
  if (dirty_) log_error(failed("cannot mend", last.path, errno).message);
  return !dirty_;
}

std::optional<Segment> Spool::last_segment() const {
  const std::lock_guard lock(mutex_);
  if (segments_.empty()) return std::nullopt;
  return segments_.rbegin()->second;
}

bool Spool::begin_segment(int64_t start) {
  const std::string path = settings_.folder + "/" + segment_name(start);
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) {
    log_error(failed("cannot keep deliveries in", path, errno).message);
    return false;
  }
  sync_folder(settings_.folder);
  file_ = std::move(fd);
  const std::lock_guard lock(mutex_);
  segments_[start] = {path, start, 0};
  return true;
}

// Oldest first; the last one stays, since it holds the end. REQUIRES: mutex_ is held.
void Spool::delete_loaded() {
  if (settings_.read_only) return;
  while (segments_.size() > 1) {
    const Segment& oldest = segments_.begin()->second;
    if (oldest.end() > loaded_) return;
    FileStat info;
    const bool there = stat_path(oldest.path, info) == 0;
    const Instant written{Micros(info.mtime_ns / 1000)};
    const bool room = end_ - oldest.start <= settings_.max_bytes;
    if (there && room && now() - written < settings_.retain) return;
    if (there && ::unlink(oldest.path.c_str()) != 0) return;
    segments_.erase(segments_.begin());
  }
}

int64_t Spool::first() const {
  const std::lock_guard lock(mutex_);
  return segments_.empty() ? end_ : segments_.begin()->first;
}

int64_t Spool::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

Segment Spool::segment_at(int64_t offset) const {
  const std::lock_guard lock(mutex_);
  auto found = segments_.upper_bound(offset);
  CW_ASSERT(found != segments_.begin());
  return std::prev(found)->second;
}

void Spool::wait(int64_t offset, Steady::time_point until) const {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [&] { return woken_ || end_ > offset; });
  woken_ = false;
}

void Spool::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Spool::loaded(int64_t offset) {
  const std::lock_guard lock(mutex_);
  loaded_ = std::max(loaded_, offset);
  delete_loaded();
}

}  // namespace clearwell::sources::webhook
