#include "base/step.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <iterator>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/file.h"

namespace clearwell {
namespace steps {

bool watched = false;

namespace {

constexpr size_t nowhere = std::size(step_table);

struct Stop {
  size_t where = nowhere;
  int64_t passing = 1;
  int signal = SIGKILL;
};

Stop stop;
Fd trace;
std::atomic<int64_t> passings{0};  // of the step to stop at

Error stop_error(const std::string& text, const std::string& what) {
  return config_error("CLEARWELL_STOP_AT is '" + text + "', but " + what);
}

std::string all_steps() {
  std::string list;
  for (std::string_view name : step_table) list.append(list.empty() ? "" : " ").append(name);
  return list;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

Result<Stop> parse(const std::string& text) {
  const std::vector<std::string> parts = split(text);
  Stop out;
  const auto* found = std::find(std::begin(step_table), std::end(step_table), parts[0]);
  out.where = static_cast<size_t>(found - std::begin(step_table));
  if (out.where == nowhere) {
    return stop_error(text, "there is no such step; the steps are " + all_steps());
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    const char* const end = part.data() + part.size();
    const auto number = std::from_chars(part.data(), end, out.passing);
    const bool is_number = number.ec == std::errc() && number.ptr == end && out.passing > 0;
    if (i == 1 && is_number) continue;
    if (i + 1 != parts.size() || (part != "kill" && part != "pause")) {
      return stop_error(text, "must look like load.counts, load.counts:2 or load.counts:2:pause");
    }
    out.signal = part == "pause" ? SIGSTOP : SIGKILL;
  }
  return out;
}

}  // namespace

void pass(Step where) {
  if (trace) {
    const std::string line = std::string(step_table[where.index()]) + "\n";
    // Appended at once, so lines of several threads do not mix. That one cannot be written is no
    // reason to fail.
    [[maybe_unused]] const ssize_t ignored = ::write(trace.get(), line.data(), line.size());
  }
  // To this very thread, which then takes no further step; a signal to the process would first
  // reach another one.
  if (where.index() == stop.where && ++passings == stop.passing) {
    ::pthread_kill(::pthread_self(), stop.signal);
  }
}

}  // namespace steps

Result<void> watch_steps(const char* stop_at, const char* steps_to) {
  steps::stop = {};
  steps::passings = 0;
  steps::trace.reset();
  if (stop_at != nullptr && *stop_at != '\0') {
    CW_ASSIGN(steps::stop, steps::parse(stop_at));
  }
  if (steps_to != nullptr && *steps_to != '\0') {
    steps::trace = Fd(::open(steps_to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!steps::trace) {
      return config_error("CLEARWELL_STEPS_TO: cannot write " + std::string(steps_to) + ": " +
                          errno_text(errno));
    }
  }
  steps::watched = steps::stop.where != steps::nowhere || steps::trace;
  return {};
}

}  // namespace clearwell
