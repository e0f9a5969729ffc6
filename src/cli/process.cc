#include "cli/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clearwell::cli {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

struct SpawnSetup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnSetup(const std::string& folder, int output) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    posix_spawnattr_init(&attributes);
    // A process group of its own, so that all it started can be killed.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

// Null-terminated, as exec wants it; points into `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

Result<pid_t> spawn(const ShellCommand& command, int output) {
  std::vector<std::string> arguments = {"/bin/sh", "-c", command.text};
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) {
    environment.emplace_back(name).append("=").append(value);
  }
  const SpawnSetup setup(command.folder, output);
  pid_t child = 0;
  const int failed = posix_spawn(&child, "/bin/sh", &setup.actions, &setup.attributes,
                                 pointers(arguments).data(), pointers(environment).data());
  if (failed != 0) return fatal(std::string("cannot start /bin/sh: ") + std::strerror(failed));
  return child;
}

// Reads until the end or the deadline; false at the deadline.
bool read_all(int input, Clock::time_point deadline, std::string& out) {
  std::vector<char> buffer(size_t{1} << 16);
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{input, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(std::min<long>(left, 1000))) <= 0) continue;
    const ssize_t got = read(input, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    out.append(buffer.data(), static_cast<size_t>(got));
  }
}

}  // namespace

Result<ShellResult> run_shell(const ShellCommand& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fatal(std::string("pipe: ") + std::strerror(errno));
  const Descriptor input(ends[0]);
  Descriptor output(ends[1]);
  CW_ASSIGN(const pid_t child, spawn(command, output.get()));
  output.close();
  ShellResult result;
  result.timed_out = !read_all(input.get(), Clock::now() + command.limit, result.output);
  if (result.timed_out) kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  result.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace clearwell::cli
