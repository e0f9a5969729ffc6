// What checks and loads can have wrong.
#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

TEST(KindFaults, Checks) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_addition("checks: [{ name: error, sql: a }]\n"),
            "pipelines/p.yaml:5:18: error[reserved_name]: a check cannot be called error: "
            "check.error is the reason of one that fails to run; rename it\n");
  EXPECT_EQ(project.faults_of_addition("checks: [{ name: Not it, sql: a }]\n"),
            "pipelines/p.yaml:5:18: error[bad_name]: the check name 'Not it' must be of the "
            "form [a-z][a-z0-9_]*, since it becomes the reason check.NAME\n");
  EXPECT_EQ(project.faults_of_addition(R"(checks:
  - { name: a, sql: b }
  - { name: a, sql: c }
)"),
            "pipelines/p.yaml:7:13: error[duplicate_name]: the check 'a' stands here twice, "
            "first in line 6; rename or merge them\n");
  EXPECT_EQ(project.faults_of_addition("checks: [{ name: a, sql: b, action: reject }]\n"),
            "pipelines/p.yaml:5:37: error[bad_choice]: 'action' of 'checks' is 'reject'; "
            "allowed: quarantine, warn, stop\n");
}

TEST(KindFaults, NoLoad) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
contract: { id: text }
)"),
            "pipelines/p.yaml:1:11: error[no_load]: pipeline 'p' has no load, so valid "
            "records would go nowhere; add one\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
contract: { id: text }
load: []
)"),
            "pipelines/p.yaml:4:1: error[no_load]: pipeline 'p' has no load, so valid records "
            "would go nowhere; add one\n");
}

TEST(KindFaults, Tables) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_loads("  - { table: a-b, sql: SELECT 1 }\n"),
            "pipelines/p.yaml:5:14: error[bad_table]: the table 'a-b' must be a name or "
            "schema.name, of letters, digits and _, at most 63 of them\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: a.b.c, sql: SELECT 1 }\n"),
            "pipelines/p.yaml:5:14: error[bad_table]: the table 'a.b.c' must be a name or "
            "schema.name, of letters, digits and _, at most 63 of them\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: Clearwell.runs, sql: SELECT 1 }\n"),
            "pipelines/p.yaml:5:14: error[reserved_name]: the schema clearwell holds "
            "Clearwell's own tables; choose another for 'runs'\n");
  EXPECT_EQ(project.faults_of_loads(R"(  - { table: t, sql: SELECT 1 }
  - { table: T, sql: SELECT 2 }
)"),
            "pipelines/p.yaml:6:14: error[duplicate_name]: a load of the table 'T' stands "
            "here twice, first in line 5; rename or merge them\n");
}

TEST(KindFaults, Keys) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: SELECT 1, mode: insert }\n"),
            "pipelines/p.yaml:5:38: error[load_needs_key]: the load of 't' has the mode "
            "insert, so it needs 'key': the columns that identify a row\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: SELECT 1, mode: upsert }\n"),
            "pipelines/p.yaml:5:38: error[load_needs_key]: the load of 't' has the mode "
            "upsert, so it needs 'key': the columns that identify a row\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: SELECT 1, history: true }\n"),
            "pipelines/p.yaml:5:32: error[load_needs_key]: the load of 't' keeps history, so "
            "it needs 'key': columns that tell its rows apart\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: SELECT 1, key: a }\n"),
            "pipelines/p.yaml:5:32: error[bad_combination]: the load of 't' has a key but no "
            "mode; add 'mode: insert' (the first row of a key wins) or 'mode: upsert' (the "
            "newest wins)\n");
  EXPECT_EQ(project.faults_of_loads("  - { table: t, sql: SELECT 1, key: [a, A], mode: insert }\n"),
            "pipelines/p.yaml:5:37: error[duplicate_name]: the key column 'A' stands here "
            "twice, first in line 5; rename or merge them\n");
}

TEST(KindFaults, ModesThatDoNotFit) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_loads(
                "  - { table: t, sql: SELECT 1, key: a, mode: insert, version: v }\n"),
            "pipelines/p.yaml:5:54: error[version_needs_upsert]: the load of 't' has a "
            "version, which only the modes upsert, update and patch use; change the mode or "
            "remove it\n");
}

}  // namespace clearwell::config
