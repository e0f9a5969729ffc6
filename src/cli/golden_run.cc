#include "cli/golden_run.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "cli/golden.h"
#include "cli/process.h"

namespace clearwell::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* default_clock = "2024-01-01T00:00:00Z";

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || !text) return fatal(fmt::format("cannot read {}", path.string()));
  return std::move(text).str();
}

Result<void> write_file(const fs::path& path, const std::string& content, bool append) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  std::ofstream file(path, std::ios::binary | (append ? std::ios::app : std::ios::trunc));
  file << content;
  file.close();
  if (!file) return fatal(fmt::format("cannot write {}", path.string()));
  return {};
}

// Exists while the object does: root/bin/clearwell (this program), root/tmp, and the folder in
// which commands run.
class Scratch {
 public:
  static Result<Scratch> make() {
    std::error_code failed;
    std::string name =
        (fs::canonical(fs::temp_directory_path(failed), failed) / "clearwell-XXXXXX");
    if (failed || mkdtemp(name.data()) == nullptr) {
      return fatal("cannot make a scratch folder in TMPDIR");
    }
    Scratch scratch(name);
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    fs::create_directories(scratch.root_ / "bin", failed);
    fs::create_directories(scratch.root_ / "tmp", failed);
    fs::create_directories(scratch.folder(), failed);
    fs::create_symlink(program, scratch.root_ / "bin" / "clearwell", failed);
    if (failed) return fatal("cannot fill a scratch folder: " + failed.message());
    return scratch;
  }

  Scratch(Scratch&& other) noexcept : root_(std::exchange(other.root_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (!root_.empty()) fs::remove_all(root_, ignored);
  }

  const fs::path& root() const { return root_; }
  // Always of the same length, whatever TMPDIR is: it is replaced by $DIR in outputs, whose columns
  // are as wide as the path was.
  fs::path folder() const {
    static constexpr size_t length = 80;
    std::string path = root_ / "project";
    if (path.size() < length) path.append(length - path.size(), '_');
    return path;
  }

 private:
  explicit Scratch(fs::path root) : root_(std::move(root)) {}
  fs::path root_;
};

std::string replace_all(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), with);
    at += with.size();
  }
  return text;
}

// One run of a scenario's steps, in order.
class Run {
 public:
  Run(fs::path test, const Scratch& scratch, std::optional<int64_t> batch_rows)
      : test_(std::move(test)), scratch_(scratch), folder_(scratch.folder()) {
    // Of the tester's own environment only what programs need to start, so that results do not
    // depend on it.
    static constexpr std::array kept = {"HOME",         "LD_LIBRARY_PATH", "ASAN_OPTIONS",
                                        "LSAN_OPTIONS", "UBSAN_OPTIONS",   "TSAN_OPTIONS"};
    for (const char* name : kept) {
      if (const char* value = getenv(name)) environment_[name] = value;
    }
    const char* path = getenv("PATH");
    environment_["PATH"] =
        (scratch.root() / "bin").string() + ":" + (path == nullptr ? "/usr/bin:/bin" : path);
    environment_["TMPDIR"] = scratch.root() / "tmp";
    environment_["LC_ALL"] = "C.UTF-8";
    if (batch_rows) environment_["CLEARWELL_BATCH_ROWS"] = std::to_string(*batch_rows);
    set_clock(default_clock);
  }

  Result<std::vector<Outcome>> steps(const Scenario& scenario) {
    for (const Step& step : scenario.steps) {
      auto done = one(step);
      if (!done.ok()) return std::move(done).error().context(fmt::format("line {}", step.line));
    }
    return std::move(outcomes_);
  }

 private:
  fs::path in_folder(const std::string& path) const { return folder_ / path; }

  void set_clock(const std::string& time) {
    clock_ = time == "real" ? "" : time;
    environment_.erase("CLEARWELL_CLOCK");
    if (!clock_.empty()) environment_["CLEARWELL_CLOCK"] = clock_;
  }

  Result<void> one(const Step& step) {
    switch (step.kind) {
      case Step::Kind::Env:
        return set_variable(step.argument);
      case Step::Kind::Clock:
        set_clock(step.argument);
        return {};
      case Step::Kind::Project:
        return copy_project(step.argument);
      case Step::Kind::Delete:
        return remove(step.argument);
      case Step::Kind::Folder:
        return make_folder(step.argument);
      case Step::Kind::Mtime:
        return mtime_directive(step.argument);
      case Step::Kind::File:
      case Step::Kind::Bytes:
        return write(step, false);
      case Step::Kind::Append:
        return write(step, true);
      case Step::Kind::Command:
        return command(step);
    }
    return {};
  }

