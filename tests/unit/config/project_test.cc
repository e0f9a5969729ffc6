// Whole projects: everything at its default, everything set, and the command line's part.
#include "config/project.h"

#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

namespace {

constexpr const char* purchases = R"(pipeline: purchases
params: { folder: { help: Where they are, default: in } }
from:
  - files: { path: "${params.folder}/*.json", name: inbox, settle: 500ms }
  - jsonl: { path: old.jsonl }
unknown_fields: keep
contract:
  id: { type: uuid, key: true }
checks:
  - { name: recent, sql: "at > DATE '2000-01-01'", action: warn, message: Too old. }
load:
  - { table: shop.purchases, key: id, mode: upsert, version: at, sql: SELECT 1 }
  - table: lines
    key: [id, line]
    mode: insert
    history: true
    sql: |
      SELECT 2
conflicts: count
budget: { max_rejected: 50%, over: 10 }
)";

}  // namespace

TEST(Project, DefaultsAreThoseOfTheTypes) {
  ProjectFolder project;
  const LoadedProject loaded = project.load();
  EXPECT_EQ(loaded.faults.to_text(), "");
  EXPECT_EQ(loaded.project.name, "shop");
  EXPECT_EQ(loaded.project.folder, project.folder());
  EXPECT_EQ(loaded.project.warehouse, "duckdb:warehouse.duckdb");
  const Limits given = loaded.project.limits, typed;
  EXPECT_EQ(given.batch_rows, typed.batch_rows);
  EXPECT_EQ(given.batch_bytes, typed.batch_bytes);
  EXPECT_EQ(given.linger, typed.linger);
  EXPECT_EQ(given.record_bytes, typed.record_bytes);
  EXPECT_EQ(given.quarantine_bytes, typed.quarantine_bytes);
  EXPECT_EQ(given.parked_records, typed.parked_records);
  EXPECT_EQ(given.memory, typed.memory);
}

TEST(Project, EverythingSet) {
  ProjectFolder project;
  project.write("clearwell.yaml",
                "project: my-shop\nwarehouse: duckdb:/data/shop.duckdb\n"
                "limits: { batch_rows: 1, batch_bytes: 2KB, linger: 3s, record_bytes: 4, "
                "quarantine_bytes: 5GB, parked_records: 6, memory: 1GB }\n");
  const LoadedProject loaded = project.load();
  EXPECT_EQ(loaded.faults.to_text(), "");
  EXPECT_EQ(loaded.project.name, "my-shop");
  EXPECT_EQ(loaded.project.warehouse, "duckdb:/data/shop.duckdb");
  const Limits& limits = loaded.project.limits;
  EXPECT_EQ(limits.batch_rows, 1);
  EXPECT_EQ(limits.batch_bytes, 2048);
  EXPECT_EQ(limits.linger, std::chrono::seconds(3));
  EXPECT_EQ(limits.record_bytes, 4);
  EXPECT_EQ(limits.quarantine_bytes, int64_t{5} << 30);
  EXPECT_EQ(limits.parked_records, 6);
  EXPECT_EQ(limits.memory, 1 << 30);
}

TEST(Project, Pipeline) {
  ProjectFolder project;
  project.write("pipelines/b.yaml", purchases);
  project.write("pipelines/a.yml",
                "pipeline: zeta\nfrom: { files: { path: x } }\ncontract: { id: text }\n"
                "load: [{ table: t, sql: SELECT 1 }]\n");
  const LoadedProject loaded = project.load();
  ASSERT_EQ(loaded.faults.to_text(), "");
  ASSERT_EQ(loaded.project.pipelines.size(), 2u);
  const Pipeline& pipeline = loaded.project.pipelines[0];  // by name, not by file
  EXPECT_EQ(pipeline.name, "purchases");
  EXPECT_EQ(&pipeline, loaded.project.find_pipeline("purchases"));
  EXPECT_EQ(loaded.project.find_pipeline("gone"), nullptr);
  EXPECT_TRUE(pipeline.complete);
  EXPECT_TRUE(pipeline.route.empty());
  EXPECT_EQ(pipeline.budget.max_rejected, 0.5);
  EXPECT_EQ(pipeline.budget.over, 10);
  ASSERT_EQ(pipeline.params.size(), 1u);
  EXPECT_EQ(pipeline.params[0].name, "folder");
  EXPECT_EQ(pipeline.params[0].doc, "Where they are");
  EXPECT_EQ(pipeline.params[0].fallback, "in");
  EXPECT_EQ(loaded.project.pipelines[1].budget.max_rejected, 1.0);
  EXPECT_EQ(loaded.project.pipelines[1].budget.over, 1000);
}

