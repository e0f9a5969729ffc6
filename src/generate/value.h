// A record while it is being made: for each field of its contract what will be written, and what a
// reader must take it for. Kept apart, so that a broken value can be written without any reader
// agreeing with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/contract.h"
#include "generate/random.h"

namespace clearwell::generate {

struct Value {
  enum class Kind { Absent, Null, Scalar, List, Object };
  Kind kind = Kind::Absent;
  // Scalar: its JSON as written. Null: empty, or how else it is written ("" with empty_is_null).
  std::string token;
  // Scalar that can be read: its text after cleaning, and as SQL would write it.
  std::string text;
  std::optional<std::string> plain;
  // Scalar that cannot be read as its field: the code of the reason that it causes.
  std::string fault;
  // List: its items. Object, and the record itself: one for each field, in the contract's order.
  std::vector<Value> children;
  // Object: members that the contract does not name, as {key, JSON}.
  std::vector<std::pair<std::string, std::string>> extras;

  bool is_present() const { return kind != Kind::Absent && kind != Kind::Null; }
};

// `text` as a JSON string. Now and then what need not be escaped is, as some senders do.
std::string json_string(std::string_view text, Random& random);
// The same, always in one way.
std::string json_string(std::string_view text);

// The record as a sender would write it, in one line. REQUIRES: record.kind is Object, made for
// these fields.
std::string render(const std::vector<config::Field>& fields, const Value& record, Random& random);

// Visits each value that stands in the record, with its field and path ("cart[1].quantity"), absent
// fields of objects that are there included.
template <typename Visit>
void for_each_value(const std::vector<config::Field>& fields, const Value& object,
                    const std::string& prefix, Visit&& visit) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const config::Field& field = fields[i];
    const Value& value = object.children[i];
    const std::string path = prefix.empty() ? field.name : prefix + "." + field.name;
    visit(field, value, path);
    if (value.kind == Value::Kind::Object) {
      for_each_value(field.children, value, path, visit);
    }
    if (value.kind != Value::Kind::List) continue;
    const config::Field& item = field.children.front();
    for (size_t at = 0; at < value.children.size(); ++at) {
      const Value& element = value.children[at];
      const std::string place = path + "[" + std::to_string(at) + "]";
      visit(item, element, place);
      if (element.kind == Value::Kind::Object) {
        for_each_value(item.children, element, place, visit);
      }
    }
  }
}

}  // namespace clearwell::generate
