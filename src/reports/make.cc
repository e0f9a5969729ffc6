#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/cure.h"
#include "base/file.h"
#include "batch/select.h"
#include "reports/reports.h"
#include "reports/sql.h"

namespace clearwell::reports {
namespace {

namespace fs = std::filesystem;

// A type that files and both warehouses have: sums of DuckDB are HUGEINT, for instance.
std::string as_stored(const duckdb::ColumnSchema& column) {
  const std::string name = duckdb::quote_name(column.name);
  if (column.type.id != duckdb::TypeId::Other) return name;
  const auto stored = duckdb::stored_type(column.type);
  const std::string type = !stored || stored->id == duckdb::TypeId::Text ? "VARCHAR"
                           : stored->id == duckdb::TypeId::Double        ? "DOUBLE PRECISION"
                                                                         : duckdb::to_sql(*stored);
  return "CAST(" + name + " AS " + type + ") AS " + name;
}

Result<duckdb::Rows> ask(warehouses::Warehouse& warehouse, const std::string& sql,
                         const Window& window) {
  const std::string select = batch::without_end(with_window(sql, window));
  CW_ASSIGN(const duckdb::Rows shape,
            warehouse.query("SELECT * FROM (" + select + "\n) AS report LIMIT 0"));
  std::string columns;
  bool plain = true;
  for (const duckdb::ColumnSchema& column : shape.schema) {
    const std::string stored = as_stored(column);
    plain = plain && stored == duckdb::quote_name(column.name);
    columns += (columns.empty() ? "" : ", ") + stored;
  }
  // As it is where it can be, so that its ORDER BY surely holds.
  if (plain) return warehouse.query(select);
  return warehouse.query("SELECT " + columns + " FROM (" + select + "\n) AS report");
}

Result<void> check_chart(const config::Report& report, const duckdb::Rows& rows) {
  std::vector<std::string> needed = report.chart.y;
  if (!report.chart.kind.empty()) needed.push_back(report.chart.x);
  for (const std::string& column : needed) {
    if (rows.find(column) >= 0) continue;
    return fatal(
        fmt::format("the chart of the report '{}' needs a column '{}', which its SQL does "
                    "not give",
                    report.name, column));
  }
  return {};
}

Error file_error(const std::string& what, const std::string& path, int error) {
  const std::string text = with_cure(fmt::format("{} {}: {}", what, path, errno_text(error)));
  const bool passes = error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE;
  return passes ? Error{ErrorKind::Retryable, text} : fatal(text);
}

Result<void> sync(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return file_error("cannot keep", path, errno);
  return {};
}

Result<void> rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return file_error("cannot write", to, errno);
}

// Written beside its place by DuckDB, synced, renamed.
class Writer {
 public:
  explicit Writer(std::string folder) : folder_(std::move(folder)) {}

  Result<void> write(const duckdb::Rows& rows, const std::string& name,
                     const std::vector<std::string>& formats, std::vector<MadeFile>& files) {
    duckdb::DatabaseOptions options;
    options.external_access = true;  // no SQL of a user's runs here
    CW_ASSIGN(auto database, duckdb::Database::open(options));
    CW_ASSIGN(auto connection, database.connect());
    CW_ASSIGN(auto relation, connection.add_relation("report", rows.schema));
    relation.set(&rows.chunks);
    for (const std::string& format : formats) {
      CW_TRY(write_one(connection, name + "." + format, format));
      files.push_back({name + "." + format, static_cast<int64_t>(rows.size())});
    }
    return {};
  }

 private:
  Result<void> write_one(duckdb::Connection& connection, const std::string& name,
                         const std::string& format) {
    const std::string path = folder_ + "/" + name;
    const std::string half = fmt::format("{}/.{}.{}", folder_, name, getpid());
    const char* options = format == "csv"    ? "FORMAT csv, HEADER true"
                          : format == "json" ? "FORMAT json, ARRAY true"
                                             : "FORMAT parquet, COMPRESSION zstd";
    auto copied = connection.execute(
        fmt::format("COPY report TO {} ({})", duckdb::quote_text(half), options));
    Result<void> done;
    if (!copied.ok()) done = std::move(copied).error().context("writing " + path);
    if (done.ok()) done = sync(half);
    if (done.ok()) done = rename(half, path);
    if (!done.ok()) ::unlink(half.c_str());
    return done;
  }

  std::string folder_;
};

// The link goes forward only: a report of an earlier window leaves it alone.
Result<void> link_latest(const std::string& folder, const std::string& window) {
  const std::string link = folder + "/latest";
  const std::string half = fmt::format("{}/.latest.{}", folder, getpid());
  std::error_code error;
  const std::string present = fs::read_symlink(link, error).string();
  if (!error && present >= window) return {};
  ::unlink(half.c_str());
  if (::symlink(window.c_str(), half.c_str()) != 0) return file_error("cannot make", half, errno);
  auto done = rename(half, link);
  if (!done.ok()) ::unlink(half.c_str());
  return done;
}

}  // namespace

Result<Made> make(warehouses::Warehouse& warehouse, const config::Report& report,
                  const Request& request) {
  CW_ASSIGN(const duckdb::Rows rows, ask(warehouse, report.sql, request.window));
  CW_TRY(check_chart(report, rows));
  duckdb::Rows details;
  if (request.details) {
    CW_ASSIGN(details, ask(warehouse, report.details, request.window));
  }
  const std::string folder = request.folder + "/" + report.name;
  const std::string window = "dt=" + to_iso8601(request.window.end);
  Made made{folder + "/" + window, {}};
  std::error_code error;
  fs::create_directories(made.folder, error);
  if (error) return file_error("cannot make the folder", made.folder, error.value());
  Writer writer(made.folder);
  CW_TRY(writer.write(rows, "report", request.formats, made.files));
  if (request.details) CW_TRY(writer.write(details, "details", request.formats, made.files));
  CW_TRY(sync(made.folder));
  CW_TRY(link_latest(folder, window));
  return made;
}

}  // namespace clearwell::reports
