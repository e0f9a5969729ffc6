// Checks a YAML mapping against the keys that it may have: the one reader behind clearwell.yaml,
// pipelines, fields, sources and the head of a model.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/spec.h"
#include "config/yaml_node.h"

namespace clearwell::config {

// A mapping whose keys have been checked. Points into the YamlNode it was made from.
struct Mapping {
  Mark mark;
  Settings settings;                                  // all kinds but List and Any
  std::map<std::string, Mark> given;                  // the keys that are in the file
  std::map<std::string, std::vector<Mapping>> lists;  // List: present only if it is one
  std::map<std::string, const YamlNode*> nodes;       // Any: present only if given

  std::set<std::string> open;  // values that a placeholder leaves open

  bool has(const std::string& key) const { return given.contains(key); }
  bool is_open(const std::string& key) const { return open.contains(key); }
  // None when neither given nor defaulted.
  std::optional<std::string> text(const std::string& key) const;
  std::optional<int64_t> integer(const std::string& key) const;
};

// Adds a fault for everything that is wrong: no mapping at all, unknown and missing keys, values of
// another kind or out of bounds. `what` names the mapping in messages: "load", "field 'price'".
// What could be read is returned; of the rest, defaults or zeros (required keys) stand in.
Mapping check_mapping(const YamlNode& node, const std::string& what, const std::vector<Key>& keys,
                      Faults& faults);

// The value written for `key` as its kind; none, and a fault, if it is not of that kind. `what` as
// above. A Key's own default goes through here too.
std::optional<Settings::Value> check_value(const YamlNode& node, const Key& key,
                                           const std::string& what, Faults& faults);

}  // namespace clearwell::config
