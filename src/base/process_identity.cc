#include "base/process_identity.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace clearwell {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The machine's present run and our namespace of pids: within both, a pid and its start time name
// one process.
std::string realm() {
  std::array<char, 64> link{};
  const ssize_t length = ::readlink("/proc/self/ns/pid", link.data(), link.size());
  const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
  if (length <= 0 || boot.empty()) return "";
  return boot + "/" + std::string(link.data(), static_cast<size_t>(length));
}

// The start time of a process in clock ticks since boot; empty if there is none or it is a zombie.
// proc(5): fields 3 and 22 of stat; field 2, the name, stands in parentheses and may hold anything.
std::string start_of(const std::string& pid) {
  const std::string line = first_line("/proc/" + pid + "/stat");
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream fields(line.substr(name_end + 1));
  std::string field, state;
  for (int number = 3; number <= 22; ++number) {
    fields >> field;
    if (number == 3) state = field;
  }
  return state == "Z" || state == "X" ? "" : field;
}

}  // namespace

std::string process_identity() {
  const std::string pid = std::to_string(::getpid()), start = start_of(pid), where = realm();
  return start.empty() || where.empty() ? "" : where + "/" + pid + "/" + start;
}

bool has_ended(const std::string& identity) {
  const size_t start = identity.rfind('/');
  if (start == std::string::npos || start == 0) return false;
  const size_t pid = identity.rfind('/', start - 1);
  if (pid == std::string::npos || identity.substr(0, pid) != realm()) return false;
  return start_of(identity.substr(pid + 1, start - pid - 1)) != identity.substr(start + 1);
}

std::string process_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return "process " + std::to_string(::getpid()) + " on " + host.data();
}

}  // namespace clearwell
