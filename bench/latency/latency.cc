// latency PROJECT BLOB FILES: how long a new file takes until its row can be queried, while nothing
// else comes. The engine follows the project's folders on a thread of its own, as in `clearwell
// run`; this thread renames one purchase at a time into BLOB/purchases and asks, once a
// millisecond, on a connection of its own of the same process, whether its row is there. (Another
// process cannot read the file of a DuckDB warehouse that is being written.) Prints milliseconds
// from just before the rename to the answer, a JSON list. Users and articles must be loaded
// already; BLOB/template.json is a purchase whose id is replaced.
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "cli/session.h"
#include "engine/engine.h"

namespace clearwell {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr auto settling = 1500ms;  // after the start, until nothing is to be done any more
constexpr auto pause = 60ms;       // idle between two files
constexpr auto patience = 10s;

struct Folder {
  std::string blob, purchase;

  // A new purchase appears, whole. The id is the only place of "{id}" in the template.
  Result<void> drop(const std::string& id) const {
    std::string text = purchase;
    text.replace(text.find("{id}"), 4, id);
    const std::string part = blob + "/" + id + ".part";
    std::FILE* file = std::fopen(part.c_str(), "w");
    if (file == nullptr) return fatal("cannot write " + part);
    std::fwrite(text.data(), 1, text.size(), file);
    if (std::fclose(file) != 0) return fatal("cannot write " + part);
    std::filesystem::rename(part, blob + "/purchases/" + id + ".json");
    return {};
  }
};

Result<Milliseconds> until_queryable(warehouses::Warehouse& warehouse, const std::string& id,
                                     std::chrono::steady_clock::time_point since) {
  const std::string sql = "SELECT 1 FROM purchases WHERE purchase_id = '" + id + "'";
  for (;;) {
    CW_ASSIGN(const duckdb::Rows rows, warehouse.query(sql));
    const auto time = std::chrono::steady_clock::now();
    if (rows.size() == 1) return Milliseconds(time - since);
    if (time - since > patience) return fatal("the row of " + id + " did not come");
    std::this_thread::sleep_for(1ms);
  }
}

Result<std::string> measure(warehouses::Warehouse& warehouse, const Folder& folder, int files) {
  std::string out;
  for (int i = 0; i < files; ++i) {
    std::this_thread::sleep_for(i == 0 ? std::chrono::milliseconds(settling) : pause);
    const std::string id = fmt::format("5eed0000-0000-4000-8000-{:012x}", i);
    const auto since = std::chrono::steady_clock::now();
    CW_TRY(folder.drop(id));
    CW_ASSIGN(const Milliseconds took, until_queryable(warehouse, id, since));
    out += fmt::format("{}{:.3f}", out.empty() ? "" : ", ", took.count());
  }
  return "[" + out + "]";
}

Result<std::string> run(const char* project_folder, const char* blob, int files) {
  cli::Common common;
  common.folder = project_folder;
  CW_ASSIGN(const config::Project project, cli::load_sound(common));
  CW_ASSIGN(auto warehouse, cli::open_warehouse(project, warehouses::Access::Write));
  CW_ASSIGN(const std::string purchase, read_file(std::string(blob) + "/template.json"));
  if (purchase.find("{id}") == std::string::npos) return fatal("template.json has no {id}");
  std::atomic<bool> stop{false};
  engine::RunOptions options;
  options.stop = &stop;
  Result<void> ran;
  std::thread engine([&] {
    auto report = engine::run(project, *warehouse, options);
    if (!report.ok()) ran = report.error();
  });
  auto figures = measure(*warehouse, {blob, purchase}, files);
  stop = true;
  engine.join();
  CW_TRY(ran);
  return figures;
}

}  // namespace
}  // namespace clearwell

int main(int argc, char** argv) {
  int files = 0;
  if (argc == 4) std::from_chars(argv[3], argv[3] + std::strlen(argv[3]), files);
  if (files < 1) {
    std::fputs("usage: latency PROJECT BLOB FILES\n", stderr);
    return 2;
  }
  const auto figures = clearwell::run(argv[1], argv[2], files);
  if (!figures.ok()) {
    std::fprintf(stderr, "latency: %s\n", figures.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", figures.value().c_str());
  return 0;
}
