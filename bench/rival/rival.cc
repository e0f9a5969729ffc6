// rival DATABASE THREADS FILE.sql: runs SQL on a DuckDB file through the same library and driver as
// clearwell, with the limits lifted that clearwell sets itself. Prints seconds and peak memory.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include <sys/resource.h>

#include "base/file.h"
#include "drivers/duckdb/connection.h"

namespace {

using clearwell::Result;

Result<void> run(const char* path, int threads, const std::string& sql) {
  clearwell::duckdb::DatabaseOptions options;
  options.path = path;
  options.threads = threads;
  options.memory_limit = "4GB";
  options.external_access = true;
  CW_ASSIGN(auto database, clearwell::duckdb::Database::open(options));
  CW_ASSIGN(auto connection, database.connect());
  // No statement here is planned twice, so the rule that spoils old plans may help this one.
  CW_TRY(connection.execute("SET GLOBAL disabled_optimizers = ''"));
  CW_TRY(connection.execute(sql));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  int threads = 0;
  if (argc == 4) std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), threads);
  if (threads < 1) {
    std::fputs("usage: rival DATABASE THREADS FILE.sql\n", stderr);
    return 2;
  }
  const auto sql = clearwell::read_file(argv[3]);
  const auto started = std::chrono::steady_clock::now();
  auto done = sql.ok() ? run(argv[1], threads, sql.value()) : Result<void>(sql.error());
  if (!done.ok()) {
    std::fprintf(stderr, "rival: %s\n", done.error().message.c_str());
    return 1;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("{\"seconds\": %.3f, \"peak_kib\": %ld}\n", seconds.count(), used.ru_maxrss);
  return 0;
}
