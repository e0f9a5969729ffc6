#include "config/mapping.h"

#include <algorithm>

#include "base/result.h"
#include "config/phrases.h"
#include "config/units.h"

namespace clearwell::config {

namespace {

std::vector<std::string> names(const std::vector<Key>& keys) {
  std::vector<std::string> list;
  for (const Key& key : keys) list.push_back(key.name);
  return list;
}

const Key* find_key(const std::vector<Key>& keys, const std::string& name) {
  for (const Key& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

std::string limit_text(KeyKind kind, int64_t value) {
  if (kind == KeyKind::Size) return size_text(value);
  if (kind == KeyKind::Duration) return duration_text(std::chrono::microseconds(value));
  return std::to_string(value);
}

// A key's sentence as the end of a message.
std::string meaning(const Key& key) {
  return key.doc.ends_with('.') ? key.doc.substr(0, key.doc.size() - 1) : key.doc;
}

// One value that is being read, with all that a message about it needs.
struct Reading {
  const YamlNode& node;
  const Key& key;
  const std::string& what;
  Faults& faults;

  std::nullopt_t fault(const char* code, const std::string& message) const {
    faults.add(node.mark, code, in_quotes(key.name) + " of " + what + " " + message);
    return std::nullopt;
  }
  std::string is() const { return "is " + shown(node); }
};

// What stands in for a value that is missing or wrong.
Settings::Value zero(KeyKind kind) {
  switch (kind) {
    case KeyKind::Integer:
    case KeyKind::Size:
      return int64_t{0};
    case KeyKind::Boolean:
      return false;
    case KeyKind::Duration:
      return std::chrono::microseconds(0);
    case KeyKind::Percent:
      return 0.0;
    case KeyKind::TextList:
    case KeyKind::TextMap:
      return std::vector<std::string>();
    default:
      return std::string();
  }
}

bool check_choice(const Reading& reading, const std::string& text) {
  const std::vector<std::string>& choices = reading.key.choices;
  if (choices.empty() || std::count(choices.begin(), choices.end(), text) > 0) return true;
  // A value from outside may be a secret: what it resembles is not said either.
  const std::string word = reading.node.replaced ? "" : text;
  reading.fault("bad_choice", reading.is() + suggestion_and_list(word, choices, "allowed"));
  return false;
}

std::optional<int64_t> in_limits(const Reading& reading, int64_t value) {
  const Key& key = reading.key;
  if (key.min && value < *key.min) {
    return reading.fault("out_of_range",
                         reading.is() + ", but must be at least " + limit_text(key.kind, *key.min));
  }
  if (key.max && value > *key.max) {
    return reading.fault("out_of_range",
                         reading.is() + ", but must be at most " + limit_text(key.kind, *key.max));
  }
  return value;
}

std::optional<Settings::Value> read_integer(const Reading& reading) {
  const std::optional<int64_t> value = parse_integer(reading.node.text);
  if (!value)
    return reading.fault("bad_integer", reading.is() + "; write a whole number (of 64 bits)");
  return in_limits(reading, *value);
}

std::optional<Settings::Value> read_boolean(const Reading& reading) {
  const std::optional<bool> value = parse_boolean(reading.node.text);
  if (!value) return reading.fault("bad_boolean", reading.is() + "; write true or false");
  return *value;
}

std::optional<Settings::Value> read_duration(const Reading& reading) {
  const std::optional<std::chrono::microseconds> value = parse_duration(reading.node.text);
  if (!value) {
    return reading.fault("bad_duration", reading.is() +
                                             "; write a whole number with a unit: us, ms, s, m, h "
                                             "or d, such as 30s");
  }
  if (!in_limits(reading, value->count())) return std::nullopt;
  return *value;
}

std::optional<Settings::Value> read_size(const Reading& reading) {
  const std::optional<int64_t> value = parse_size(reading.node.text);
  if (!value) {
    return reading.fault("bad_size", reading.is() +
                                         "; write a whole number of bytes, or one with KB, MB, GB "
                                         "or TB, such as 10MB");
  }
  return in_limits(reading, *value);
}

std::optional<Settings::Value> read_percent(const Reading& reading) {
  const std::optional<double> value = parse_percent(reading.node.text);
  if (!value) {
    return reading.fault("bad_percent",
                         reading.is() + "; write a share from 0% to 100%, such as 50% or 0.5");
  }
  return *value;
}

std::optional<Settings::Value> read_text(const Reading& reading) {
  const std::string& text = reading.node.text;
  if (reading.key.required && text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return reading.fault("empty_value", "is empty; it is needed: " + meaning(reading.key));
  }
  if (!check_choice(reading, text)) return std::nullopt;
  return text;
}

std::optional<Settings::Value> read_texts(const Reading& reading) {
  if (reading.node.is_list() && reading.node.items.empty()) {
    return reading.fault("empty_value", "is an empty list; name at least one, or leave it out");
  }
  std::vector<std::string> texts;
  const std::vector<YamlNode> single =
      reading.node.is_list() ? std::vector<YamlNode>() : std::vector<YamlNode>{reading.node};
  for (const YamlNode& item : reading.node.is_list() ? reading.node.items : single) {
    const Reading one{item, reading.key, reading.what, reading.faults};
    if (!item.is_scalar()) {
      one.fault("wrong_kind", "must list texts, but here is " + shown(item));
    } else if (item.open || check_choice(one, item.text)) {
      texts.push_back(item.text);
    }
  }
  return texts;
}

std::optional<Settings::Value> read_text_map(const Reading& reading) {
  if (!reading.node.is_map()) {
    return reading.fault("wrong_kind",
                         "must be a mapping of names to texts, not " + shown(reading.node));
  }
  std::vector<std::string> texts;
  for (const YamlNode::Member& member : reading.node.members) {
    if (member.value.is_scalar()) {
      texts.push_back(member.key + "=" + member.value.text);
    } else {
      reading.faults.add(member.mark, "wrong_kind",
                         in_quotes(reading.key.name) + " of " + reading.what +
                             " must map names to texts, but " + in_quotes(member.key) + " is " +
                             shown(member.value));
    }
  }
  return texts;
}

std::optional<Settings::Value> read_scalar(const Reading& reading) {
  switch (reading.key.kind) {
    case KeyKind::Integer:
      return read_integer(reading);
    case KeyKind::Boolean:
      return read_boolean(reading);
    case KeyKind::Duration:
      return read_duration(reading);
    case KeyKind::Size:
      return read_size(reading);
    case KeyKind::Percent:
      return read_percent(reading);
    default:
      return read_text(reading);
  }
}

// Reads all members of a mapping into `result`; keys of nested mappings get the prefix "outer.".
class Check {
 public:
  Check(Mapping& result, Faults& faults) : result_(result), faults_(faults) {}

  void read(const YamlNode& node, const std::string& what, const std::vector<Key>& keys,
            const std::string& prefix) {
    for (const YamlNode::Member& member : node.members) {
      const Key* key = find_key(keys, member.key);
      if (key != nullptr) {
        read_member(member, *key, what, prefix);
        continue;
      }
      faults_.add(member.mark, "unknown_key",
                  what + " has no key " + in_quotes(member.key) +
                      suggestion_and_list(member.key, names(keys), "allowed"));
    }
    for (const Key& key : keys) {
      if (!result_.given.contains(prefix + key.name)) absent(node, key, what, prefix);
    }
  }

 private:
  void read_member(const YamlNode::Member& member, const Key& key, const std::string& what,
                   const std::string& prefix) {
    const std::string name = prefix + key.name;
    result_.given[name] = member.mark;
    if (member.value.open) result_.open.insert(name);
    if (key.kind == KeyKind::Any) {
      result_.nodes[name] = &member.value;
    } else if (key.kind == KeyKind::List) {
      read_list(member.value, key, what, name);
    } else if (key.kind == KeyKind::Mapping) {
      read_nested(member.value, key, name);
    } else {
      std::optional<Settings::Value> value = check_value(member.value, key, what, faults_);
      if (value) {
        result_.settings.set(name, std::move(*value), member.value.mark);
      } else {
        stand_in(key, name, member.value.mark);
      }
    }
  }

  void read_nested(const YamlNode& node, const Key& key, const std::string& name) {
    if (node.is_map()) {
      read(node, in_quotes(name), key.keys, name + ".");
      return;
    }
    faults_.add(node.mark, "wrong_kind",
                in_quotes(name) + " must be a mapping with the keys " + listed(names(key.keys)) +
                    ", not " + shown(node));
    for (const Key& inner : key.keys) stand_in(inner, name + "." + inner.name, node.mark);
  }

  void read_list(const YamlNode& node, const Key& key, const std::string& what,
                 const std::string& name) {
    if (!node.is_list()) {
      faults_.add(node.mark, "wrong_kind",
                  in_quotes(key.name) + " of " + what + " must be a list, not " + shown(node) +
                      "; begin each entry with '- '");
      return;
    }
    std::vector<Mapping>& list = result_.lists[name];
    for (const YamlNode& item : node.items) {
      list.push_back(check_mapping(item, in_quotes(key.name), key.keys, faults_));
    }
  }

  void absent(const YamlNode& node, const Key& key, const std::string& what,
              const std::string& prefix) {
    const std::string name = prefix + key.name;
    if (key.kind == KeyKind::Mapping) {
      for (const Key& inner : key.keys) absent(node, inner, what, name + ".");
      return;
    }
    if (key.required) {
      faults_.add(node.mark, "missing_key",
                  what + " needs the key " + in_quotes(key.name) + ": " + meaning(key));
    }
    if (key.required || key.fallback) stand_in(key, name, node.mark);
  }

  // The default, or zero where it is required or has been given wrongly.
  void stand_in(const Key& key, const std::string& name, const Mark& mark) {
    if (key.kind == KeyKind::Any || key.kind == KeyKind::List) return;
    Settings::Value value = zero(key.kind);
    if (key.fallback) {
      YamlNode node;
      node.kind = YamlNode::Kind::Scalar;
      node.text = *key.fallback;
      Faults ours;
      std::optional<Settings::Value> parsed = check_value(node, key, "", ours);
      CW_ASSERT(parsed.has_value());  // a Spec's default must be valid
      value = std::move(*parsed);
    }
    result_.settings.set(name, std::move(value), mark);
  }

  Mapping& result_;
  Faults& faults_;
};

}  // namespace

std::optional<std::string> Mapping::text(const std::string& key) const {
  if (!settings.has(key)) return std::nullopt;
  return settings.text(key);
}

std::optional<int64_t> Mapping::integer(const std::string& key) const {
  if (!settings.has(key)) return std::nullopt;
  return settings.integer(key);
}

std::optional<Settings::Value> check_value(const YamlNode& node, const Key& key,
                                           const std::string& what, Faults& faults) {
  const Reading reading{node, key, what, faults};
  if (node.kind == YamlNode::Kind::Null) {
    return reading.fault("empty_value", key.required ? "has no value: " + meaning(key)
                                                     : "has no value; give it one, or leave the "
                                                       "key out");
  }
  if (key.kind == KeyKind::TextList) return read_texts(reading);
  if (key.kind == KeyKind::TextMap) return read_text_map(reading);
  if (!node.is_scalar()) {
    return reading.fault("wrong_kind", "must be one value, not " + shown(node));
  }
  if (!node.open) return read_scalar(reading);
  if (key.kind == KeyKind::Text) return node.text;
  return std::nullopt;
}

Mapping check_mapping(const YamlNode& node, const std::string& what, const std::vector<Key>& keys,
                      Faults& faults) {
  Mapping result;
  result.mark = node.mark;
  if (node.is_map()) {
    Check(result, faults).read(node, what, keys, "");
    return result;
  }
  faults.add(node.mark, "wrong_kind",
             what + " must be a mapping of keys and values, not " + shown(node) +
                 "; its keys are: " + listed(names(keys)));
  Faults ignored;  // so that required keys have values; what is wrong has been said
  YamlNode empty;
  empty.mark = node.mark;
  Check(result, ignored).read(empty, what, keys, "");
  return result;
}

}  // namespace clearwell::config
