// Another program, run to its end with its output caught. It never outlives us: it is killed with
// all that it started when its time is up, when we are told to stop, and when this process dies.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clearwell {

struct ChildCommand {
  std::vector<std::string> arguments;              // the first one is the program's path
  std::string folder;                              // its current folder
  std::map<std::string, std::string> environment;  // the whole of it
  std::chrono::seconds limit{120};
  // Asked to end by SIGTERM when this becomes true, and killed after `patience`. None: never.
  const std::atomic<bool>* stop = nullptr;
  std::chrono::seconds patience{10};
  // Gets what it writes to stdout and stderr, in the order in which that was written, and at least
  // once a second an empty text.
  std::function<void(std::string_view)> output;
};

struct ChildEnd {
  int exit = 0;  // 128 + signal if killed by one
  bool timed_out = false;
  bool stopped = false;
};

// Safe from several threads; the thread that calls must live as long as the child, since the kernel
// kills the child with it. Waits until all that write to its output have ended.
Result<ChildEnd> run_child(const ChildCommand& command);

}  // namespace clearwell
