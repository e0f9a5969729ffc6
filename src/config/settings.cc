#include "base/result.h"
#include "config/spec.h"

namespace clearwell::config {

void Settings::set(const std::string& key, Value value, Mark mark) {
  entries_.insert_or_assign(key, Entry{std::move(value), std::move(mark)});
}

bool Settings::has(const std::string& key) const { return entries_.contains(key); }

const Settings::Entry& Settings::entry(const std::string& key) const {
  const auto found = entries_.find(key);
  CW_ASSERT(found != entries_.end());
  return found->second;
}

const std::string& Settings::text(const std::string& key) const {
  const auto* value = std::get_if<std::string>(&entry(key).value);
  CW_ASSERT(value != nullptr);
  return *value;
}

int64_t Settings::integer(const std::string& key) const {
  const auto* value = std::get_if<int64_t>(&entry(key).value);
  CW_ASSERT(value != nullptr);
  return *value;
}

bool Settings::boolean(const std::string& key) const {
  const auto* value = std::get_if<bool>(&entry(key).value);
  CW_ASSERT(value != nullptr);
  return *value;
}

std::chrono::microseconds Settings::duration(const std::string& key) const {
  const auto* value = std::get_if<std::chrono::microseconds>(&entry(key).value);
  CW_ASSERT(value != nullptr);
  return *value;
}

double Settings::percent(const std::string& key) const {
  const auto* value = std::get_if<double>(&entry(key).value);
  CW_ASSERT(value != nullptr);
  return *value;
}

const std::vector<std::string>& Settings::texts(const std::string& key) const {
  const auto* value = std::get_if<std::vector<std::string>>(&entry(key).value);
  CW_ASSERT(value != nullptr);
  return *value;
}

Mark Settings::mark(const std::string& key) const { return entry(key).mark; }

}  // namespace clearwell::config
