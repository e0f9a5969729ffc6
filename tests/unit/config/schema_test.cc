// The editor's schema and the reference say what the reader does, since all three come from the
// same specs; here it is checked that nothing of the specs is lost on the way.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "config/grammar.h"
#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

namespace {

using Json = nlohmann::json;

Json pipeline_json() {
  ProjectFolder project;
  return Json::parse(pipeline_schema(project.options().sources));
}

// Every key is there, with its sentence, default and whether it must be given; no other is allowed.
void expect_keys(const Json& schema, const std::vector<Key>& keys, const std::string& where) {
  EXPECT_EQ(schema.at("additionalProperties"), false) << where;
  ASSERT_EQ(schema.at("properties").size(), keys.size()) << where;
  for (const Key& key : keys) {
    const std::string path = where + "." + key.name;
    const Json& property = schema.at("properties").at(key.name);
    EXPECT_EQ(property.at("description"), key.doc) << path;
    EXPECT_EQ(property.contains("default"), key.fallback.has_value()) << path;
    if (key.kind == KeyKind::Mapping) expect_keys(property, key.keys, path);
    if (key.kind == KeyKind::List) expect_keys(property.at("items"), key.keys, path);
  }
}

// All "$ref" below `json`.
void collect_references(const Json& json, std::vector<std::string>& references) {
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) {
    if (key == "$ref") references.push_back(value);
    collect_references(value, references);
  }
}

}  // namespace

TEST(Schema, ProjectHasEveryKey) {
  const Json schema = Json::parse(project_schema());
  EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  expect_keys(schema, project_spec().keys, "project");
  EXPECT_EQ(schema.at("required"), Json({"project"}));
  const Json& limits = schema["properties"]["limits"]["properties"];
  EXPECT_EQ(limits["batch_rows"]["default"], 24576);
  EXPECT_EQ(limits["batch_bytes"]["default"], "32MB");
  EXPECT_EQ(limits["batch_rows"]["anyOf"][0]["minimum"], 1);
}

TEST(Schema, PipelineHasEveryKey) {
  const Json schema = pipeline_json();
  expect_keys(schema, pipeline_spec().keys, "pipeline");
  expect_keys(schema.at("$defs").at("contracts"), kind_spec().keys, "contracts");
  expect_keys(schema.at("$defs").at("field").at("anyOf").at(1), field_spec().keys, "field");
  expect_keys(schema.at("$defs").at("param"), param_spec().keys, "param");
  expect_keys(schema.at("$defs").at("if_missing"), park_spec().keys, "if_missing");
}

TEST(Schema, SourcesComeFromTheirSpecs) {
  const Json source = pipeline_json().at("$defs").at("source");
  ProjectFolder project;
  EXPECT_EQ(source.at("properties").size(), 2u);
  for (const Spec& spec : project.options().sources) {
    expect_keys(source.at("properties").at(spec.name), source_spec(spec).keys, spec.name);
  }
  const Json files = source["properties"]["files"];
  EXPECT_EQ(files["required"], Json({"path"}));
  EXPECT_TRUE(files["properties"].contains("name"));
}

TEST(Schema, ChoicesBecomeEnumsAndReferencesResolve) {
  const Json schema = pipeline_json();
  const Json mode = schema["properties"]["load"]["items"]["properties"]["mode"];
  EXPECT_EQ(mode["anyOf"][0]["enum"],
            Json({"append", "insert", "upsert", "update", "patch", "replace"}));
  EXPECT_EQ(mode["default"], "append");
  std::vector<std::string> references;
  collect_references(schema, references);
  EXPECT_GT(references.size(), 5u);
  for (const std::string& reference : references) {
    EXPECT_TRUE(schema.contains(Json::json_pointer(reference.substr(1)))) << reference;
  }
}

TEST(Schema, EveryKindOfValueIsDescribed) {
  const Json schema = pipeline_json();
  const Json& load = schema["properties"]["load"]["items"]["properties"];
  EXPECT_EQ(load["key"]["anyOf"][1]["type"], "array");
  EXPECT_EQ(load["history"]["anyOf"][0]["type"], "boolean");
  EXPECT_EQ(load["history"]["default"], false);
  EXPECT_EQ(load["sql"]["type"], Json({"string", "number", "boolean"}));
  const Json& budget = schema["properties"]["budget"]["properties"];
  EXPECT_EQ(budget["max_rejected"]["anyOf"][0]["maximum"], 1);
  EXPECT_EQ(schema["oneOf"][0]["required"], Json({"contract", "load"}));
  EXPECT_EQ(schema["oneOf"][1]["properties"]["load"], false);
}

// A Spec whose default is no value of its own kind is a bug of ours that shows only when the key is
// left out; so every Spec is read once without any key.
TEST(Specs, DefaultsAreValid) {
  ProjectFolder project;
  for (const Spec& spec : all_specs(project.options().sources)) {
    for (const Key& key : spec.keys) {
      EXPECT_FALSE(key.doc.empty()) << spec.name << "." << key.name;
      EXPECT_FALSE(key.required && key.fallback) << spec.name << "." << key.name;
      EXPECT_EQ(key.kind == KeyKind::Any, Json::accept(key.schema)) << key.name;
    }
  }
  EXPECT_EQ(project.faults_of_addition(""), "");
}

TEST(Reference, HasARowForEveryKey) {
  ProjectFolder project;
  const std::vector<Spec> specs = all_specs(project.options().sources);
  const std::string text = reference_markdown(specs);
  for (const Spec& spec : specs) {
    EXPECT_NE(text.find("## " + spec.name + "\n"), std::string::npos) << spec.name;
    for (const Key& key : spec.keys) {
      EXPECT_NE(text.find("| `" + key.name + "` | "), std::string::npos) << key.name;
    }
  }
  EXPECT_NE(text.find("| `load[].table` | text | required | "), std::string::npos);
}

TEST(Reference, Text) {
  const Spec spec{
      "thing",
      "A thing.",
      {{.name = "a", .doc = "One | two.", .required = true},
       {.name = "b",
        .kind = KeyKind::Mapping,
        .doc = "Inner.",
        .keys = {{.name = "c", .kind = KeyKind::Duration, .doc = "Wait.", .fallback = "1s"}}},
       {.name = "d", .kind = KeyKind::TextList, .doc = "Some.", .choices = {"x", "y"}}}};
  EXPECT_EQ(reference_markdown({spec}),
            "## thing\n\nA thing.\n\n"
            "| Key | Value | Default | Meaning |\n|---|---|---|---|\n"
            "| `a` | text | required | One \\| two. |\n"
            "| `b` | mapping |  | Inner. |\n"
            "| `b.c` | duration, such as 30s | `1s` | Wait. |\n"
            "| `d` | one or a list of: x, y |  | Some. |\n");
}

}  // namespace clearwell::config