TEST(Project, Sources) {
  ProjectFolder project;
  project.write("pipelines/b.yaml", purchases);
  const LoadedProject loaded = project.load();
  const std::vector<Source>& sources = loaded.project.pipelines.at(0).sources;
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].type, "files");
  EXPECT_EQ(sources[0].name, "inbox");
  EXPECT_EQ(sources[0].mark.line, 4);
  EXPECT_EQ(sources[0].settings.text("path"), "in/*.json");
  EXPECT_EQ(sources[0].settings.duration("settle"), std::chrono::milliseconds(500));
  EXPECT_EQ(sources[0].settings.mark("path").column, 20);
  EXPECT_EQ(sources[1].name, "jsonl");
  EXPECT_FALSE(sources[1].settings.has("rows"));
  EXPECT_FALSE(sources[1].settings.has("name"));
}

TEST(Project, ChecksAndLoads) {
  ProjectFolder project;
  project.write("pipelines/b.yaml", purchases);
  const LoadedProject loaded = project.load();
  const Pipeline& pipeline = loaded.project.pipelines.at(0);
  ASSERT_EQ(pipeline.kinds.size(), 1u);
  const Kind& kind = pipeline.kinds[0];
  EXPECT_EQ(&kind, pipeline.find_kind("purchases"));
  EXPECT_EQ(kind.unknown_fields, UnknownFields::Keep);
  EXPECT_TRUE(kind.count_conflicts);
  ASSERT_EQ(kind.checks.size(), 1u);
  EXPECT_EQ(kind.checks[0].name, "recent");
  EXPECT_EQ(kind.checks[0].sql, "at > DATE '2000-01-01'");
  EXPECT_EQ(kind.checks[0].action, CheckAction::Warn);
  EXPECT_EQ(kind.checks[0].message, "Too old.");
  EXPECT_EQ(kind.checks[0].sql_mark.column, 26);
  ASSERT_EQ(kind.loads.size(), 2u);
  EXPECT_EQ(kind.loads[0].table, "shop.purchases");
  EXPECT_EQ(kind.loads[0].key, (std::vector<std::string>{"id"}));
  EXPECT_EQ(kind.loads[0].mode, LoadMode::Upsert);
  EXPECT_EQ(kind.loads[0].version, "at");
  EXPECT_FALSE(kind.loads[0].history);
  EXPECT_EQ(kind.loads[1].key, (std::vector<std::string>{"id", "line"}));
  EXPECT_TRUE(kind.loads[1].history);
  EXPECT_EQ(kind.loads[1].sql, "SELECT 2\n");
  EXPECT_EQ(kind.loads[1].mark.line, 13);
  EXPECT_EQ(kind.loads[1].sql_mark.line, 17);  // a block begins at its |
  EXPECT_EQ(kind.loads[1].sql_mark.column, 10);
}

TEST(Project, RoutedPipeline) {
  ProjectFolder project;
  project.write("pipelines/e.yaml",
                "pipeline: events\nfrom: { files: { path: x } }\nroute: metadata.type\ncontracts:\n"
                "  user: { contract: { id: text }, load: [{ table: users, sql: SELECT 1 }] }\n"
                "  Card 2:\n    contract: { id: text }\n    unknown_fields: refuse\n"
                "    load: [{ table: cards, mode: replace, sql: SELECT 1 }]\n");
  const LoadedProject loaded = project.load();
  ASSERT_EQ(loaded.faults.to_text(), "");
  const Pipeline& pipeline = loaded.project.pipelines.at(0);
  EXPECT_EQ(pipeline.route, (std::vector<std::string>{"metadata", "type"}));
  ASSERT_EQ(pipeline.kinds.size(), 2u);
  EXPECT_EQ(pipeline.kinds[0].name, "user");
  EXPECT_EQ(pipeline.kinds[1].name, "Card 2");
  EXPECT_EQ(pipeline.kinds[1].unknown_fields, UnknownFields::Refuse);
}

