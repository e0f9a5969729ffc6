#include "config/field_type.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "config/grammar.h"
#include "config/phrases.h"
#include "config/units.h"

namespace clearwell::config {

namespace {

constexpr int most_digits = 38;

using enum FieldType;

const std::map<std::string, FieldType>& simple_types() {
  static const std::map<std::string, FieldType> types = {
      {"text", Text}, {"integer", Integer},     {"double", Double}, {"boolean", Boolean},
      {"date", Date}, {"timestamp", Timestamp}, {"uuid", Uuid},     {"json", Json},
      {"list", List}, {"object", Object}};
  return types;
}

// Names of types in other systems, in lower case.
std::string known_elsewhere(const std::string& text) {
  static const std::map<std::string, std::string> names = {{"string", "text"},
                                                           {"str", "text"},
                                                           {"varchar", "text"},
                                                           {"char", "text"},
                                                           {"int", "integer"},
                                                           {"bigint", "integer"},
                                                           {"long", "integer"},
                                                           {"int64", "integer"},
                                                           {"float", "double"},
                                                           {"real", "double"},
                                                           {"number", "double"},
                                                           {"bool", "boolean"},
                                                           {"datetime", "timestamp"},
                                                           {"time", "timestamp"},
                                                           {"timestamptz", "timestamp"},
                                                           {"array", "list"},
                                                           {"struct", "object"},
                                                           {"map", "object"},
                                                           {"record", "object"},
                                                           {"jsonb", "json"},
                                                           {"guid", "uuid"},
                                                           {"numeric", "decimal(12,2)"},
                                                           {"money", "decimal(12,2)"}};
  const auto found = names.find(lower_case(text));
  return found == names.end() ? "" : found->second;
}

// "12,2" or "12" → precision and scale.
std::optional<TypeText> parse_decimal(const std::string& inside) {
  const std::vector<std::string> parts = split(inside, ',');
  auto number = [](std::string part) {
    std::erase(part, ' ');
    return parse_integer(part);
  };
  const std::optional<int64_t> precision = number(parts[0]);
  const std::optional<int64_t> scale = parts.size() == 2 ? number(parts[1]) : 0;
  if (!precision || !scale || parts.size() > 2) return std::nullopt;
  if (*precision < 1 || *precision > most_digits || *scale < 0 || *scale > *precision) {
    return std::nullopt;
  }
  return TypeText{Decimal, static_cast<int>(*precision), static_cast<int>(*scale)};
}

struct Option {
  const char* name;
  std::vector<FieldType> types;
};

// Options that go only with some types; the others go with all.
const std::vector<Option>& options() {
  static const std::vector<Option> list = {
      {"key", {Text, Integer, Decimal, Boolean, Date, Timestamp, LocalTimestamp, Uuid}},
      {"default",
       {Text, Integer, Decimal, Double, Boolean, Date, Timestamp, LocalTimestamp, Uuid, Json,
        List}},
      {"clean", {Text, Integer, Decimal, Double, Boolean, Date, Timestamp, LocalTimestamp, Uuid}},
      {"values", {Text, Integer, Decimal, Boolean, Date, Uuid}},
      {"examples",
       {Text, Integer, Decimal, Double, Boolean, Date, Timestamp, LocalTimestamp, Uuid, Json}},
      {"min", {Integer, Decimal, Double, Date, Timestamp, LocalTimestamp}},
      {"max", {Integer, Decimal, Double, Date, Timestamp, LocalTimestamp}},
      {"min_length", {Text}},
      {"max_length", {Text}},
      {"pattern", {Text}},
      {"min_items", {List}},
      {"max_items", {List}},
      {"items", {List}},
      {"fields", {Object}},
      {"parse", {Date, Timestamp, LocalTimestamp}},
      {"zone", {Timestamp, LocalTimestamp}},
      {"references", {Text, Integer, Uuid}},
  };
  return list;
}

std::string names_of(const std::vector<FieldType>& types) {
  std::vector<std::string> names;
  for (FieldType type : types) {
    if (type != LocalTimestamp) names.push_back(type_name(type));
  }
  return listed(names);
}

// True only if both can be compared for certain and a > b. Long doubles round alike, so the order
// of two numbers is never turned round; texts compare only in equally long ISO 8601 forms.
bool is_above(FieldType type, const std::string& a, const std::string& b) {
  if (type == Integer || type == Decimal || type == Double) {
    auto number = [](const std::string& text) -> std::optional<long double> {
      long double value = 0;
      const char* end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || stop != end) return std::nullopt;
      return value;
    };
    const std::optional<long double> left = number(a), right = number(b);
    return left && right && *left > *right;
  }
  auto comparable = [](const std::string& text) {
    return text.size() >= 10 && text.find_first_not_of("0123456789-T: .Z") == std::string::npos;
  };
  const bool alike = a.size() == b.size() && a.ends_with('Z') == b.ends_with('Z');
  return alike && comparable(a) && comparable(b) && a > b;
}

}  // namespace

