#include "generate/value.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace clearwell::generate {
namespace {

void escape_unit(uint32_t unit, std::string& out) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "\\u%04x", unit);
  out += digits;
}

// How many bytes the UTF-8 character at `at` has. REQUIRES: valid UTF-8.
size_t length_at(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return 1;
  if (first < 0xE0) return 2;
  return first < 0xF0 ? 3 : 4;
}

// \uXXXX, as a pair of surrogates beyond the basic plane.
void escape_character(std::string_view character, std::string& out) {
  uint32_t point = static_cast<unsigned char>(character[0]);
  if (character.size() > 1) {
    point &= 0x7FU >> character.size();
    for (size_t i = 1; i < character.size(); ++i) {
      point = point << 6 | (static_cast<unsigned char>(character[i]) & 0x3FU);
    }
  }
  if (point < 0x10000) return escape_unit(point, out);
  point -= 0x10000;
  escape_unit(0xD800 + (point >> 10), out);
  escape_unit(0xDC00 + (point & 0x3FF), out);
}

std::string quoted(std::string_view text, bool escape_all) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const size_t length = length_at(text, at);
    const char c = text[at];
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || (escape_all && length > 1)) {
      escape_character(text.substr(at, length), out);
    } else {
      out += text.substr(at, length);
    }
    at += length;
  }
  return out + "\"";
}

// One record's way of writing: chosen once, as a sender's program has one.
class Writer {
 public:
  explicit Writer(Random& random)
      : random_(random), blank_(random.chance(0.3)), shuffled_(random.chance(0.1)) {}

  std::string object(const std::vector<config::Field>& fields, const Value& value) {
    std::vector<std::string> members;
    for (const auto& [key, json] : value.extras) members.push_back(member(key, json));
    for (size_t i = 0; i < fields.size(); ++i) {
      if (value.children[i].kind == Value::Kind::Absent) continue;
      members.push_back(member(fields[i].name, any(fields[i], value.children[i])));
    }
    if (shuffled_) {
      for (size_t i = members.size(); i > 1; --i) {
        std::swap(members[i - 1], members[random_.below(i)]);
      }
    }
    return "{" + joined(members) + "}";
  }

 private:
  std::string member(const std::string& key, const std::string& json) const {
    return quoted(key, false) + (blank_ ? ": " : ":") + json;
  }

  std::string joined(const std::vector<std::string>& parts) const {
    std::string out;
    for (const std::string& part : parts) {
      if (!out.empty()) out += blank_ ? ", " : ",";
      out += part;
    }
    return out;
  }

  std::string any(const config::Field& field, const Value& value) {
    switch (value.kind) {
      case Value::Kind::Absent:
      case Value::Kind::Null:
        return value.token.empty() ? "null" : value.token;
      case Value::Kind::Scalar:
        return value.token;
      case Value::Kind::Object:
        return object(field.children, value);
      case Value::Kind::List:
        break;
    }
    std::vector<std::string> items;
    for (const Value& item : value.children) items.push_back(any(field.children.front(), item));
    return "[" + joined(items) + "]";
  }

  Random& random_;
  const bool blank_, shuffled_;
};

}  // namespace

std::string json_string(std::string_view text, Random& random) {
  return quoted(text, random.chance(0.1));
}

std::string json_string(std::string_view text) { return quoted(text, false); }

std::string render(const std::vector<config::Field>& fields, const Value& record, Random& random) {
  return Writer(random).object(fields, record);
}

}  // namespace clearwell::generate
