// Parameters: declared in the pipeline, given on the command line.
#include "config/params.h"

#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

namespace {

class ParamsTest : public testing::Test {
 protected:
  void SetUp() override {
    project_.write("pipelines/c.yaml",
                   "pipeline: customers\n"
                   "params: { source: data.csv, table: , rows: { default: 5 } }\n"
                   "from: { jsonl: { path: \"${params.source}\", rows: \"${params.rows}\" } }\n"
                   "contract: { id: text }\n"
                   "load: [{ table: \"${params.table}\", mode: \"${params.table}\", "
                   "sql: \"SELECT '${params.table}'\" }]\n");
  }
  ProjectFolder project_;
};

}  // namespace

TEST_F(ParamsTest, WithoutValueIsFineUntilThePipelineIsSelected) {
  const LoadedProject loaded = project_.load();
  EXPECT_EQ(loaded.faults.to_text(), "");
  const Pipeline& pipeline = loaded.project.pipelines.at(0);
  EXPECT_FALSE(pipeline.complete);
  EXPECT_EQ(pipeline.params.at(1).fallback, std::nullopt);
  EXPECT_EQ(pipeline.kinds.at(0).loads.at(0).sql, "SELECT '${params.table}'");

  project_.options().selected = {"customers"};
  EXPECT_EQ(project_.faults(),
            "pipelines/c.yaml:2:29: error[missing_param]: the parameter 'table' has no value; add "
            "--table VALUE to the command line, or give it a default here\n");
}

TEST_F(ParamsTest, CommandLineOverridesDefaults) {
  project_.options().selected = {"customers"};
  project_.options().params["customers"] = {
      {"table", "insert"}, {"source", "x.csv"}, {"rows", "7"}};
  const LoadedProject loaded = project_.load();
  EXPECT_EQ(loaded.faults.to_text(),
            "pipelines/c.yaml:5:42: error[load_needs_key]: the load of 'insert' has the mode "
            "insert, so it needs 'key': the columns that identify a row\n");
  const Pipeline& pipeline = loaded.project.pipelines.at(0);
  EXPECT_TRUE(pipeline.complete);
  EXPECT_EQ(pipeline.sources.at(0).settings.text("path"), "x.csv");
  EXPECT_EQ(pipeline.sources.at(0).settings.integer("rows"), 7);
  EXPECT_EQ(pipeline.kinds.at(0).loads.at(0).table, "insert");
}

TEST_F(ParamsTest, BadValuesAreFaultsWhereTheyAreUsed) {
  project_.options().params["customers"] = {{"rows", "70"}};
  EXPECT_EQ(project_.faults(),
            "pipelines/c.yaml:3:50: error[out_of_range]: 'rows' of source 'jsonl' is "
            "'${params.rows}', but must be at most 9\n");
}

TEST_F(ParamsTest, UnknownParamsAndPipelines) {
  project_.options().params["customers"] = {{"tabel", "x"}, {"zone", "y"}};
  project_.options().params["custommers"] = {{"table", "x"}};
  project_.options().selected = {"orders", "custommers"};
  EXPECT_EQ(project_.faults(),
            "command line: error[unknown_param]: pipeline 'customers' has no parameter --tabel; "
            "did you mean 'table'? It has: source, table, rows\n"
            "command line: error[unknown_param]: pipeline 'customers' has no parameter --zone; it "
            "has: source, table, rows\n"
            "command line: error[unknown_pipeline]: there is no pipeline 'custommers'; did you "
            "mean 'customers'? Pipelines: customers\n"
            "command line: error[unknown_pipeline]: there is no pipeline 'orders'; pipelines: "
            "customers\n");
}

TEST_F(ParamsTest, NoParamsNoPipelines) {
  ProjectFolder other;
  other.options().selected = {"a"};
  EXPECT_EQ(other.faults(),
            "command line: error[unknown_pipeline]: there is no pipeline 'a'; there is none in "
            "pipelines/\n");
  other.options().params["p"] = {{"x", "y"}};
  other.options().selected = {};
  EXPECT_EQ(other.faults_of_addition(""),
            "command line: error[unknown_param]: pipeline 'p' has no parameter --x; it has none\n");
}

// The file that cannot be read may be the pipeline that was asked for.
TEST_F(ParamsTest, UnknownPipelineIsNotSaidWhileAFileIsUnreadable) {
  project_.write("pipelines/broken.yaml", "pipeline: orders\nfrom: [\n");
  project_.options().selected = {"orders"};
  EXPECT_EQ(project_.faults().find("unknown_pipeline"), std::string::npos);
}

TEST_F(ParamsTest, DefaultsMayComeFromTheEnvironment) {
  setenv("CLEARWELL_TEST", "from-env", 1);
  ProjectFolder other;
  other.write("pipelines/p.yaml",
              "pipeline: p\nparams: { a: \"${CLEARWELL_TEST}\" }\n"
              "from: { files: { path: \"${params.a}\" } }\ncontract: { id: text }\n"
              "load: [{ table: t, sql: SELECT 1 }]\n");
  const LoadedProject loaded = other.load();
  unsetenv("CLEARWELL_TEST");
  EXPECT_EQ(loaded.faults.to_text(), "");
  EXPECT_EQ(loaded.project.pipelines.at(0).sources.at(0).settings.text("path"), "from-env");
}

}  // namespace clearwell::config
