// One run of spark-sql: found, started, watched, ended.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/project.h"

namespace clearwell::spark {

struct Installation {
  std::string home;
  std::string version;  // "3.5.9", or empty if it cannot be told
};

// engine.spark.home, SPARK_HOME, or where spark-sql on the PATH leads. Config error that says where
// was looked, or that it is older than least_version.
Result<Installation> find_installation(const config::Spark& settings, const std::string& folder);

// The jar of PostgreSQL's JDBC driver: engine.spark.jdbc_driver, or empty if Spark has one among
// its own. Config error if there is none.
Result<std::string> find_driver(const config::Spark& settings, const std::string& folder,
                                const Installation& installation);

struct Job {
  std::string name;    // as Spark's own pages show it
  std::string script;  // may hold a password: only we may read the file that it goes to
  size_t statements = 0;
  std::string driver;  // jar, or empty
  std::string folder;  // for the script, Spark's own files and its output, spark.log
  const std::atomic<bool>* stop = nullptr;
  // Called now and then: how many statements are done, of how many.
  std::function<void(size_t done, size_t of)> progress;
};

// Runs until the script has ended. Nothing of it is running any more afterwards, whatever happens.
// Errors: Stopped; Config where the cure is another setting; else Fatal with Spark's own message in
// a line and where all of its output is.
Result<void> run_job(const config::Spark& settings, const Installation& installation,
                     const Job& job);

// What Spark wrote when it failed, in one line: the error itself, without the Java around it.
std::string cause_in(const std::string& output);

}  // namespace clearwell::spark
