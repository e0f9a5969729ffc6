// What names, sources, parameters and routes can have wrong.
#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

TEST(PipelineFaults, Name) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(pipeline: Purchases
from: { files: { path: x } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:1:11: error[bad_name]: the pipeline's name is 'Purchases'; it "
            "must be of the form [a-z][a-z0-9_]*, as plain text, at most 63 characters\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: ${NAME}
from: { files: { path: x } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:1:11: error[bad_name]: the pipeline's name is '${NAME}'; it "
            "must be of the form [a-z][a-z0-9_]*, as plain text, at most 63 characters\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: [p]
from: { files: { path: x } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:1:11: error[wrong_kind]: 'pipeline' of the pipeline must be one "
            "value, not a list\n");
}

TEST(PipelineFaults, Sources) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: []
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:7: error[no_source]: 'from' must list at least one source, "
            "such as '- files: {…}', not an empty list\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: x
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:7: error[no_source]: 'from' must list at least one source, "
            "such as '- files: {…}', not 'x'\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: [files]
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:8: error[wrong_kind]: an entry of 'from' must be a source "
            "type with its settings, such as 'files: {…}', not 'files'\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: [{}]
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:8: error[wrong_kind]: an entry of 'from' must be a source "
            "type with its settings, such as 'files: {…}', not an empty mapping\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from:
  - file: { path: x }
  - kafka: { topic: x }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:3:5: error[unknown_source]: there is no source 'file'; did you "
            "mean 'files'? Sources: files, jsonl\n"
            "pipelines/p.yaml:4:5: error[unknown_source]: there is no source 'kafka'; "
            "sources: files, jsonl\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from:
  - files:
    path: x
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:4:5: error[wrong_kind]: an entry of 'from' has one key, its "
            "source type, but here is a second one, 'path'; begin each source with '- ', and "
            "indent its settings below its type\n");
}

TEST(PipelineFaults, SourceNames) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from:
  - files: { path: x }
  - files: { path: y }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:4:5: error[duplicate_name]: the source name 'files' stands here "
            "twice, first in line 3; give each a 'name' of its own\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x, name: In-box } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:33: error[bad_name]: the source name 'In-box' must be of the "
            "form [a-z][a-z0-9_]*: positions are stored under it\n");
}

TEST(PipelineFaults, Params) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("params: [a]\n"),
            "pipelines/p.yaml:5:9: error[wrong_kind]: 'params' must be a mapping of names to "
            "defaults, not a list\n");
  EXPECT_EQ(project.faults_of_addition("params: { A: 1 }\n"),
            "pipelines/p.yaml:5:11: error[bad_name]: the parameter name 'A' must be of the "
            "form [a-z][a-z0-9_]*, since it becomes a flag\n");
  EXPECT_EQ(project.faults_of_addition("params: { once: 1 }\n"),
            "pipelines/p.yaml:5:11: error[reserved_name]: clearwell run has a flag --once of "
            "its own; rename the parameter\n");
  EXPECT_EQ(project.faults_of_addition("params: { a: { hlep: x } }\n"),
            "pipelines/p.yaml:5:16: error[unknown_key]: parameter 'a' has no key 'hlep'; did "
            "you mean 'help'? Allowed: help, default\n");
  EXPECT_EQ(project.faults_of_addition("params: { a: [1] }\n"),
            "pipelines/p.yaml:5:14: error[wrong_kind]: parameter 'a' must be a mapping of "
            "keys and values, not a list; its keys are: help, default\n");
}

TEST(PipelineFaults, Routes) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
route: a
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:3:1: error[missing_key]: 'route' needs 'contracts': the kinds "
            "of records and their keys\n"
            "pipelines/p.yaml:4:1: error[bad_combination]: 'contract' cannot stand beside "
            "'route' and 'contracts'; move it into each kind under 'contracts'\n"
            "pipelines/p.yaml:5:1: error[bad_combination]: 'load' cannot stand beside 'route' "
            "and 'contracts'; move it into each kind under 'contracts'\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
contracts: { u: { contract: { id: text }, load: [{ table: t, sql: SELECT 1 }] } }
)"),
            "pipelines/p.yaml:3:1: error[missing_key]: 'contracts' needs 'route': the path of "
            "the field that names the kind, such as metadata.type\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
route: a..b
contracts: { u: { contract: { id: text }, load: [{ table: t, sql: SELECT 1 }] } }
)"),
            "pipelines/p.yaml:3:8: error[bad_route]: the route 'a..b' must be a path of field "
            "names with dots, such as metadata.type\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
route: a
contracts: {}
)"),
            "pipelines/p.yaml:4:12: error[wrong_kind]: 'contracts' must be a mapping of kinds "
            "to their keys, not an empty mapping\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
route: a
contracts:
  u: { contract: { id: text } }
  v: { load: [{ table: t, sql: SELECT 1 }] }
  w: x
  "": {}
)"),
            "pipelines/p.yaml:5:3: error[no_load]: record kind 'u' has no load, so valid "
            "records would go nowhere; add one\n"
            "pipelines/p.yaml:6:3: error[empty_contract]: record kind 'v' has no contract; "
            "name its fields there\n"
            "pipelines/p.yaml:7:6: error[wrong_kind]: record kind 'w' must be a mapping of "
            "keys and values, not 'x'; its keys are: contract, unknown_fields, checks, load, "
            "conflicts\n"
            "pipelines/p.yaml:8:3: error[bad_name]: a record kind's name is the value of the "
            "route's field: 1 to 200 bytes\n");
}

}  // namespace clearwell::config
