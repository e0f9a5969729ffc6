#include "config/models.h"

#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

namespace {

class ModelsTest : public testing::Test {
 protected:
  std::string faults_of(const std::string& sql) {
    project_.write("models/m.sql", sql);
    return project_.faults();
  }
  Model model_of(const std::string& sql) {
    project_.write("models/m.sql", sql);
    LoadedProject loaded = project_.load();
    EXPECT_EQ(loaded.faults.to_text(), "");
    return loaded.project.models.at(0);
  }
  ProjectFolder project_;
};

}  // namespace

TEST_F(ModelsTest, HeadAndDefaults) {
  const Model plain = model_of("SELECT 1;\n");
  EXPECT_EQ(plain.name, "m");
  EXPECT_EQ(plain.sql, "SELECT 1");
  EXPECT_EQ(plain.materialized, Materialization::Table);
  EXPECT_EQ(plain.every, std::chrono::seconds(5));
  EXPECT_EQ(plain.mark.file, "models/m.sql");

  const Model headed = model_of("\n-- Sales, note: by state\n--materialized:view\nSELECT 1\n");
  EXPECT_EQ(headed.materialized, Materialization::View);
  EXPECT_EQ(headed.sql, "\n-- Sales, note: by state\n--materialized:view\nSELECT 1");
  EXPECT_EQ(model_of("-- every: 10s\r\nSELECT 1\r\n").every, std::chrono::seconds(10));

  project_.write("clearwell.yaml", "project: p\nmodels: { every: 1m }\n");
  EXPECT_EQ(model_of("SELECT 1").every, std::chrono::minutes(1));
}

TEST_F(ModelsTest, OnlyTheHeadIsRead) {
  EXPECT_EQ(model_of("SELECT 1\n-- materialized: view\n").materialized, Materialization::Table);
}

TEST_F(ModelsTest, VariablesAreReplacedOutsideTheHeadToo) {
  setenv("CLEARWELL_TEST", "sales", 1);
  EXPECT_EQ(model_of("SELECT $$a$$ FROM ${CLEARWELL_TEST}").sql, "SELECT $$a$$ FROM sales");
  unsetenv("CLEARWELL_TEST");
  EXPECT_EQ(faults_of("SELECT 1\nFROM ${CLEARWELL_TEST}\n"),
            "models/m.sql:2:6: error[unset_variable]: the environment variable CLEARWELL_TEST is "
            "not set; set it, or give a default: ${CLEARWELL_TEST:-…}\n");
}

TEST_F(ModelsTest, Faults) {
  EXPECT_EQ(faults_of("-- materialised: view\nSELECT 1\n"),
            "models/m.sql:1:4: error[unknown_key]: the head of this model has no key "
            "'materialised'; did you mean 'materialized'? Allowed: materialized, every\n");
  EXPECT_EQ(faults_of("-- materialized: cube\nSELECT 1\n"),
            "models/m.sql:1:18: error[bad_choice]: 'materialized' of the head of this model is "
            "'cube'; allowed: table, view\n");
  EXPECT_EQ(faults_of("-- every:\nSELECT 1\n"),
            "models/m.sql:1:4: error[empty_value]: 'every' of the head of this model has no value; "
            "give it one, or leave the key out\n");
  EXPECT_EQ(faults_of("-- every: 1s\n-- every: 2s\nSELECT 1\n"),
            "models/m.sql:2:4: error[duplicate_key]: the key 'every' stands twice at the head; "
            "keep one of them\n");
  EXPECT_EQ(faults_of("-- materialized: view\n-- every: 2s\nSELECT 1\n"),
            "models/m.sql:2:4: error[bad_combination]: 'every' is for tables; a view is always up "
            "to date; remove one of them\n");
  EXPECT_EQ(faults_of("-- nothing\n\n"),
            "models/m.sql: error[empty_file]: the model has no SQL; write one SELECT\n");
}

TEST_F(ModelsTest, Names) {
  project_.write("models/Top-10.sql", "SELECT 1");
  EXPECT_EQ(project_.faults(),
            "models/Top-10.sql: error[bad_name]: a model is called like its file, but 'Top-10' is "
            "not of the form [a-z][a-z0-9_]*, or two of these with a dot between them for "
            "schema.name; rename the file\n");
  project_.remove("models/Top-10.sql");
  project_.write("models/dwh.top_10.sql", "SELECT 1");
  EXPECT_EQ(project_.faults(), "");
  project_.write("models/a.dwh.top_10.sql", "SELECT 1");
  EXPECT_NE(project_.faults().find("'a.dwh.top_10' is not of the form"), std::string::npos);
}

}  // namespace clearwell::config
