#include "base/cure.h"

#include <algorithm>
#include <iterator>

namespace clearwell {
namespace {

struct Cure {
  const char* words;
  const char* cure;      // null: none is known
  bool of_files = true;  // trying again may mend it
};

constexpr Cure cures[] = {
    {"No space left on device", "make room on that disk"},
    {"Disk quota exceeded", "make room, or raise the quota"},
    {"File too large", "raise the limit of file sizes (ulimit -f), or use another file system"},
    {"Too many open files", "raise the limit of open files (ulimit -n)"},
    {"Read-only file system", "mount it writable"},
    {"Permission denied",
     "let the user that runs clearwell read it, and write it if it is a "
     "warehouse: the file and its folder",
     false},
    {"Input/output error", nullptr},
    {"Could not write file", nullptr},  // DuckDB's words
    {"Cannot open file", nullptr},
};

}  // namespace

bool is_of_files(const std::string& message) {
  return std::any_of(std::begin(cures), std::end(cures), [&](const Cure& one) {
    return one.of_files && message.find(one.words) != std::string::npos;
  });
}

std::string with_cure(std::string message) {
  for (const Cure& one : cures) {
    if (one.cure == nullptr || message.find(one.words) == std::string::npos) continue;
    return message.append(" (").append(one.cure) + ")";
  }
  return message;
}

}  // namespace clearwell
