// One shell command run to its end, with its output caught.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/result.h"

namespace clearwell::cli {

struct ShellCommand {
  std::string text;                                // for /bin/sh -c
  std::string folder;                              // its current folder
  std::map<std::string, std::string> environment;  // the whole of it
  std::chrono::seconds limit{120};                 // then it and its children are killed
};

struct ShellResult {
  std::string output;  // stdout and stderr, in the order in which they were written
  int exit = 0;        // 128 + signal if killed by one
  bool timed_out = false;
};

// Safe from several threads. Waits until all that write to its output have ended.
Result<ShellResult> run_shell(const ShellCommand& command);

}  // namespace clearwell::cli
