#include "spark/job.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/base/temp_folder.h"

namespace clearwell::spark {
namespace {

TEST(SparkJob, TheCauseIsFoundInWhatSparkWrites) {
  EXPECT_EQ(cause_in(""), "it wrote nothing");
  EXPECT_EQ(cause_in("JAVA_HOME is not set\n"), "JAVA_HOME is not set");
  EXPECT_EQ(cause_in("WARN x\n[DIVIDE_BY_ZERO] Division by zero.\n== SQL ==\n1/0\n"),
            "[DIVIDE_BY_ZERO] Division by zero.");
  EXPECT_EQ(cause_in("ERROR a.B: Failed in [SELECT]\norg.C: job aborted\n\tat d.E\nCaused by: "
                     "f.G: outer\n\tat h\nCaused by: i.J: inner\n\tat k\n"),
            "i.J: inner");
}

// A home whose spark-sql is this shell script.
class SparkHome : public ::testing::Test {
 protected:
  void make(const std::string& version, const std::string& script) {
    std::filesystem::create_directories(home() + "/bin");
    std::filesystem::create_directories(home() + "/jars");
    std::ofstream(home() + "/jars/spark-core_2.12-" + version + ".jar") << "";
    std::ofstream(home() + "/bin/spark-sql") << "#!/bin/sh\n" << script;
    std::filesystem::permissions(home() + "/bin/spark-sql", std::filesystem::perms::owner_all);
    settings_.home = "home";
    settings_.master = "local[2]";
    settings_.time_limit = std::chrono::seconds(20);
  }
  std::string home() const { return folder_.path() + "/home"; }

  Result<void> run(const std::atomic<bool>* stop = nullptr) {
    auto found = find_installation(settings_, folder_.path());
    EXPECT_TRUE(found.ok()) << found.error().message;
    Job job;
    job.name = "a job";
    job.script = "SELECT 1;\n";
    job.statements = 2;
    job.folder = folder_.path();
    job.stop = stop;
    job.progress = [this](size_t done, size_t) { done_ = done; };
    return run_job(settings_, *found, job);
  }

  TempFolder folder_;
  config::Spark settings_;
  size_t done_ = 0;
};

TEST_F(SparkHome, TheScriptIsPrivateAndGoneAfterwards) {
  make("3.5.9",
       "while [ \"$1\" != -f ]; do shift; done\nls -l \"$2\" | cut -c 1-10\ncat \"$2\"\n"
       "echo 'Time taken: 1 s'; echo 'Time taken: 2 s'\n");
  ASSERT_TRUE(run().ok());
  std::ifstream log(folder_.path() + "/spark.log");
  const std::string text((std::istreambuf_iterator<char>(log)), {});
  EXPECT_EQ(text, "-rw-------\nSELECT 1;\nTime taken: 1 s\nTime taken: 2 s\n");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/script.sql"));
  EXPECT_EQ(done_, 2u);
}

TEST_F(SparkHome, AFailureSaysWhatSparkSaid) {
  make("3.5.9", "echo 'Error in query: no such table'; exit 1\n");
  const auto done = run();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message,
            "Spark failed: Error in query: no such table (all of its output "
            "is in " +
                folder_.path() + "/spark.log)");
}

TEST_F(SparkHome, WhatTakesTooLongIsEnded) {
  make("3.5.9", "sleep 100 & wait\n");
  settings_.time_limit = std::chrono::seconds(1);
  const auto done = run();
  ASSERT_FALSE(done.ok());
  EXPECT_TRUE(done.error().message.starts_with("Spark took longer than engine.spark.time_limit"));
}

TEST_F(SparkHome, AStopEndsIt) {
  make("3.5.9", "trap 'exit 3' TERM\nsleep 100 & wait\n");
  const std::atomic<bool> stop{true};
  const auto done = run(&stop);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Stopped);
}

TEST_F(SparkHome, AnOldOneIsRefused) {
  make("3.0.3", "");
  const auto found = find_installation(settings_, folder_.path());
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().message,
            "the Spark in " + home() + " is 3.0.3, but 3.1 or later is needed");
}

TEST_F(SparkHome, TheDriverIsLookedFor) {
  make("3.5.9", "");
  const auto found = find_installation(settings_, folder_.path());
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(find_driver(settings_, folder_.path(), found.value()).ok());
  settings_.jdbc_driver = "d.jar";
  EXPECT_FALSE(find_driver(settings_, folder_.path(), found.value()).ok());
  std::ofstream(folder_.path() + "/d.jar") << "";
  EXPECT_EQ(find_driver(settings_, folder_.path(), found.value()).value(),
            folder_.path() + "/d.jar");
  settings_.jdbc_driver.clear();
  std::ofstream(home() + "/jars/postgresql-42.7.4.jar") << "";
  EXPECT_EQ(find_driver(settings_, folder_.path(), found.value()).value(), "");
}

}  // namespace
}  // namespace clearwell::spark
