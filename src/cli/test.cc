// clearwell test: golden files found, run side by side, reported in their order.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "cli/golden_run.h"
#include "cli/session.h"

namespace clearwell::cli {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// The file itself, or every *.test below the folder, hidden folders left out.
Result<void> find_tests(const std::string& path, std::vector<std::string>& found) {
  std::error_code failed;
  if (fs::is_regular_file(path, failed)) {
    found.push_back(path);
    return {};
  }
  if (!fs::is_directory(path, failed)) {
    return config_error(fmt::format("there is no file or folder {}", path));
  }
  fs::recursive_directory_iterator entry(path, failed), end;
  for (; !failed && entry != end; entry.increment(failed)) {
    std::error_code gone;  // a file that vanished meanwhile is no test
    if (entry->is_directory(gone) && is_hidden(entry->path())) entry.disable_recursion_pending();
    if (entry->is_regular_file(gone) && entry->path().extension() == ".test") {
      found.push_back(entry->path().lexically_normal());
    }
  }
  if (failed) return fatal(fmt::format("cannot search {}: {}", path, failed.message()));
  return {};
}

Result<std::vector<std::string>> all_tests(const Common& common, const TestArguments& arguments) {
  std::vector<std::string> paths = arguments.paths, found;
  if (paths.empty()) paths.push_back(fs::path(common.folder) / "tests");
  for (const std::string& path : paths) CW_TRY(find_tests(path, found));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// Runs the tests on some threads; wait(i) gives results in any order that is asked for.
class Runner {
 public:
  Runner(const std::vector<std::string>& paths, const TestArguments& arguments)
      : paths_(paths), update_(arguments.update), results_(paths.size()) {
    const size_t jobs = std::min(paths.size(), static_cast<size_t>(arguments.jobs));
    for (size_t i = 0; i < jobs; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Runner() {
    for (std::thread& thread : threads_) thread.join();
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  GoldenResult wait(size_t index) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this, index] { return results_[index].has_value(); });
    return std::move(*results_[index]);
  }

 private:
  void work() {
    for (size_t i = next_++; i < paths_.size(); i = next_++) {
      GoldenResult result = run_golden_file(paths_[i], update_);
      const std::lock_guard lock(mutex_);
      results_[i] = std::move(result);
      done_.notify_all();
    }
  }

  const std::vector<std::string>& paths_;
  const bool update_;
  std::vector<std::optional<GoldenResult>> results_;
  std::atomic<size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable done_;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<ExitCode> test(const Common& common, const TestArguments& arguments) {
  CW_ASSIGN(const std::vector<std::string> paths, all_tests(common, arguments));
  if (paths.empty()) note("note: no *.test files were found");
  Runner runner(paths, arguments);
  int64_t passed = 0, failed = 0;
  for (size_t i = 0; i < paths.size(); ++i) {
    const GoldenResult result = runner.wait(i);
    ++(result.passed ? passed : failed);
    const char* verdict = result.updated ? "new " : result.passed ? "ok  " : "FAIL";
    print(fmt::format("{} {}\n{}", verdict, paths[i], result.report));
    std::fflush(stdout);
  }
  print(fmt::format("{} passed, {} failed\n", passed, failed));
  return failed == 0 ? ExitCode::Done : ExitCode::Failed;
}

}  // namespace clearwell::cli
