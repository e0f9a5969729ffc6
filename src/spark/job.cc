#include "spark/job.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "spark/compile.h"

namespace clearwell::spark {
namespace {

namespace fs = std::filesystem;

constexpr size_t kept_output = size_t{1} << 20;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_program(const fs::path& path) { return access(path.c_str(), X_OK) == 0; }

// bin/spark-sql of the first folder of PATH that has it, behind links.
std::string home_on_path() {
  std::istringstream folders(variable("PATH"));
  std::string folder;
  while (std::getline(folders, folder, ':')) {
    const fs::path program = fs::path(folder) / "spark-sql";
    std::error_code error;
    if (!is_program(program)) continue;
    const fs::path real = fs::canonical(program, error);
    if (!error) return real.parent_path().parent_path().string();
  }
  return "";
}

// Names of the jars of an installation that begin so.
std::vector<std::string> jars(const std::string& home, const std::string& prefix) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator at(home + "/jars", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".jar")) out.push_back(name);
  }
  return out;
}

// "3.5.9" of spark-core_2.12-3.5.9.jar.
std::string version_of(const std::string& home) {
  for (const std::string& jar : jars(home, "spark-core_")) {
    const size_t dash = jar.find('-', std::string("spark-core_").size());
    if (dash != std::string::npos) return jar.substr(dash + 1, jar.size() - dash - 5);
  }
  return "";
}

bool is_older(const std::string& version, const std::string& least) {
  const auto numbers = [](const std::string& text) {
    std::pair<int, int> out{0, 0};
    const auto major = std::from_chars(text.data(), text.data() + text.size(), out.first);
    if (major.ec == std::errc() && major.ptr != text.data() + text.size()) {
      std::from_chars(major.ptr + 1, text.data() + text.size(), out.second);
    }
    return out;
  };
  return numbers(version) < numbers(least);
}

}  // namespace

Result<Installation> find_installation(const config::Spark& settings, const std::string& folder) {
  Installation out;
  std::string where = "engine.spark.home";
  if (!settings.home.empty()) {
    out.home = path_in(folder, settings.home);
  } else if (!variable("SPARK_HOME").empty()) {
    out.home = variable("SPARK_HOME");
    where = "the environment variable SPARK_HOME";
  } else {
    out.home = home_on_path();
    where = "the PATH";
    if (out.home.empty()) {
      return config_error(
          "Spark is not found: there is no spark-sql on the PATH; set engine.spark.home or the "
          "environment variable SPARK_HOME to the folder of an Apache Spark " +
          std::string(least_version) + " or later");
    }
  }
  if (!is_program(fs::path(out.home) / "bin/spark-sql")) {
    return config_error("Spark is not found: " + where + " names " + out.home +
                        ", which has no program bin/spark-sql");
  }
  out.version = version_of(out.home);
  if (!out.version.empty() && is_older(out.version, least_version)) {
    return config_error("the Spark in " + out.home + " is " + out.version + ", but " +
                        least_version + " or later is needed");
  }
  return out;
}

Result<std::string> find_driver(const config::Spark& settings, const std::string& folder,
                                const Installation& installation) {
  if (settings.jdbc_driver.empty()) {
    if (!jars(installation.home, "postgresql-").empty()) return std::string();
    return config_error("Spark has no JDBC driver of PostgreSQL: put a postgresql-*.jar into " +
                        installation.home + "/jars, or name it as engine.spark.jdbc_driver");
  }
  const std::string path = path_in(folder, settings.jdbc_driver);
  if (access(path.c_str(), R_OK) == 0) return path;
  return config_error("engine.spark.jdbc_driver: " + path + " cannot be read");
}

namespace {

void add_settings(const config::Spark& settings, const std::string& folder,
                  std::vector<std::string>& arguments) {
  std::map<std::string, std::string> conf = {
      {"spark.sql.catalogImplementation", "in-memory"},
      {"spark.sql.warehouse.dir", folder + "/spark-warehouse"},
      {"spark.ui.showConsoleProgress", "false"},
      {"spark.speculation", "false"},
  };
  for (const auto& [name, value] : settings.conf) conf[name] = value;
  // Times without a zone are those of UTC in the driver of JDBC, too.
  for (const char* name : {"spark.driver.extraJavaOptions", "spark.executor.extraJavaOptions"}) {
    std::string& options = conf[name];
    if (!options.empty()) options.insert(0, " ");
    options.insert(0, "-Duser.timezone=UTC");
  }
  for (const auto& [name, value] : conf) {
    arguments.emplace_back("--conf");
    arguments.emplace_back(name).append("=").append(value);
  }
}

std::map<std::string, std::string> environment(const std::string& home) {
  std::map<std::string, std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string text = *at;
    const size_t equals = text.find('=');
    if (equals != std::string::npos) out[text.substr(0, equals)] = text.substr(equals + 1);
  }
  out["SPARK_HOME"] = home;
  return out;
}

