#include "manifest.h"

#include <cerrno>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

namespace retail {

Manifest::Manifest(const std::string& path) : path_(path) {
  if (path_.empty()) return;
  file_.reset(std::fopen(path_.c_str(), "wb"));
  if (!file_) throw std::system_error(errno, std::generic_category(), path_);
}

void Manifest::add(const Delivery& delivery, const Place& place) {
  if (!file_) return;
  line_.clear();
  // No text in here needs escaping.
  fmt::format_to(std::back_inserter(line_),
                 R"({{"kind": "{}", "place": "{}", "line": {}, "id": "{}", "phase": {}, )"
                 R"("fault": "{}", "delivery": "{}", "fate": "{}", "reasons": [)",
                 name_of(delivery.kind), place.path, place.line, delivery.id, delivery.phase,
                 delivery.fault, name_of(delivery.how), name_of(delivery.fate));
  for (size_t i = 0; i < delivery.reasons.size(); ++i) {
    line_.append(i == 0 ? "\"" : ", \"").append(delivery.reasons[i]).append("\"");
  }
  line_.append(delivery.resolved ? "], \"resolved\": true}\n" : "], \"resolved\": false}\n");
  std::fwrite(line_.data(), 1, line_.size(), file_.get());
}

void Manifest::finish() {
  if (!file_) return;
  if (std::fflush(file_.get()) == 0 && !std::ferror(file_.get())) return;
  throw std::system_error(errno, std::generic_category(), path_);
}

}  // namespace retail
