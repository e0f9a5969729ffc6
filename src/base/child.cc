#include "base/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

namespace clearwell {
namespace {

using Clock = std::chrono::steady_clock;

// Null-terminated, as exec wants it; points into `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// What the child needs, made before it is forked: after that only what signal handlers may call.
struct Start {
  std::vector<std::string> arguments, environment;
  std::vector<char*> argument_list, environment_list;
  const char* folder;
  pid_t parent;

  explicit Start(const ChildCommand& command)
      : arguments(command.arguments), folder(command.folder.c_str()), parent(getpid()) {
    for (const auto& [name, value] : command.environment) {
      environment.emplace_back(name).append("=").append(value);
    }
    argument_list = pointers(arguments);
    environment_list = pointers(environment);
  }

  [[noreturn]] void become(int output) {
    setpgid(0, 0);
    // exec keeps it, so it holds for what shell scripts exec as well.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGPIPE, SIG_DFL);
    const int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0 || chdir(folder) != 0) {
      _exit(127);
    }
    execve(argument_list[0], argument_list.data(), environment_list.data());
    _exit(127);
  }
};

// Until the output ends. Signals are sent to the child's whole process group.
class Watch {
 public:
  Watch(const ChildCommand& command, pid_t child, int output)
      : command_(command),
        child_(child),
        output_(output),
        deadline_(Clock::now() + command.limit) {}

  void run(ChildEnd& end) {
    std::vector<char> buffer(size_t{1} << 16);
    for (;;) {
      look(end);
      pollfd waiting{output_, POLLIN, 0};
      if (poll(&waiting, 1, 100) <= 0) {
        if (command_.output && ++idle_ % 10 == 0) command_.output({});
        continue;
      }
      const ssize_t got = read(output_, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return;
      if (command_.output) command_.output({buffer.data(), static_cast<size_t>(got)});
    }
  }

 private:
  void look(ChildEnd& end) {
    if (!end.stopped && command_.stop != nullptr && *command_.stop) {
      end.stopped = true;
      kill(-child_, SIGTERM);
      deadline_ = std::min(deadline_, Clock::now() + command_.patience);
    }
    if (Clock::now() < deadline_) return;
    end.timed_out = end.timed_out || !end.stopped;
    kill(-child_, SIGKILL);
  }

  const ChildCommand& command_;
  const pid_t child_;
  const int output_;
  Clock::time_point deadline_;
  int idle_ = 0;
};

}  // namespace

Result<ChildEnd> run_child(const ChildCommand& command) {
  CW_ASSERT(!command.arguments.empty());
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fatal("pipe: " + errno_text(errno));
  const Fd input(ends[0]);
  Fd output(ends[1]);
  Start start(command);
  const pid_t child = fork();
  if (child < 0) return fatal("cannot start " + command.arguments[0] + ": " + errno_text(errno));
  if (child == 0) start.become(output.get());
  setpgid(child, child);  // here too, so that it is done before any signal is sent
  output.reset();
  ChildEnd end;
  Watch(command, child, input.get()).run(end);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  end.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

}  // namespace clearwell
