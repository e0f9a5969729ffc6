#include "config/engine_keys.h"

namespace clearwell::config {
namespace {

std::vector<Key> spark_keys() {
  return {
      {.name = "home",
       .doc = "Folder of the Spark installation (3.1 or later), with bin/spark-sql. Default: the "
              "environment variable SPARK_HOME, else where spark-sql is on the PATH."},
      {.name = "master",
       .doc = "Where Spark runs: local[2] for two cores of this machine, spark://HOST:PORT, yarn.",
       .fallback = "local[*]"},
      {.name = "conf",
       .kind = KeyKind::Any,
       .doc = "Settings of Spark, such as spark.executor.memory.",
       .form = "a mapping of names to values",
       .schema =
           R"({"type":"object","additionalProperties":{"type":["string","number","boolean"]}})"},
      {.name = "jdbc_driver",
       .doc = "PostgreSQL's JDBC driver, postgresql-*.jar, where the warehouse is PostgreSQL. "
              "Default: the one among Spark's own jars."},
      {.name = "stages",
       .doc = "A folder that this machine and all of Spark's share, where Spark leaves its results "
              "as Parquet if the warehouse is DuckDB. Relative to the project.",
       .fallback = ".clearwell/spark"},
      {.name = "time_limit",
       .kind = KeyKind::Duration,
       .doc = "Spark is ended when it takes longer.",
       .fallback = "24h",
       .min = 1'000'000},
  };
}

}  // namespace

std::vector<Key> engine_keys() {
  return {{.name = "spark",
           .kind = KeyKind::Mapping,
           .doc = "Apache Spark, for bounded pipelines.",
           .keys = spark_keys()}};
}

}  // namespace clearwell::config
