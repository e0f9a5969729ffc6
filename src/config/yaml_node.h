// A YAML document as a tree of our own: every key and value with its mark, members in the order
// written. It hides the YAML library from all readers.
//
// Supported: mappings with scalar keys, lists, scalars, comments, anchors and aliases (an alias is
// a copy, its marks are those of the anchor). Not supported, and faults: repeated keys, tags,
// merge keys (<<), several documents in a file, keys that are lists or mappings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/fault.h"

namespace clearwell::config {

struct YamlNode {
  enum class Kind { Null, Scalar, List, Map };
  struct Member;

  Kind kind = Kind::Null;
  Mark mark;  // Null: that of its key

  std::string text;       // Scalar: as it counts, after placeholders have been replaced
  std::string written;    // Scalar: as in the file, when replaced
  bool replaced = false;  // Scalar: had placeholders. Messages then show `written`: no secrets
  bool open = false;      // Scalar: a placeholder has no value; checks of the value are skipped

  std::vector<YamlNode> items;  // List
  std::vector<Member> members;  // Map: no key twice

  bool is_scalar() const { return kind == Kind::Scalar; }
  bool is_map() const { return kind == Kind::Map; }
  bool is_list() const { return kind == Kind::List; }
  const YamlNode* find(std::string_view key) const;  // null if not there, or no map
};

struct YamlNode::Member {
  std::string key;
  Mark mark;
  YamlNode value;
};

// A scalar for messages, in quotes, as it stands in the file; "a list", "a mapping", "nothing".
std::string shown(const YamlNode& node);

// Parses `text`, the content of `file` (a name for marks). None, and a fault, when it is empty or
// no YAML. Of several syntax faults only the first is found. Bounded: at most 100 000 nodes, the
// copies that anchors and aliases make included.
std::optional<YamlNode> parse_yaml(const std::string& text, const std::string& file,
                                   Faults& faults);

}  // namespace clearwell::config
