#include "config/placeholders.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

// Sets CLEARWELL_TEST and CLEARWELL_EMPTY for its lifetime.
class PlaceholdersTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("CLEARWELL_TEST", "value", 1);
    setenv("CLEARWELL_EMPTY", "", 1);
    unsetenv("CLEARWELL_UNSET");
  }
  void TearDown() override {
    unsetenv("CLEARWELL_TEST");
    unsetenv("CLEARWELL_EMPTY");
  }

  std::string replace(const std::string& text, TextKind kind = TextKind::Value) {
    bool open = false;
    return Placeholders(project_.folder(), &params_, faults_)
        .replace(text, {"f", 1, 2}, kind, open);
  }
  std::string fault(const std::string& text) {
    faults_ = Faults();
    replace(text);
    return faults_.to_text();
  }

  ProjectFolder project_;
  ParamValues params_ = {{"source", "data.csv"}, {"later", std::nullopt}};
  Faults faults_;
};

TEST_F(PlaceholdersTest, Variables) {
  EXPECT_EQ(replace("${CLEARWELL_TEST}"), "value");
  EXPECT_EQ(replace("a/${CLEARWELL_TEST}/b/${CLEARWELL_TEST}"), "a/value/b/value");
  EXPECT_EQ(replace("${CLEARWELL_TEST:-x}"), "value");
  EXPECT_EQ(replace("${CLEARWELL_UNSET:-x y:-z}"), "x y:-z");
  EXPECT_EQ(replace("${CLEARWELL_UNSET:-}"), "");
  EXPECT_EQ(replace("${CLEARWELL_EMPTY}"), "");
  EXPECT_EQ(replace("${CLEARWELL_EMPTY:-x}"), "x");
  EXPECT_TRUE(faults_.empty());
}

TEST_F(PlaceholdersTest, DollarSigns) {
  EXPECT_EQ(replace("$$"), "$");
  EXPECT_EQ(replace("$${CLEARWELL_TEST}"), "${CLEARWELL_TEST}");
  EXPECT_EQ(replace("a$ $b $1 ^\\d+$"), "a$ $b $1 ^\\d+$");
  EXPECT_EQ(replace("$$$$"), "$$");
  EXPECT_TRUE(faults_.empty());
}

TEST_F(PlaceholdersTest, SqlKeepsItsOwnDollarQuotes) {
  EXPECT_EQ(replace("SELECT $$a$$, '${CLEARWELL_TEST}'", TextKind::Sql), "SELECT $$a$$, 'value'");
  EXPECT_EQ(replace("$${x}", TextKind::Sql), "${x}");
}

TEST_F(PlaceholdersTest, ValuesAreNotReplacedAgain) {
  setenv("CLEARWELL_TEST", "${CLEARWELL_EMPTY} $$", 1);
  EXPECT_EQ(replace("${CLEARWELL_TEST}"), "${CLEARWELL_EMPTY} $$");
}

TEST_F(PlaceholdersTest, Params) {
  EXPECT_EQ(replace("in/${params.source}"), "in/data.csv");
  bool open = false;
  Placeholders placeholders(project_.folder(), &params_, faults_);
  EXPECT_EQ(placeholders.replace("${params.later}", {}, TextKind::Value, open), "${params.later}");
  EXPECT_TRUE(open);
  EXPECT_TRUE(faults_.empty());
}

TEST_F(PlaceholdersTest, SecretsFromFiles) {
  project_.write("secret", "top secret\r\n");
  EXPECT_EQ(replace("${file:secret}"), "top secret");
  EXPECT_EQ(replace("${file:" + project_.folder() + "/secret}"), "top secret");
  EXPECT_TRUE(faults_.empty());
}

TEST_F(PlaceholdersTest, Faults) {
  EXPECT_EQ(fault("${CLEARWELL_UNSET}"),
            "f:1:2: error[unset_variable]: the environment variable CLEARWELL_UNSET is not set; "
            "set it, or give a default: ${CLEARWELL_UNSET:-…}\n");
  EXPECT_EQ(fault("${CLEARWELL_TEST"),
            "f:1:2: error[bad_placeholder]: '${CLEARWELL_TEST' is not closed; add a }\n");
  EXPECT_EQ(fault("${a b}"),
            "f:1:2: error[bad_placeholder]: '${a b}' is not understood; write ${NAME}, "
            "${NAME:-default}, ${params.NAME} or ${file:PATH}, not one inside another, and $$ for "
            "a dollar sign\n");
  EXPECT_EQ(fault("${A:-${B}}"),
            "f:1:2: error[bad_placeholder]: '${A:-${B}' is not understood; write ${NAME}, "
            "${NAME:-default}, ${params.NAME} or ${file:PATH}, not one inside another, and $$ for "
            "a dollar sign\n");
  EXPECT_EQ(fault("${params.sorce}"),
            "f:1:2: error[unknown_param]: this pipeline has no parameter 'sorce'; did you mean "
            "'source'? Under 'params' are: later, source\n");
  params_.clear();
  EXPECT_EQ(fault("${params.x}"),
            "f:1:2: error[unknown_param]: this pipeline has no parameter 'x'; declare it under "
            "'params'\n");
}

