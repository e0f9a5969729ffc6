// One line on the terminal that says how far a run is; nothing at all where stderr is no terminal.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "batch/fate.h"

namespace clearwell::cli {

class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // From any thread: a pipeline's counts so far.
  void show(const std::string& pipeline, const batch::Counts& counts);
  // Any other line.
  void show(const std::string& line);
  // Takes the line away, so that other text can follow.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void print(const std::string& line);

  const bool terminal_;
  std::mutex mutex_;
  std::map<std::string, batch::Counts> counts_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_;  // of the rate's last sample
  int64_t last_read_ = 0;
  double rate_ = 0;
  bool shown_ = false;
};

}  // namespace clearwell::cli
