// What only shows when all files of a project are seen together.
#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

namespace {

std::string pipeline(const std::string& name, const std::string& table, const std::string& field) {
  return "pipeline: " + name + "\nfrom: { files: { path: x } }\ncontract: { a: " + field +
         " }\nload: [{ table: " + table + ", sql: SELECT 1 }]\n";
}

std::string refers(const std::string& table) {
  return "{ type: text, references: " + table + ".id }";
}

}  // namespace

TEST(Across, PipelineNames) {
  ProjectFolder project;
  project.write("pipelines/a.yaml", pipeline("x", "t", "text"));
  project.write("pipelines/b.yml", pipeline("x", "u", "text"));
  EXPECT_EQ(project.faults(),
            "pipelines/b.yml:1:11: error[duplicate_name]: the pipeline 'x' is already in "
            "pipelines/a.yaml line 1; rename one of them\n");
}

TEST(Across, ModelsAndTables) {
  ProjectFolder project;
  project.write("pipelines/a.yaml", pipeline("x", "Sales", "text"));
  project.write("models/sales.sql", "SELECT 1");
  EXPECT_EQ(project.faults(),
            "models/sales.sql: error[duplicate_name]: the model 'sales' would overwrite the table "
            "of that name, which is loaded in pipelines/a.yaml line 4; rename the file\n");
}

// What one load takes for known must be known to all that write the table.
TEST(Across, LoadsOfOneTable) {
  const auto loads = [](const std::string& name, const std::string& options) {
    return "pipeline: " + name +
           "\nfrom: { files: { path: x } }\ncontract: { a: text }\nload: [{ " + options +
           ", sql: SELECT 1 }]\n";
  };
  ProjectFolder project;
  project.write("pipelines/a.yaml", loads("a", "table: t, key: [id, Part], mode: insert"));
  project.write("pipelines/b.yaml", loads("b", "table: T, key: [ID, part], mode: insert"));
  EXPECT_EQ(project.faults(), "");
  project.write("pipelines/b.yaml", loads("b", "table: T, key: id, mode: insert"));
  project.write("pipelines/c.yaml", loads("c", "table: t, mode: append"));
  EXPECT_EQ(project.faults(),
            "pipelines/b.yaml:4:8: error[shared_table]: the table 'T' is loaded in "
            "pipelines/a.yaml line 4 too, with another mode or key (key id, part there, key id "
            "here); give both loads the same mode and key, or the same key and modes of upsert, "
            "update and patch\n"
            "pipelines/c.yaml:4:8: error[shared_table]: the table 't' is loaded in "
            "pipelines/a.yaml line 4 too, with another mode or key (key id, part there, no key "
            "here); give both loads the same mode and key, or the same key and modes of upsert, "
            "update and patch\n");
  project.write("pipelines/a.yaml", loads("a", "table: t, key: id, mode: upsert"));
  project.write("pipelines/b.yaml", loads("b", "table: T, key: id, mode: patch"));
  project.write("pipelines/c.yaml", loads("c", "table: t, key: ID, mode: update"));
  EXPECT_EQ(project.faults(), "");
}

TEST(Across, ReferencesInACircle) {
  ProjectFolder project;
  project.write("pipelines/a.yaml", pipeline("a", "ta", refers("TB")));
  project.write("pipelines/b.yaml", pipeline("b", "tb", refers("tc")));
  project.write("pipelines/c.yaml", pipeline("c", "tc", refers("ta")));
  project.write("pipelines/d.yaml", pipeline("d", "td", refers("ta")));
  EXPECT_EQ(project.faults(),
            "pipelines/a.yaml:3:42: error[reference_cycle]: references go in a circle: a → b → c → "
            "a, so none of their records could ever be accepted first; remove one of them\n");
}

TEST(Across, ReferencesBetweenKindsOfOnePipeline) {
  ProjectFolder project;
  const std::string load = "load: [{ sql: SELECT 1, table: ";
  EXPECT_EQ(project.faults_of("pipeline: p\nfrom: { files: { path: x } }\nroute: type\ncontracts:\n"
                              "  u: { contract: { c: " +
                              refers("cards") + " }, " + load +
                              "users }] }\n"
                              "  c: { contract: { u: " +
                              refers("users") + " }, " + load + "cards }] }\n"),
            "pipelines/p.yaml:5:49: error[reference_cycle]: references go in a circle: p/u → p/c → "
            "p/u, so none of their records could ever be accepted first; remove one of them\n");
}

TEST(Across, ReferencesWithoutACircle) {
  ProjectFolder project;
  project.write("pipelines/a.yaml", pipeline("a", "ta", refers("ta")));  // its own parents
  project.write("pipelines/b.yaml", pipeline("b", "tb", refers("ta")));
  project.write("pipelines/c.yaml", pipeline("c", "tc", refers("elsewhere")));
  EXPECT_EQ(project.faults(), "");
}

}  // namespace clearwell::config
