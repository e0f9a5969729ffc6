#include "cli/session.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/cure.h"
#include "base/file.h"
#include "cli/text.h"
#include "sources/source.h"

namespace clearwell::cli {
namespace {

constexpr std::string_view duckdb_scheme = "duckdb:";
// The warehouse and its log, the engine, and some input at a time.
constexpr int needed_descriptors = 16;

std::string warehouse_name(const config::Project& project) {
  const std::string& url = project.warehouse;
  return url.starts_with(duckdb_scheme) ? url.substr(duckdb_scheme.size()) : url;
}

// The process that holds the file, from DuckDB's "… held in /usr/bin/x (PID 123)"; else "".
std::string holder(const std::string& message) {
  static constexpr std::string_view mark = "(PID ";
  const size_t found = message.find(mark);
  if (found == std::string::npos) return "";
  const size_t start = found + mark.size();
  return message.substr(start, message.find(')', start) - start);
}

Error in_use(const config::Project& project, const std::string& pid) {
  return config_error(fmt::format(
      "the warehouse {} is in use by process {} (clearwell run?); stop it, or ask again when it "
      "has ended",
      warehouse_name(project), pid));
}

}  // namespace

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void note(std::string_view line) {
  std::fflush(stdout);
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

ExitCode exit_code_of(const Error& error) {
  return error.kind == ErrorKind::Config ? ExitCode::Usage : ExitCode::Failed;
}

config::Faults sorted(const config::Faults& faults) {
  const auto place = [](const config::Fault& fault) {
    return std::tie(fault.mark.file, fault.mark.line, fault.mark.column, fault.code, fault.message);
  };
  std::vector<config::Fault> list = faults.list();
  std::stable_sort(list.begin(), list.end(),
                   [&place](const auto& a, const auto& b) { return place(a) < place(b); });
  const auto same = [&place](const auto& a, const auto& b) { return place(a) == place(b); };
  list.erase(std::unique(list.begin(), list.end(), same), list.end());
  config::Faults out;
  for (const config::Fault& fault : list) out.add(fault.mark, fault.code, fault.message);
  return out;
}

Error as_error(const config::Faults& faults, std::string_view what) {
  const config::Faults list = sorted(faults);
  std::string text = list.to_text();
  if (text.ends_with('\n')) text.pop_back();
  return config_error(
      fmt::format("{} {}:\n{}", what, counted(static_cast<int64_t>(list.size()), "fault"), text));
}

std::string counted(int64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

config::LoadedProject load_project(
    const Common& common, const std::map<std::string, std::map<std::string, std::string>>& params,
    const std::vector<std::string>& selected) {
  config::LoadOptions options;
  options.folder = common.folder;
  options.params = params;
  options.sources = sources::source_specs();
  options.selected = selected;
  config::LoadedProject loaded = config::load(options);
  if (!common.database.empty()) loaded.project.warehouse = common.database;
  return loaded;
}

Result<config::Project> load_sound(const Common& common) {
  config::LoadedProject loaded = load_project(common);
  if (loaded.faults.empty()) return std::move(loaded.project);
  return as_error(loaded.faults, "the project has");
}

Result<config::Project> load_for_reading(const Common& common) {
  config::LoadedProject loaded = load_project(common);
  if (loaded.project.warehouse.empty()) return load_sound(common);
  if (!loaded.faults.empty()) {
    note(fmt::format("note: the project has {}; see `clearwell check`",
                     counted(static_cast<int64_t>(sorted(loaded.faults).size()), "fault")));
  }
  return std::move(loaded.project);
}

bool is_embedded(const config::Project& project) {
  return project.warehouse.starts_with(duckdb_scheme);
}

bool warehouse_exists(const config::Project& project) {
  if (!is_embedded(project)) return true;
  const std::filesystem::path file =
      std::filesystem::path(project.folder) / warehouse_name(project);
  std::error_code ignored;
  return std::filesystem::exists(file, ignored) && std::filesystem::file_size(file, ignored) > 0;
}

Result<std::unique_ptr<warehouses::Warehouse>> open_warehouse(const config::Project& project,
                                                              warehouses::Access access) {
  // DuckDB ends the program when it runs out of them while it opens a database.
  if (const int error = spare_descriptors(needed_descriptors); error != 0) {
    return config_error(
        with_cure(fmt::format("there are not the {} files to open that a command "
                              "needs at least: {}",
                              needed_descriptors, errno_text(error))));
  }
  auto warehouse =
      warehouses::open({project.warehouse, project.folder, project.schema}, project.limits, access);
  if (warehouse.ok()) return warehouse;
  const std::string pid = holder(warehouse.error().message);
  if (warehouse.error().kind == ErrorKind::Retryable && !pid.empty()) return in_use(project, pid);
  return warehouse;
}

Result<std::unique_ptr<warehouses::Warehouse>> open_to_read(const config::Project& project) {
  if (!warehouse_exists(project)) {
    return fatal(fmt::format("the warehouse {} does not exist yet; `clearwell run` makes it",
                             warehouse_name(project)));
  }
  return open_warehouse(project, warehouses::Access::ReadOnly);
}

Result<Table> texts(warehouses::Warehouse& warehouse, const std::string& sql) {
  CW_ASSIGN(const duckdb::Rows rows, warehouse.query(sql));
  Table table;
  for (const auto& column : rows.schema) table.columns.push_back({column.name});
  for (const duckdb::Chunk& chunk : rows.chunks) {
    const size_t first = table.rows.size();
    table.rows.resize(first + chunk.rows(), std::vector<Table::Cell>(rows.schema.size()));
    for (size_t c = 0; c < rows.schema.size(); ++c) {
      const duckdb::Column column = chunk.column(c);
      for (size_t r = 0; r < chunk.rows(); ++r) {
        if (column.is_valid(r)) table.rows[first + r][c] = std::string(column.text(r));
      }
    }
  }
  return table;
}

std::string shortened(const std::string& path, const config::Project& project) {
  const std::string folder = project.folder + "/";
  return path.starts_with(folder) ? path.substr(folder.size()) : path;
}

}  // namespace clearwell::cli