TEST(Project, AnchorsAreCopied) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: &money { type: \"decimal(9,2)\" }\n  b: *money\n"),
            "");
  EXPECT_EQ(project.kind_of_contract("  a: &id { type: uuid }\n  b: *id\n").fields.at(1).type,
            FieldType::Uuid);
}

TEST(Project, NoProjectSaysWhatWasLookedFor) {
  ProjectFolder project;
  project.remove("clearwell.yaml");
  const std::string start =
      "clearwell.yaml: error[no_project]: no project: there is no "
      "clearwell.yaml in " +
      project.folder();
  EXPECT_EQ(project.faults(),
            start + "; create that file (one line, 'project: NAME', is enough)\n");
  project.write("clearwell.yml", "project: x\n");
  EXPECT_EQ(project.faults(), start + "; rename clearwell.yml to clearwell.yaml\n");

  project.write("clearwell.yaml", "project: x\n");
  LoadOptions options;
  options.folder = project.folder() + "/gone";
  EXPECT_EQ(load(options).faults.to_text(),
            start + "/gone: there is no such folder; name the project's folder with --project\n");
  project.write("models/a.sql", "SELECT 1");
  options.folder = project.folder() + "/models/";
  EXPECT_EQ(load(options).faults.to_text(),
            start + "/models, but in the folder above; name that with --project\n");
}

TEST(Project, Warehouse) {
  ProjectFolder project;
  for (const char* good : {"duckdb:a.duckdb", "duckdb:/a b", "postgres://app@db:5432/shop"}) {
    project.write("clearwell.yaml", std::string("project: x\nwarehouse: ") + good + "\n");
    EXPECT_EQ(project.faults(), "");
  }
  project.write("clearwell.yaml", "project: x\nwarehouse: sqlite:a.db\n");
  EXPECT_EQ(project.faults(),
            "clearwell.yaml:2:12: error[bad_warehouse]: the warehouse is 'sqlite:a.db'; write "
            "duckdb:PATH, for example duckdb:warehouse.duckdb, or postgres://USER@HOST/DATABASE\n");
}

TEST(Project, ProjectFileIsCheckedLikeAnyOther) {
  ProjectFolder project;
  project.write("clearwell.yaml",
                "projct: x\nlimits: { memory: 1MB, batch_byte: 1, linger: 5, record_bytes: 2 MiG "
                "}\nmodels: 5s\n");
  EXPECT_EQ(
      project.faults(),
      "clearwell.yaml:1:1: error[unknown_key]: clearwell.yaml has no key 'projct'; did you "
      "mean 'project'? Allowed: project, warehouse, schema, limits, engine, models\n"
      "clearwell.yaml:1:1: error[missing_key]: clearwell.yaml needs the key 'project': Its "
      "name, shown in reports\n"
      "clearwell.yaml:2:19: error[out_of_range]: 'memory' of 'limits' is '1MB', but must be "
      "at least 64MB\n"
      "clearwell.yaml:2:24: error[unknown_key]: 'limits' has no key 'batch_byte'; did you "
      "mean 'batch_bytes'? Allowed: batch_rows, batch_bytes, linger, record_bytes, "
      "quarantine_bytes, parked_records, memory, warehouse_memory\n"
      "clearwell.yaml:2:47: error[bad_duration]: 'linger' of 'limits' is '5'; write a whole "
      "number with a unit: us, ms, s, m, h or d, such as 30s\n"
      "clearwell.yaml:2:64: error[bad_size]: 'record_bytes' of 'limits' is '2 MiG'; write a "
      "whole number of bytes, or one with KB, MB, GB or TB, such as 10MB\n"
      "clearwell.yaml:3:9: error[wrong_kind]: 'models' must be a mapping with the keys every, "
      "not '5s'\n");
}

}  // namespace clearwell::config
