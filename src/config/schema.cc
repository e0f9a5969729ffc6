#include <nlohmann/json.hpp>

#include "config/grammar.h"
#include "config/project.h"

namespace clearwell::config {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* duration_pattern = "^[0-9_]+ ?(us|ms|s|m|h|d)$|^0$";
constexpr const char* size_pattern = "^[0-9_]+ ?([KMGTkmgt]?i?[Bb])?$";
constexpr const char* percent_pattern = "^[0-9.]+%$";

Json keys_schema(const std::vector<Key>& keys);

// A value, or a ${…} that stands for one.
Json or_placeholder(std::vector<Json> schemas) {
  schemas.push_back({{"type", "string"}, {"pattern", "\\$\\{.*\\}"}});
  return {{"anyOf", std::move(schemas)}};
}

Json text_schema(const Key& key) {
  if (!key.choices.empty()) return or_placeholder({{{"enum", key.choices}}});
  return {{"type", {"string", "number", "boolean"}}};
}

Json integer_schema(const Key& key) {
  Json schema = {{"type", "integer"}};
  const bool number = key.kind == KeyKind::Integer || key.kind == KeyKind::Size;
  if (key.min && number) schema["minimum"] = *key.min;
  if (key.max && number) schema["maximum"] = *key.max;
  return schema;
}

Json pattern_schema(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

Json value_schema(const Key& key) {
  switch (key.kind) {
    case KeyKind::Text:
      return text_schema(key);
    case KeyKind::Integer:
      return or_placeholder({integer_schema(key)});
    case KeyKind::Boolean:
      return or_placeholder({{{"type", "boolean"}}});
    case KeyKind::Duration:
      return or_placeholder({pattern_schema(duration_pattern), {{"const", 0}}});
    case KeyKind::Size:
      return or_placeholder({integer_schema(key), pattern_schema(size_pattern)});
    case KeyKind::Percent:
      return or_placeholder(
          {{{"type", "number"}, {"minimum", 0}, {"maximum", 1}}, pattern_schema(percent_pattern)});
    case KeyKind::TextList: {
      const Json item = text_schema(key);
      return {{"anyOf", {item, {{"type", "array"}, {"minItems", 1}, {"items", item}}}}};
    }
    case KeyKind::TextMap:
      return {{"type", "object"}, {"additionalProperties", text_schema(key)}};
    case KeyKind::Mapping:
      return keys_schema(key.keys);
    case KeyKind::List:
      return {{"type", "array"}, {"items", keys_schema(key.keys)}};
    case KeyKind::Any:
      return key.schema.empty() ? Json::object() : Json::parse(key.schema);
  }
  return Json::object();
}

// The default as its kind, where JSON has it.
Json default_schema(const Key& key) {
  if (key.kind == KeyKind::Boolean) return *key.fallback == "true";
  if (key.kind == KeyKind::Integer) return Json::parse(*key.fallback);
  return *key.fallback;
}

Json keys_schema(const std::vector<Key>& keys) {
  Json properties = Json::object(), required = Json::array();
  for (const Key& key : keys) {
    Json schema = {{"description", key.doc}};
    schema.update(value_schema(key));
    if (key.fallback) schema["default"] = default_schema(key);
    properties[key.name] = std::move(schema);
    if (key.required) required.push_back(key.name);
  }
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

Json spec_schema(const Spec& spec) {
  Json schema = {{"description", spec.doc}};
  schema.update(keys_schema(spec.keys));
  return schema;
}

Json document_schema(const Spec& spec) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "Clearwell: " + spec.name}};
  schema.update(spec_schema(spec));
  return schema;
}

// A field is a type, or a mapping.
Json field_schema() {
  const Json type = or_placeholder({{{"enum",
                                      {"text", "integer", "double", "boolean", "date", "timestamp",
                                       "uuid", "json", "list", "object"}}},
                                    pattern_schema("^decimal\\( *[0-9]+ *(, *[0-9]+ *)?\\)$")});
  Json options = spec_schema(field_spec());
  Json& type_property = options["properties"]["type"];
  const Json description = type_property["description"];
  type_property = {{"description", description}};
  type_property.update(type);
  return {{"anyOf", {type, options}}};
}

// One key, the type of the source, with its settings.
Json source_schema(const std::vector<Spec>& sources) {
  Json properties = Json::object();
  for (const Spec& source : sources) properties[source.name] = spec_schema(source_spec(source));
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"minProperties", 1},
          {"maxProperties", 1},
          {"additionalProperties", false}};
}

// Either one contract, or a route and contracts.
void add_alternatives(Json& schema) {
  Json no_kind_keys = Json::object();
  for (const Key& key : kind_spec().keys) no_kind_keys[key.name] = false;
  const Json single = {{"required", {"contract", "load"}},
                       {"properties", {{"route", false}, {"contracts", false}}}};
  const Json routed = {{"required", {"route", "contracts"}}, {"properties", no_kind_keys}};
  schema["oneOf"] = {single, routed};
}

}  // namespace

std::string project_schema() { return document_schema(project_spec()).dump(2) + "\n"; }

std::string pipeline_schema(const std::vector<Spec>& sources) {
  Json schema = document_schema(pipeline_spec());
  add_alternatives(schema);
  Json& parts = schema["$defs"];
  parts["source"] = source_schema(sources);
  parts["field"] = field_schema();
  parts["contracts"] = spec_schema(kind_spec());
  parts["contracts"]["required"] = {"contract", "load"};
  parts["if_missing"] = spec_schema(park_spec());
  parts["param"] = spec_schema(param_spec());
  return schema.dump(2) + "\n";
}

}  // namespace clearwell::config
