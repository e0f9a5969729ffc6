#include "sources/problems.h"

#include <cerrno>

#include "base/cure.h"
#include "base/file.h"
#include "batch/reason.h"
#include "batch/text.h"

namespace clearwell::sources {

Error no_input(const std::string& path, int error) {
  return config_error("the input " + path + " cannot be read: " + errno_text(error) +
                      (error == ENOENT ? "; create it, or run without --once to wait for it"
                                       : "; correct `path`, or what stands there"));
}

Error not_a_file(const std::string& path) {
  return config_error("the input " + path +
                      " is no regular file (a pipe, a socket or a device); let the sender write a "
                      "file, and name that in `path`");
}

void Problems::add(const std::string& path, const std::string& message) {
  const std::lock_guard lock(mutex_);
  problems_[path] = {with_cure(message), scan_};
}

bool Problems::is_name_good(const std::string& path) {
  if (batch::utf8_valid_prefix(path) == path.size()) return true;
  add(batch::printable(path), "its name is not UTF-8; rename it");
  return false;
}

void Problems::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  problems_.erase(path);
}

bool Problems::has(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return problems_.contains(path);
}

void Problems::next_scan() {
  const std::lock_guard lock(mutex_);
  std::erase_if(problems_, [this](const auto& entry) { return entry.second.scan < scan_; });
  ++scan_;
}

bool Problems::empty() const {
  const std::lock_guard lock(mutex_);
  return problems_.empty();
}

std::vector<std::string> Problems::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> texts;
  for (const auto& [path, problem] : problems_) {
    if (texts.size() == limit) {
      texts.push_back("and " + std::to_string(problems_.size() - limit) + " more");
      break;
    }
    texts.push_back(path + ": " + problem.message);
  }
  return texts;
}

}  // namespace clearwell::sources
