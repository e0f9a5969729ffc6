#include <cstdio>

#include <xxhash.h>

#include "config/kinds.h"

namespace clearwell::config {

namespace {

// A canonical dump: every value with its length before it, so that no two kinds dump alike.
class Dump {
 public:
  void add(const std::string& text) { bytes_ += std::to_string(text.size()) + ":" + text; }
  void add(int64_t number) { add(std::to_string(number)); }
  template <typename T>
  void add(const std::optional<T>& value) {
    add(int64_t{value.has_value()});
    if (value) add(*value);
  }
  void add(const std::vector<std::string>& texts) {
    add(static_cast<int64_t>(texts.size()));
    for (const std::string& text : texts) add(text);
  }

  void add(const Reference& reference) {
    add(reference.table);
    add(reference.column);
    add(static_cast<int64_t>(reference.take.size()));
    for (const Reference::Take& take : reference.take) {
      add(take.column);
      add(take.name);
    }
    add(reference.park ? reference.park->count() : int64_t{-1});
  }

  void add(const Field& field) {
    add(field.name);
    for (const int64_t number :
         {int64_t{static_cast<int>(field.type)}, int64_t{field.precision}, int64_t{field.scale},
          int64_t{field.key}, int64_t{field.required}, int64_t{field.nullable}, int64_t{field.trim},
          int64_t{field.lower}, int64_t{field.upper}, int64_t{field.empty_is_null}}) {
      add(number);
    }
    add(field.zone);
    add(field.parse);
    add(field.default_value);
    add(field.values);
    add(field.min);
    add(field.max);
    add(field.min_length);
    add(field.max_length);
    add(field.pattern);
    add(field.min_items);
    add(field.max_items);
    add(field.reference);
    add(field.children);
  }
  void add(const std::vector<Field>& fields) {
    add(static_cast<int64_t>(fields.size()));
    for (const Field& field : fields) add(field);
  }

  void add(const Check& check) {
    add(check.name);
    add(check.sql);
    add(int64_t{static_cast<int>(check.action)});
    add(check.message);
  }

  void add(const Load& load) {
    add(load.table);
    add(load.key);
    add(int64_t{static_cast<int>(load.mode)});
    add(load.version);
    add(int64_t{load.history});
    if (!load.delete_when.empty()) add(load.delete_when);
    if (load.over_all) add(std::string("all"));
    add(load.sql);
  }

  std::string hash() const {
    char digits[17];
    const unsigned long long hash = XXH64(bytes_.data(), bytes_.size(), 0);
    std::snprintf(digits, sizeof digits, "%016llx", hash);
    return digits;
  }

 private:
  std::string bytes_;
};

}  // namespace

std::string kind_version(const Kind& kind) {
  Dump dump;
  dump.add(kind.name);
  dump.add(kind.fields);
  dump.add(int64_t{static_cast<int>(kind.unknown_fields)});
  dump.add(static_cast<int64_t>(kind.checks.size()));
  for (const Check& check : kind.checks) dump.add(check);
  dump.add(static_cast<int64_t>(kind.loads.size()));
  for (const Load& load : kind.loads) dump.add(load);
  dump.add(int64_t{kind.count_conflicts});
  return dump.hash();
}

}  // namespace clearwell::config
