#include "config/fault.h"

#include <algorithm>
#include <tuple>

namespace clearwell::config {

namespace {

std::string place(const Mark& mark) {
  if (mark.line == 0) return mark.file;
  return mark.file + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

}  // namespace

std::string Faults::to_text() const {
  std::vector<const Fault*> sorted;
  sorted.reserve(list_.size());
  for (const Fault& fault : list_) sorted.push_back(&fault);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Fault* a, const Fault* b) {
    return std::tie(a->mark.file, a->mark.line, a->mark.column) <
           std::tie(b->mark.file, b->mark.line, b->mark.column);
  });
  std::string text, last;
  for (const Fault* fault : sorted) {
    std::string line =
        place(fault->mark) + ": error[" + fault->code + "]: " + fault->message + "\n";
    if (line == last) continue;  // a YAML alias repeats what is wrong with its anchor
    text += line;
    last = std::move(line);
  }
  return text;
}

}  // namespace clearwell::config
