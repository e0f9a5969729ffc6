// What every mapping of a project file is checked for.
#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

TEST(MappingFaults, UnknownKey) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("buget: { over: 5 }\n"),
            "pipelines/p.yaml:5:1: error[unknown_key]: pipeline 'p' has no key 'buget'; did "
            "you mean 'budget'? Allowed: pipeline, params, from, contract, unknown_fields, "
            "checks, load, conflicts, budget, route, contracts\n");
  EXPECT_EQ(project.faults_of_addition("retries: 5\n"),
            "pipelines/p.yaml:5:1: error[unknown_key]: pipeline 'p' has no key 'retries'; "
            "allowed: pipeline, params, from, contract, unknown_fields, checks, load, "
            "conflicts, budget, route, contracts\n");
  EXPECT_EQ(project.faults_of_loads("  - { tabel: t, sql: SELECT 1 }\n"),
            "pipelines/p.yaml:5:5: error[missing_key]: 'load' needs the key 'table': The "
            "table that the rows go to, as name or schema.name\n"
            "pipelines/p.yaml:5:7: error[unknown_key]: 'load' has no key 'tabel'; did you "
            "mean 'table'? Allowed: table, key, mode, version, delete_when, history, over, sql\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x, setle: 1s } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:27: error[unknown_key]: source 'files' has no key 'setle'; "
            "did you mean 'settle'? Allowed: path, settle, name\n");
}

TEST(MappingFaults, MissingKey) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(from: { files: { path: x } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:1:1: error[missing_key]: the pipeline needs the key 'pipeline': "
            "Its name, unique in the project: [a-z][a-z0-9_]*\n");
  EXPECT_EQ(project.faults_of_loads("  - sql: SELECT 1\n"),
            "pipelines/p.yaml:5:5: error[missing_key]: 'load' needs the key 'table': The "
            "table that the rows go to, as name or schema.name\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: {} }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:16: error[missing_key]: source 'files' needs the key 'path': "
            "Which files\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:1:1: error[missing_key]: pipeline 'p' needs the key 'from': The "
            "sources, each with its settings\n");
}

TEST(MappingFaults, WrongKind) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("budget: 50%\n"),
            "pipelines/p.yaml:5:9: error[wrong_kind]: 'budget' must be a mapping with the "
            "keys max_rejected, over, not '50%'\n");
  EXPECT_EQ(project.faults_of_addition("budget: { over: [1] }\n"),
            "pipelines/p.yaml:5:17: error[wrong_kind]: 'over' of 'budget' must be one value, "
            "not a list\n");
  EXPECT_EQ(project.faults_of_loads(R"(  table: t
  sql: SELECT 1
)"),
            "pipelines/p.yaml:5:3: error[wrong_kind]: 'load' of pipeline 'p' must be a list, "
            "not a mapping; begin each entry with '- '\n");
  EXPECT_EQ(project.faults_of_loads("  - t\n"),
            "pipelines/p.yaml:5:5: error[wrong_kind]: 'load' must be a mapping of keys and "
            "values, not 't'; its keys are: table, key, mode, version, delete_when, history, over, "
            "sql\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: { a: b }, sql: SELECT 1 }\n"),
            "pipelines/p.yaml:5:14: error[wrong_kind]: 'table' of 'load' must be one value, "
            "not a mapping\n");
  EXPECT_EQ(
      project.faults_of_loads("  - { table: t, sql: SELECT 1, mode: insert, key: [a, [b]] }\n"),
      "pipelines/p.yaml:5:55: error[wrong_kind]: 'key' of 'load' must list texts, but "
      "here is a list\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: x }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:16: error[wrong_kind]: source 'files' must be a mapping of "
            "keys and values, not 'x'; its keys are: path, settle, name\n");
  EXPECT_EQ(project.faults_of_addition("checks: { name: a, sql: b }\n"),
            "pipelines/p.yaml:5:9: error[wrong_kind]: 'checks' of pipeline 'p' must be a "
            "list, not a mapping; begin each entry with '- '\n");
}

TEST(MappingFaults, EmptyValue) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: }\n"),
            "pipelines/p.yaml:5:17: error[empty_value]: 'sql' of 'load' has no value: One "
            "SELECT over accepted, the valid records\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: \"  \" }\n"),
            "pipelines/p.yaml:5:22: error[empty_value]: 'sql' of 'load' is empty; it is "
            "needed: One SELECT over accepted, the valid records\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: SELECT 1, mode: insert, key: [] }\n"),
            "pipelines/p.yaml:5:51: error[empty_value]: 'key' of 'load' is an empty list; "
            "name at least one, or leave it out\n");
  EXPECT_EQ(project.faults_of(R"(pipeline:
from: { files: { path: x } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:1:1: error[empty_value]: 'pipeline' of the pipeline has no "
            "value: Its name, unique in the project: [a-z][a-z0-9_]*\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: ""
from: { files: { path: x } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:1:11: error[empty_value]: 'pipeline' of the pipeline is empty; "
            "it is needed: Its name, unique in the project: [a-z][a-z0-9_]*\n");
}

TEST(MappingFaults, BadChoice) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: SELECT 1, mode: apend }\n"),
            "pipelines/p.yaml:5:38: error[bad_choice]: 'mode' of 'load' is 'apend'; did you "
            "mean 'append'? Allowed: append, insert, upsert, update, patch, replace\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, clean: [trim, uper] }\n"),
            "pipelines/p.yaml:3:34: error[bad_choice]: 'clean' of field 'a' is 'uper'; did "
            "you mean 'upper'? Allowed: trim, lower, upper, empty_is_null\n");
}