std::string type_name(FieldType type) {
  if (type == Decimal) return "decimal";
  if (type == LocalTimestamp) return "timestamp";
  for (const auto& [name, simple] : simple_types()) {
    if (simple == type) return name;
  }
  return "";
}

std::optional<TypeText> read_type(const std::string& text, const Mark& mark,
                                  const std::string& what, Faults& faults) {
  const auto simple = simple_types().find(text);
  if (simple != simple_types().end()) return TypeText{simple->second, 0, 0};
  if (text.starts_with("decimal")) {
    const bool brackets = text.size() > 9 && text[7] == '(' && text.ends_with(')');
    if (brackets) {
      if (std::optional<TypeText> type = parse_decimal(text.substr(8, text.size() - 9))) {
        return type;
      }
    }
    const bool cut = text.starts_with("decimal(") && !text.ends_with(')');
    faults.add(mark, "bad_decimal",
               "the type of " + what + " is " + in_quotes(text) +
                   (cut ? "; between braces YAML splits it at the comma: put it in quotes, "
                          "\"decimal(12,2)\""
                        : "; write decimal(precision,scale) with 1 to 38 digits, of which scale "
                          "after the point, such as \"decimal(12,2)\""));
    return std::nullopt;
  }
  const std::string elsewhere = known_elsewhere(text);
  const std::string known = elsewhere.empty() ? suggestion_and_list(text, type_names(), "types")
                                              : "; did you mean " + in_quotes(elsewhere) +
                                                    "? Types: " + listed(type_names());
  faults.add(mark, "unknown_type", what + " has the unknown type " + in_quotes(text) + known);
  return std::nullopt;
}

void check_options(FieldType type, const Mapping& given, const std::string& what, Faults& faults) {
  for (const Option& option : options()) {
    const auto mark = given.given.find(option.name);
    if (mark == given.given.end()) continue;
    if (std::count(option.types.begin(), option.types.end(), type) > 0) continue;
    faults.add(mark->second, "option_misfit",
               in_quotes(option.name) + " does not go with " + what + ", whose type is " +
                   type_name(type) + "; it goes with " + names_of(option.types));
  }
}

void check_ranges(const Field& field, const Mapping& given, const std::string& what,
                  Faults& faults) {
  auto above = [&](const std::string& low, const std::string& high) {
    faults.add(given.given.at(low), "min_above_max",
               in_quotes(low) + " of " + what + " is above its " + in_quotes(high) +
                   ", so no value could be valid; swap or correct them");
  };
  if (field.min && field.max && is_above(field.type, *field.min, *field.max)) above("min", "max");
  if (field.min_length && field.max_length && *field.min_length > *field.max_length) {
    above("min_length", "max_length");
  }
  if (field.min_items && field.max_items && *field.min_items > *field.max_items) {
    above("min_items", "max_items");
  }
}

}  // namespace clearwell::config