  Result<void> set_variable(const std::string& assignment) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos) return config_error("env NAME=value");
    environment_[assignment.substr(0, equals)] =
        replace_all(assignment.substr(equals + 1), "$DIR", folder_.string());
    return {};
  }

  Result<void> copy_project(const std::string& from) {
    const fs::path source = test_.parent_path() / from;
    std::error_code failed;
    fs::copy_file(source / "clearwell.yaml", in_folder("clearwell.yaml"), failed);
    if (failed) return config_error(fmt::format("no project in {}", source.string()));
    for (const char* folder : {"pipelines", "models", "reports", "schedules"}) {
      if (!fs::exists(source / folder)) continue;
      fs::copy(source / folder, in_folder(folder), fs::copy_options::recursive, failed);
      if (failed) return fatal(fmt::format("cannot copy {}: {}", folder, failed.message()));
    }
    return {};
  }

  Result<void> remove(const std::string& path) {
    std::error_code failed;
    if (fs::remove_all(in_folder(path), failed) == 0 || failed) {
      return config_error(fmt::format("there is no {} to delete", path));
    }
    return {};
  }

  Result<void> make_folder(const std::string& path) {
    std::error_code failed;
    fs::create_directories(in_folder(path), failed);
    if (failed) return fatal(failed.message());
    return {};
  }

  Result<void> write(const Step& step, bool append) {
    CW_TRY(write_file(in_folder(step.argument), step.content, append));
    if (clock_.empty()) return {};
    return set_mtime(step.argument, clock_);
  }

  Result<void> mtime_directive(const std::string& argument) {
    const size_t blank = argument.rfind(' ');
    if (blank == std::string::npos) return config_error("mtime PATH 2024-01-01T00:00:00Z");
    return set_mtime(argument.substr(0, argument.find_last_not_of(' ', blank) + 1),
                     argument.substr(blank + 1));
  }

  Result<void> set_mtime(const std::string& path, const std::string& time) {
    std::tm parts{};
    const char* rest = strptime(time.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (rest == nullptr || *rest != '\0') {
      return config_error(fmt::format("'{}' is no time like {}", time, default_clock));
    }
    const timespec stamp{timegm(&parts), 0};
    const std::array<timespec, 2> both = {stamp, stamp};
    if (utimensat(AT_FDCWD, in_folder(path).c_str(), both.data(), 0) != 0) {
      return config_error(fmt::format("{}: {}", path, std::strerror(errno)));
    }
    return {};
  }

  Result<void> command(const Step& step) {
    CW_ASSIGN(ShellResult result, run_shell({step.argument, folder_, environment_}));
    std::string output = replace_all(std::move(result.output), folder_.string(), "$DIR");
    output = replace_all(std::move(output), scratch_.root().string(), "$ROOT");
    if (!output.empty() && output.back() != '\n') output += '\n';
    if (result.timed_out) output += "[killed: it did not end in time]\n";
    outcomes_.push_back({std::move(output), result.exit});
    return {};
  }

  fs::path test_;
  const Scratch& scratch_;
  fs::path folder_;
  std::string clock_;
  std::map<std::string, std::string> environment_;
  std::vector<Outcome> outcomes_;
};

struct Variant {
  const char* name;  // for people
  std::optional<int64_t> batch_rows;
};

Result<std::vector<Outcome>> run_variant(const std::string& path, const Scenario& scenario,
                                         const Variant& variant) {
  CW_ASSIGN(const Scratch scratch, Scratch::make());
  return Run(path, scratch, variant.batch_rows).steps(scenario);
}

std::string shown(const Outcome& outcome) {
  return outcome.output + (outcome.exit == 0 ? "" : fmt::format("[exit {}]\n", outcome.exit));
}

// The first command whose outcome is not as expected; "" if there is none.
std::string compare(const std::string& path, const Scenario& scenario,
                    const std::vector<Outcome>& expected, const std::vector<Outcome>& actual,
                    const std::string& variant) {
  size_t command = 0;
  for (const Step& step : scenario.steps) {
    if (step.kind != Step::Kind::Command) continue;
    const size_t i = command++;
    if (expected[i] == actual[i]) continue;
    return fmt::format("{}:{}: $ {}{}\n{}", path, step.line, step.argument, variant,
                       difference(shown(expected[i]), shown(actual[i])));
  }
  return "";
}

std::vector<Outcome> expected_outcomes(const Scenario& scenario) {
  std::vector<Outcome> out;
  for (const Step& step : scenario.steps) {
    if (step.kind == Step::Kind::Command) out.push_back({step.content, step.exit});
  }
  return out;
}

Result<GoldenResult> judge(const std::string& path, bool update) {
  CW_ASSIGN(const std::string text, read_file(path));
  CW_ASSIGN(const Scenario scenario, parse_scenario(text));
  static constexpr std::array any = {Variant{" (batches of 1)", 1}, Variant{" (batches of 7)", 7},
                                     Variant{" (one batch)", 1000000}};
  static constexpr std::array fixed = {Variant{"", std::nullopt}};
  const std::span<const Variant> variants =
      scenario.any_batches ? std::span<const Variant>(any) : std::span<const Variant>(fixed);
  std::vector<Outcome> reference = expected_outcomes(scenario);
  GoldenResult result;
  for (const Variant& variant : variants) {
    CW_ASSIGN(std::vector<Outcome> actual, run_variant(path, scenario, variant));
    // When updating, the first run is what the others must equal.
    if (update && &variant == &variants.front()) reference = actual;
    result.report = compare(path, scenario, reference, actual, variant.name);
    if (!result.report.empty()) return result;
  }
  result.passed = true;
  const std::string now = update ? rewrite(text, scenario, reference) : text;
  if (now != text) {
    CW_TRY(write_file(path, now, false));
    result.updated = true;
  }
  return result;
}

}  // namespace

GoldenResult run_golden_file(const std::string& path, bool update) {
  auto result = judge(path, update);
  if (result.ok()) return std::move(result).value();
  return {.passed = false, .updated = false, .report = path + ": " + result.error().message + "\n"};
}

}  // namespace clearwell::cli