TEST(MappingFaults, BadNumbers) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("budget: { over: many }\n"),
            "pipelines/p.yaml:5:17: error[bad_integer]: 'over' of 'budget' is 'many'; write a "
            "whole number (of 64 bits)\n");
  EXPECT_EQ(project.faults_of_addition("budget: { over: 0 }\n"),
            "pipelines/p.yaml:5:17: error[out_of_range]: 'over' of 'budget' is '0', but must "
            "be at least 1\n");
  EXPECT_EQ(project.faults_of_addition("budget: { over: 99999999999999999999 }\n"),
            "pipelines/p.yaml:5:17: error[bad_integer]: 'over' of 'budget' is "
            "'99999999999999999999'; write a whole number (of 64 bits)\n");
  EXPECT_EQ(project.faults_of_addition("budget: { max_rejected: 150% }\n"),
            "pipelines/p.yaml:5:25: error[bad_percent]: 'max_rejected' of 'budget' is '150%'; "
            "write a share from 0% to 100%, such as 50% or 0.5\n");
  EXPECT_EQ(project.faults_of_addition("budget: { max_rejected: -1 }\n"),
            "pipelines/p.yaml:5:25: error[bad_percent]: 'max_rejected' of 'budget' is '-1'; "
            "write a share from 0% to 100%, such as 50% or 0.5\n");
  EXPECT_EQ(project.faults_of_addition("budget: { max_rejected: half }\n"),
            "pipelines/p.yaml:5:25: error[bad_percent]: 'max_rejected' of 'budget' is 'half'; "
            "write a share from 0% to 100%, such as 50% or 0.5\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { jsonl: { path: x, rows: 10 } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:33: error[out_of_range]: 'rows' of source 'jsonl' is '10', "
            "but must be at most 9\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, max_length: -1 }\n"),
            "pipelines/p.yaml:3:32: error[out_of_range]: 'max_length' of field 'a' is '-1', "
            "but must be at least 0\n");
}

TEST(MappingFaults, BadBooleanAndDuration) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_loads(
                "  - { table: t, sql: SELECT 1, mode: insert, key: a, history: yes }\n"),
            "pipelines/p.yaml:5:63: error[bad_boolean]: 'history' of 'load' is 'yes'; write "
            "true or false\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x, settle: 2 } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:35: error[bad_duration]: 'settle' of source 'files' is '2'; "
            "write a whole number with a unit: us, ms, s, m, h or d, such as 30s\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x, settle: 2 weeks } }
contract: { id: text }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:2:35: error[bad_duration]: 'settle' of source 'files' is '2 "
            "weeks'; write a whole number with a unit: us, ms, s, m, h or d, such as 30s\n");
  EXPECT_EQ(project.faults_of_contract(
                "  a: { type: text, references: b.c, if_missing: { park: 0s } }\n"),
            "pipelines/p.yaml:3:57: error[out_of_range]: 'park' of 'if_missing' of field 'a' "
            "is '0s', but must be at least 1us\n");
}

TEST(MappingFaults, AllFaultsAtOnce) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(pipeline: P
from: { file: { path: x } }
contract: { id: string }
load: [{ table: a b, sql: SELECT 1, mod: insert }]
budget: { over: no }
)"),
            "pipelines/p.yaml:1:11: error[bad_name]: the pipeline's name is 'P'; it must be "
            "of the form [a-z][a-z0-9_]*, as plain text, at most 63 characters\n"
            "pipelines/p.yaml:2:9: error[unknown_source]: there is no source 'file'; did you "
            "mean 'files'? Sources: files, jsonl\n"
            "pipelines/p.yaml:3:17: error[unknown_type]: field 'id' has the unknown type "
            "'string'; did you mean 'text'? Types: text, integer, decimal(precision,scale), "
            "double, boolean, date, timestamp, uuid, json, list, object\n"
            "pipelines/p.yaml:4:17: error[bad_table]: the table 'a b' must be a name or "
            "schema.name, of letters, digits and _, at most 63 of them\n"
            "pipelines/p.yaml:4:37: error[unknown_key]: 'load' has no key 'mod'; did you mean "
            "'mode'? Allowed: table, key, mode, version, delete_when, history, over, sql\n"
            "pipelines/p.yaml:5:17: error[bad_integer]: 'over' of 'budget' is 'no'; write a "
            "whole number (of 64 bits)\n");
}

}  // namespace clearwell::config
