// What YAML itself can have wrong.
#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

TEST(YamlFaults, SyntaxFaultHasItsPosition) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: [a, b
load: 1
)"),
            "pipelines/p.yaml:3:5: error[yaml_syntax]: not valid YAML: end of sequence flow "
            "not found; a bracket or brace is not closed\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
	from: 1
)"),
            "pipelines/p.yaml:2:1: error[yaml_syntax]: not valid YAML: illegal tab when "
            "looking for indentation; indent with spaces\n");
  EXPECT_EQ(project.faults_of("pipeline: \"p\n"),
            "pipelines/p.yaml:1:11: error[yaml_syntax]: not valid YAML: the quote that begins "
            "here is never closed; close it\n");
  for (const char* before : {"&a ", "! ", "!!str &a ", "&a !!str\n  "}) {
    EXPECT_EQ(project.faults_of("pipeline: " + std::string(before) + "\"p\n"),
              "pipelines/p.yaml:1:11: error[yaml_syntax]: not valid YAML: the quote that begins "
              "here is never closed; close it\n");
  }
  EXPECT_EQ(project.faults_of(R"(pipeline: p
  from: x
)"),
            "pipelines/p.yaml:2:7: error[yaml_syntax]: not valid YAML: illegal map value; "
            "look at the indentation, quotes and colons here and in the line above\n");
  EXPECT_EQ(project.faults_of("pipeline: @p\n"),
            "pipelines/p.yaml:1:11: error[yaml_syntax]: not valid YAML: unknown token; put "
            "the value in quotes\n");
  EXPECT_EQ(project.faults_of("a: *b\n"),
            "pipelines/p.yaml:1:4: error[yaml_syntax]: not valid YAML: the referenced anchor "
            "is not defined; put a value that begins with * or & in quotes\n");
}

TEST(YamlFaults, RepeatedKeyIsAFault) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("load: []\n"),
            "pipelines/p.yaml:5:1: error[duplicate_key]: the key 'load' stands here twice, "
            "first in line 4; keep one of them\n");
  EXPECT_EQ(project.faults_of_contract(R"(  a: text
  a: integer
)"),
            "pipelines/p.yaml:4:3: error[duplicate_key]: the key 'a' stands here twice, first "
            "in line 3; keep one of them\n");
}

TEST(YamlFaults, UnsupportedParts) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("params: !include x\n"),
            "pipelines/p.yaml:5:9: error[yaml_unsupported]: the tag '!include' is not "
            "supported; remove it\n"
            "pipelines/p.yaml:5:9: error[wrong_kind]: 'params' must be a mapping of names to "
            "defaults, not 'x'\n");
  EXPECT_EQ(project.faults_of_addition("params: { <<: { a: b } }\n"),
            "pipelines/p.yaml:5:11: error[yaml_unsupported]: merge keys (<<) are not "
            "supported; write the keys out\n");
  EXPECT_EQ(project.faults_of_addition(R"(? [a]
: b
)"),
            "pipelines/p.yaml:5:3: error[yaml_unsupported]: a key must be a plain text, not a "
            "list\n"
            "pipelines/p.yaml:5:3: error[unknown_key]: pipeline 'p' has no key ''; allowed: "
            "pipeline, params, from, contract, unknown_fields, checks, load, conflicts, "
            "budget, route, contracts\n");
  EXPECT_EQ(project.faults_of_addition(R"(---
a: b
)"),
            "pipelines/p.yaml:6:1: error[yaml_unsupported]: a second document begins here; "
            "put it into a file of its own\n");
  EXPECT_EQ(project.faults_of_addition("params: &a { b: *a }\n"),
            "pipelines/p.yaml:5:17: error[yaml_unsupported]: an alias inside its own anchor "
            "goes in a circle; remove it\n");
}

// Each anchor keeps a copy of what it names, so nested ones would multiply the file.
TEST(YamlFaults, NestedAnchorsAreBounded) {
  std::string bomb;
  for (int i = 0; i < 200; i++) bomb += "&a" + std::to_string(i) + " [";
  for (int i = 0; i < 2000; i++) bomb += "x,";
  bomb += std::string(200, ']') + "\n";
  EXPECT_EQ(ProjectFolder().faults_of(bomb),
            "pipelines/p.yaml: error[file_too_large]: more than 100000 keys and values, anchors "
            "and aliases written out; split it\n");
}

TEST(YamlFaults, ColumnsInALineOfManyValues) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("params: { å: 1, b: 2, å: 3, b: 4 }\n"),
            "pipelines/p.yaml:5:11: error[bad_name]: the parameter name 'å' must be of the form "
            "[a-z][a-z0-9_]*, since it becomes a flag\n"
            "pipelines/p.yaml:5:23: error[duplicate_key]: the key 'å' stands here twice, first in "
            "line 5; keep one of them\n"
            "pipelines/p.yaml:5:29: error[duplicate_key]: the key 'b' stands here twice, first in "
            "line 5; keep one of them\n");
}

TEST(YamlFaults, EmptyFiles) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(""),
            "pipelines/p.yaml: error[empty_file]: the file has no content; fill it or delete "
            "it\n");
  EXPECT_EQ(project.faults_of("# nothing yet\n"),
            "pipelines/p.yaml: error[empty_file]: the file has no content; fill it or delete "
            "it\n");
  EXPECT_EQ(project.faults_of("---\n"),
            "pipelines/p.yaml: error[empty_file]: the file has no content; fill it or delete "
            "it\n");
  EXPECT_EQ(project.faults_of("null\n"),
            "pipelines/p.yaml: error[empty_file]: the file has no content; fill it or delete "
            "it\n");
}

TEST(YamlFaults, ColumnsCountCharacters) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("params: { x: \"äöü\", \"größe\": 1 }\n"),
            "pipelines/p.yaml:5:21: error[bad_name]: the parameter name 'größe' must be of "
            "the form [a-z][a-z0-9_]*, since it becomes a flag\n");
}

TEST(YamlFaults, NoMapping) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of("- a\n"),
            "pipelines/p.yaml:1:1: error[wrong_kind]: a pipeline file must be a mapping of "
            "keys and values, not a list; begin it with 'pipeline: NAME'\n");
  EXPECT_EQ(project.faults_of("hello\n"),
            "pipelines/p.yaml:1:1: error[wrong_kind]: a pipeline file must be a mapping of "
            "keys and values, not 'hello'; begin it with 'pipeline: NAME'\n");
}

}  // namespace clearwell::config
