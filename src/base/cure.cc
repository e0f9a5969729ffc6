#include "base/cure.h"

namespace clearwell {
namespace {

struct Cure {
  const char* words;
  const char* cure;
};

constexpr Cure cures[] = {
    {"No space left on device", "make room on that disk"},
    {"Disk quota exceeded", "make room, or raise the quota"},
    {"File too large", "raise the limit of file sizes (ulimit -f), or use another file system"},
    {"Too many open files", "raise the limit of open files (ulimit -n)"},
    {"Read-only file system", "mount it writable"},
    {"Permission denied",
     "let the user that runs clearwell read it, and write it if it is a "
     "warehouse: the file and its folder"},
};

}  // namespace

std::string with_cure(std::string message) {
  for (const auto& [words, cure] : cures) {
    if (message.find(words) != std::string::npos) return message.append(" (").append(cure) + ")";
  }
  return message;
}

}  // namespace clearwell
