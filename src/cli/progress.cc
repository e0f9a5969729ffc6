#include "cli/progress.h"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace clearwell::cli {

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1), last_(start_) {}

void Progress::show(const std::string& pipeline, const batch::Counts& counts) {
  if (!terminal_) return;
  const std::lock_guard lock(mutex_);
  counts_[pipeline] = counts;
  batch::Counts sum;
  for (const auto& [name, one] : counts_) sum += one;
  const Clock::time_point now = Clock::now();
  const double elapsed = std::chrono::duration<double>(now - last_).count();
  if (elapsed >= 1) {  // over a second, so that the figure can be read
    rate_ = static_cast<double>(sum.read - last_read_) / elapsed;
    last_ = now;
    last_read_ = sum.read;
  }
  const std::string line = fmt::format("{}: {} read, {:.0f}/s, {} quarantined, {} parked", pipeline,
                                       sum.read, rate_, sum.quarantined, sum.parked);
  print(line);
}

void Progress::show(const std::string& line) {
  if (!terminal_) return;
  const std::lock_guard lock(mutex_);
  print(line);
}

void Progress::print(const std::string& line) {
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace clearwell::cli
