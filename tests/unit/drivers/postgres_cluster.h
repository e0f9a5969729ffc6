// One private PostgreSQL server for a test program, started when first asked for; it ends with the
// program, however that ends (tests/integration/_postgres.py says how).
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "drivers/postgres/connection.h"

namespace clearwell::testing {

class PostgresCluster {
 public:
  static PostgresCluster& instance() {
    static auto& cluster = *new PostgresCluster();  // its end is that of our end of the pipe
    return cluster;
  }

  // The URL of a database of that name, made when it is not there.
  std::string database(const std::string& name) {
    auto connection = postgres::Connection::open({.url = url_});
    EXPECT_TRUE(connection.ok()) << connection.error().message;
    if (!connection.ok()) return url_;
    auto found = connection->query("SELECT 1 FROM pg_database WHERE datname = $1", {name});
    if (found.ok() && found->size() == 0) {
      const auto made = connection->execute("CREATE DATABASE " + duckdb::quote_name(name));
      EXPECT_TRUE(made.ok()) << made.error().message;
    }
    return url_.substr(0, url_.rfind('/') + 1) + name;
  }

  // The URL of a database that has nothing in it when asked for by another owner than the last one.
  // Its schemas are dropped for that, which takes a tenth of the time of CREATE DATABASE.
  std::string emptied_for(const std::string& owner) {
    const std::string url = database("emptied");
    if (owner == owner_) return url;
    owner_ = owner;
    auto connection = postgres::Connection::open({.url = url});
    EXPECT_TRUE(connection.ok()) << connection.error().message;
    if (!connection.ok()) return url;
    const auto done = connection->execute(
        "DO $$ DECLARE s text; BEGIN FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ "
        "'^pg_' AND nspname <> 'information_schema' LOOP EXECUTE format('DROP SCHEMA %I CASCADE', "
        "s); END LOOP; CREATE SCHEMA public; END $$");
    EXPECT_TRUE(done.ok()) << done.error().message;
    return url;
  }

 private:
  PostgresCluster() {
    int life[2], answer[2];
    if (::pipe2(life, O_CLOEXEC) != 0 || ::pipe2(answer, O_CLOEXEC) != 0) return;
    const std::string script = path_of_script();
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(life[0], 0);
      ::dup2(answer[1], 1);
      ::execlp("python3", "python3", "-B", script.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(life[0]);
    ::close(answer[1]);
    char c = 0;
    while (::read(answer[0], &c, 1) == 1 && c != '\n') url_ += c;
    ::close(answer[0]);
    EXPECT_FALSE(url_.empty()) << script << " has not started a server";
  }

  // Tests are run from the root of the tree; else from where this file was compiled.
  static std::string path_of_script() {
    const std::filesystem::path script = "tests/integration/_postgres.py";
    if (std::filesystem::exists(script)) return script;
    return std::filesystem::path(__FILE__).parent_path() / "../../.." / script;
  }

  std::string url_, owner_;
};

}  // namespace clearwell::testing