TEST_F(PlaceholdersTest, SecretFaults) {
  EXPECT_EQ(fault("${file:gone}"),
            "f:1:2: error[unreadable_secret]: the file 'gone' cannot be read: No such file or "
            "directory\n");
  EXPECT_EQ(fault("${file:.}"), "f:1:2: error[unreadable_secret]: the file '.' is a folder\n");
  EXPECT_EQ(fault("${file:}"),
            "f:1:2: error[unreadable_secret]: the file '' has no name; write ${file:PATH}\n");
  ASSERT_EQ(::mkfifo((project_.folder() + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(fault("${file:pipe}"),
            "f:1:2: error[unreadable_secret]: the file 'pipe' is not a regular file; write the "
            "secret into one\n");
  project_.write("big", std::string((64 << 10) + 1, 'x'));
  EXPECT_EQ(fault("${file:big}"),
            "f:1:2: error[unreadable_secret]: the file 'big' is larger than 64 KB, so it is no "
            "secret\n");
}

TEST_F(PlaceholdersTest, ParamsOutsidePipelinesAreFaults) {
  project_.write("clearwell.yaml", "project: ${params.x}\n");
  EXPECT_EQ(project_.faults(),
            "clearwell.yaml:1:10: error[unknown_param]: ${params.x} is only known in the pipeline "
            "that declares it\n");
}

TEST_F(PlaceholdersTest, ValuesNeverBecomeStructureAndNeverShow) {
  setenv("CLEARWELL_TEST", "x, hidden: { a: b }", 1);
  EXPECT_EQ(project_.faults_of_addition("budget: { over: \"${CLEARWELL_TEST}\" }\n"),
            "pipelines/p.yaml:5:17: error[bad_integer]: 'over' of 'budget' is "
            "'${CLEARWELL_TEST}'; write a whole number (of 64 bits)\n");
  EXPECT_EQ(project_.faults_of_addition("conflicts: ${CLEARWELL_TEST}\n"),
            "pipelines/p.yaml:5:12: error[bad_choice]: 'conflicts' of pipeline 'p' is "
            "'${CLEARWELL_TEST}'; allowed: quarantine, count\n");
  project_.write("clearwell.yaml", "project: p\nwarehouse: ${CLEARWELL_TEST}\n");
  project_.remove("pipelines/p.yaml");
  EXPECT_EQ(
      project_.faults(),
      "clearwell.yaml:2:12: error[bad_warehouse]: the warehouse is '${CLEARWELL_TEST}', "
      "whose value is not of that form; write duckdb:PATH, for example duckdb:warehouse.duckdb, or "
      "postgres://USER@HOST/DATABASE\n");
}

TEST_F(PlaceholdersTest, ReplacedTextsCountAsTheirKind) {
  setenv("CLEARWELL_TEST", "5", 1);
  project_.write("pipelines/p.yaml",
                 "pipeline: p\nfrom: { files: { path: x } }\ncontract: { id: text }\n"
                 "load: [{ table: t, sql: \"SELECT ${CLEARWELL_TEST}, $$q$$\" }]\n"
                 "budget: { over: \"${CLEARWELL_TEST}\", max_rejected: \"$${x}\" }\n");
  const LoadedProject loaded = project_.load();
  EXPECT_EQ(loaded.faults.to_text(),
            "pipelines/p.yaml:5:52: error[bad_percent]: 'max_rejected' of 'budget' is '$${x}'; "
            "write a share from 0% to 100%, such as 50% or 0.5\n");
  const Pipeline& pipeline = loaded.project.pipelines.at(0);
  EXPECT_EQ(pipeline.budget.over, 5);
  EXPECT_EQ(pipeline.kinds.at(0).loads.at(0).sql, "SELECT 5, $$q$$");
}

// One unset variable is one fault, not also a bad number.
TEST_F(PlaceholdersTest, AnUnsetVariableIsSaidOnce) {
  EXPECT_EQ(project_.faults_of_addition("budget: { over: \"${CLEARWELL_UNSET}\" }\n"),
            "pipelines/p.yaml:5:17: error[unset_variable]: the environment variable "
            "CLEARWELL_UNSET is not set; set it, or give a default: ${CLEARWELL_UNSET:-…}\n");
}

}  // namespace clearwell::config
