// One description of every key that a project file may have: its kind, default, limits and meaning.
// The reader (unknown keys, wrong types, missing keys), the defaults, the editor's JSON schema
// (`clearwell schema`) and the reference documentation all come from it. A component (a source)
// declares its own Spec next to its constructor.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/fault.h"

namespace clearwell::config {

enum class KeyKind {
  Text,
  Integer,
  Boolean,
  Duration,  // "250ms", "30s", "5m", "24h", "30d"
  Size,      // bytes: "512", "64KB", "10MB", "2GB" (powers of 1024)
  Percent,   // "50%" or 0.5
  TextList,  // a list of texts, or one text
  TextMap,   // names to texts, whatever the names; its Settings are texts "name=value"
  Mapping,   // nested keys: `keys`
  List,      // a list of mappings: `keys`
  Any,       // read by hand where the grammar is richer than this (contract, params)
  // A source's Spec has no List and no Any: Settings hold neither.
};

struct Key {
  std::string name;
  KeyKind kind = KeyKind::Text;
  std::string doc = {};                      // a sentence for the reference
  bool required = false;                     // Text: must not be blank either
  std::optional<std::string> fallback = {};  // default, written as in YAML
  std::vector<std::string> choices = {};     // Text, TextList: the only values allowed
  std::vector<Key> keys = {};                // Mapping, List
  // Inclusive limits of Integer, Size (bytes) and Duration (microseconds).
  std::optional<int64_t> min = {}, max = {};
  // Any: its form in words ("a mapping of names to fields"), and as JSON Schema; the schema may
  // refer to the parts of grammar.h as {"$ref": "#/$defs/field"}.
  std::string form = {}, schema = {};
};

struct Spec {
  std::string name;  // e.g. "files"
  std::string doc;
  std::vector<Key> keys;
};

// Values of the keys of one mapping, checked against its Spec, defaults filled in. A key of a
// nested Mapping is named with a dot: "limits.batch_rows". Asking for a key that the Spec does not
// have, that has neither value nor default, or as another kind, is a bug of ours and asserts. Where
// the file has a fault, the value is the default or zero, and the project is not run.
class Settings {
 public:
  using Value = std::variant<std::monostate, std::string, int64_t, bool, std::chrono::microseconds,
                             double, std::vector<std::string>>;

  void set(const std::string& key, Value value, Mark mark);
  bool has(const std::string& key) const;  // given, or has a default
  const std::string& text(const std::string& key) const;
  int64_t integer(const std::string& key) const;  // also Size, in bytes
  bool boolean(const std::string& key) const;
  std::chrono::microseconds duration(const std::string& key) const;
  double percent(const std::string& key) const;                         // 0..1
  const std::vector<std::string>& texts(const std::string& key) const;  // also TextMap
  Mark mark(const std::string& key) const;  // of the value; of the mapping if it is the default

 private:
  struct Entry {
    Value value;
    Mark mark;
  };
  const Entry& entry(const std::string& key) const;
  std::map<std::string, Entry> entries_;
};

}  // namespace clearwell::config
