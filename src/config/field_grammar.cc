// The keys of the fields of a contract.
#include "config/grammar.h"

namespace clearwell::config {

namespace {

constexpr const char* fields_schema =
    R"({"type":"object","minProperties":1,"additionalProperties":{"$ref":"#/$defs/field"}})";
constexpr const char* fields_form = "a mapping of names to fields";

std::vector<Key> value_keys() {
  return {
      {.name = "values", .kind = KeyKind::TextList, .doc = "The only values allowed."},
      {.name = "min", .doc = "The smallest value allowed: numbers, dates and timestamps."},
      {.name = "max", .doc = "The largest value allowed: numbers, dates and timestamps."},
      {.name = "min_length",
       .kind = KeyKind::Integer,
       .doc = "text: the fewest characters.",
       .min = 0},
      {.name = "max_length",
       .kind = KeyKind::Integer,
       .doc = "text: the most characters.",
       .min = 0},
      {.name = "pattern", .doc = "text: a regular expression (RE2) that the whole text matches."},
      {.name = "min_items", .kind = KeyKind::Integer, .doc = "list: the fewest items.", .min = 0},
      {.name = "max_items", .kind = KeyKind::Integer, .doc = "list: the most items.", .min = 0},
      {.name = "examples",
       .kind = KeyKind::TextList,
       .doc = "Valid values for clearwell generate and prove, where type and rules do not say what "
              "real ones look like. Records are not judged by them."},
  };
}

std::vector<Key> structure_keys() {
  return {
      {.name = "references",
       .doc = "The value must be in this column of a table: table.column or "
              "schema.table.column."},
      {.name = "if_missing",
       .kind = KeyKind::Any,
       .doc = "What happens to a record whose reference is not there (yet): quarantine, or {park: "
              "30s} to let it wait so long. Default: quarantine.",
       .form = "quarantine, or {park: duration}",
       .schema = R"({"anyOf":[{"const":"quarantine"},{"$ref":"#/$defs/if_missing"}]})"},
      {.name = "take",
       .kind = KeyKind::Any,
       .doc = "Columns of the referenced row that join the record beside this field: [state, "
              "{name: user_name}].",
       .form = "a list of columns, or of {column: field name}",
       .schema = R"({"type":"array","minItems":1,"items":{"anyOf":[{"type":"string"},)"
                 R"({"type":"object","minProperties":1,"maxProperties":1,)"
                 R"("additionalProperties":{"type":"string"}}]}})"},
      {.name = "items",
       .kind = KeyKind::Any,
       .doc = "list: what its items are. A type or {type: …} for single values; a mapping of names "
              "to fields for objects (an object with a field called type: {type: object, fields: "
              "…}).",
       .form = "a type, a field, or a mapping of names to fields",
       .schema = R"({"anyOf":[{"$ref":"#/$defs/field"},)"
                 R"({"type":"object","minProperties":1,)"
                 R"("properties":{"type":{"type":"object"}},)"
                 R"("additionalProperties":{"$ref":"#/$defs/field"}}]})"},
      {.name = "fields",
       .kind = KeyKind::Any,
       .doc = "object: its fields.",
       .form = fields_form,
       .schema = fields_schema},
  };
}

std::vector<Key> field_keys() {
  std::vector<Key> keys = {
      {.name = "type",
       .doc = "text, integer (64 bit), decimal(precision,scale), double, boolean, date, timestamp, "
              "uuid, json, list or object.",
       .required = true},
      {.name = "key",
       .kind = KeyKind::Boolean,
       .doc = "Part of the record's key: it must be there and not be null. Also inside objects, "
              "not in lists.",
       .fallback = "false"},
      {.name = "required",
       .kind = KeyKind::Boolean,
       .doc = "The field must be there; false also lets it be null.",
       .fallback = "true"},
      {.name = "nullable",
       .kind = KeyKind::Boolean,
       .doc = "The value may be null.",
       .fallback = "false"},
      {.name = "default", .doc = "The value when the field is absent."},
      {.name = "clean",
       .kind = KeyKind::TextList,
       .doc = "What is done to a text before it is judged.",
       .choices = {"trim", "lower", "upper", "empty_is_null"}},
      {.name = "parse",
       .kind = KeyKind::TextList,
       .doc = "date, timestamp: formats to try in order, such as %Y-%m-%d %H:%M:%S; without it, "
              "ISO 8601."},
      {.name = "zone",
       .doc = "timestamp: the time zone of a text without one; none makes it a local timestamp, "
              "where a zone is an error.",
       .fallback = "UTC"},
  };
  for (std::vector<Key>& more : std::vector{value_keys(), structure_keys()}) {
    std::move(more.begin(), more.end(), std::back_inserter(keys));
  }
  return keys;
}

}  // namespace

const Spec& field_spec() {
  static const Spec spec{"field", "One field of a contract; a type alone is short for {type: …}.",
                         field_keys()};
  return spec;
}

const std::vector<std::string>& type_names() {
  static const std::vector<std::string> names = {"text",      "integer", "decimal(precision,scale)",
                                                 "double",    "boolean", "date",
                                                 "timestamp", "uuid",    "json",
                                                 "list",      "object"};
  return names;
}

}  // namespace clearwell::config
