#include "cli/signals.h"

#include <csignal>

namespace clearwell::cli {
namespace {

std::atomic<bool> stop_wanted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void on_signal(int /*signal*/) { stop_wanted = true; }

}  // namespace

const std::atomic<bool>& stop_on_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one: the default, death
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return stop_wanted;
}

void take_file_limits_as_errors() { static_cast<void>(std::signal(SIGXFSZ, SIG_IGN)); }

}  // namespace clearwell::cli