// Spark tells each statement's end in a line "Time taken: …". The end of what it writes is kept.
class Output {
 public:
  Output(const Job& job, const std::string& path) : job_(job), log_(path, std::ios::binary) {}

  void take(std::string_view bytes) {
    log_ << bytes;
    kept_ += bytes;
    line_ += bytes;
    for (size_t end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
      if (line_.starts_with("Time taken: ")) ++done_;
      line_.erase(0, end + 1);
    }
    if (line_.size() > kept_output) line_.clear();
    if (kept_.size() > 2 * kept_output) kept_.erase(0, kept_.size() - kept_output);
    if (job_.progress) job_.progress(std::min(done_, job_.statements), job_.statements);
  }
  const std::string& kept() const { return kept_; }

 private:
  const Job& job_;
  std::ofstream log_;
  std::string kept_, line_;
  size_t done_ = 0;
};

// Only its owner may read it.
Result<void> write_script(const std::string& path, const std::string& script) {
  std::error_code error;
  std::ofstream(path).close();
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, error);
  if (error) return fatal("cannot write " + path + ": " + error.message());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << script;
  out.close();
  if (!out) return fatal("cannot write " + path);
  return {};
}

}  // namespace

std::string cause_in(const std::string& output) {
  static constexpr const char* signs[] = {
      "Caused by: ", "Error in query: ", "Exception: ", "Exception in thread", "Error: ",
      "[",           "JAVA_HOME"};
  std::istringstream lines(output);
  std::map<std::string, std::string> found;
  std::string line, last;
  while (std::getline(lines, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.starts_with("\tat ")) continue;
    last = line;
    for (const char* sign : signs) {
      const std::string text = sign;
      const bool here = text == "[" ? line.starts_with(text) : line.find(text) != std::string::npos;
      if (!here) continue;
      // Of several causes the last is the innermost.
      if (text == "Caused by: " || !found.contains(text)) found[text] = line;
    }
  }
  for (const char* sign : signs) {
    const auto at = found.find(sign);
    if (at == found.end()) continue;
    const size_t begin = at->second.find("Caused by: ");
    return begin == std::string::npos ? at->second : at->second.substr(begin + 11);
  }
  return last.empty() ? "it wrote nothing" : last;
}

Result<void> run_job(const config::Spark& settings, const Installation& installation,
                     const Job& job) {
  const std::string path = job.folder + "/script.sql", log = job.folder + "/spark.log";
  CW_TRY(write_script(path, job.script));
  ChildCommand command;
  command.arguments = {installation.home + "/bin/spark-sql", "--master", settings.master, "--name",
                       job.name};
  if (!job.driver.empty()) {
    command.arguments.insert(command.arguments.end(), {"--jars", job.driver});
  }
  add_settings(settings, job.folder, command.arguments);
  command.arguments.insert(command.arguments.end(), {"-f", path});
  command.folder = job.folder;
  command.environment = environment(installation.home);
  command.limit = std::chrono::duration_cast<std::chrono::seconds>(settings.time_limit);
  command.stop = job.stop;
  Output output(job, log);
  command.output = [&output](std::string_view bytes) { output.take(bytes); };
  auto end = run_child(command);
  std::error_code ignored;
  fs::remove(path, ignored);
  if (!end.ok()) return std::move(end).error();
  if (end->stopped) return Error{ErrorKind::Stopped, "Spark was stopped"};
  if (end->timed_out) {
    return fatal("Spark took longer than engine.spark.time_limit and was ended; its output is in " +
                 log);
  }
  if (end->exit == 0) return {};
  return fatal("Spark failed: " + cause_in(output.kept()) + " (all of its output is in " + log +
               ")");
}

}  // namespace clearwell::spark
