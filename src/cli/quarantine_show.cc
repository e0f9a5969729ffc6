// clearwell quarantine show and export: all that is known of a record, and its exact bytes.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/quarantine.h"
#include "cli/session.h"
#include "cli/text.h"

namespace clearwell::cli {
namespace {

using Row = std::vector<Table::Cell>;

// In the order of export; Payload is last and comes as bytes.
enum Field : size_t {
  Id,
  Pipeline,
  Kind,
  Entry,
  State,
  Source,
  Partition,
  Offset,
  Line,
  Arrived,
  QuarantinedAt,
  Attempts,
  Contract,
  Reasons,
  Payload
};

// As to_iso8601 writes it: without a fraction that is zero.
std::string instant(const std::string& column) {
  return "replace(regexp_replace(" + column + "::VARCHAR, '[+]00$', 'Z'), ' ', 'T')";
}

std::string fields_sql() {
  return "SELECT id::VARCHAR, pipeline, kind, entry, state, source, partition, "
         "\"offset\"::VARCHAR, line::VARCHAR, " +
         instant("arrived") + ", " + instant("quarantined_at") +
         ", attempts::VARCHAR, contract_version, reasons::VARCHAR, payload "
         "FROM clearwell.quarantine";
}

const std::string& field(const Row& row, Field which) {
  static const std::string none;
  return row[which] ? *row[which] : none;
}

std::string to_json(const Row& row) {
  JsonObject object;
  object.raw("id", field(row, Id))
      .text("pipeline", field(row, Pipeline))
      .text("kind", field(row, Kind))
      .text("entry", field(row, Entry))
      .text("state", field(row, State))
      .text("source", field(row, Source))
      .text("partition", field(row, Partition))
      .raw("offset", field(row, Offset))
      .raw("line", field(row, Line))
      .text("arrived", field(row, Arrived))
      .text("quarantined_at", field(row, QuarantinedAt))
      .raw("attempts", field(row, Attempts))
      .text("contract_version", field(row, Contract))
      .raw("reasons", field(row, Reasons));
  const std::string& payload = field(row, Payload);
  if (is_utf8(payload)) {
    object.text("payload", payload);
  } else {
    object.text("payload_base64", base64(payload));
  }
  return object.str();
}

void print_member(std::string_view name, std::string_view value) {
  print(fmt::format("{:<12}{}\n", name, printable_text(value, false)));
}

// The reasons, as JSON, one in a row.
Table reasons_of(const std::string& json) {
  Table table;
  for (const char* name : {"code", "path", "value", "message"}) table.columns.push_back({name});
  for (const auto& reason : nlohmann::json::parse(json, nullptr, false)) {
    auto& row = table.rows.emplace_back();
    for (const auto& column : table.columns) {
      const auto found = reason.find(column.name);
      if (found == reason.end() || found->is_null()) {
        row.emplace_back();
      } else {
        row.emplace_back(found->is_string() ? found->get<std::string>() : found->dump());
      }
    }
  }
  return table;
}

void print_text(const Row& row, const config::Project& project) {
  print_member("id", field(row, Id));
  print_member("pipeline", field(row, Pipeline));
  if (field(row, Kind) != field(row, Pipeline)) print_member("kind", field(row, Kind));
  print_member("entry", field(row, Entry));
  print_member("state", field(row, State));
  print_member("source", field(row, Source));
  print_member("partition", shortened(field(row, Partition), project));
  if (field(row, Line) != "0") print_member("line", field(row, Line));
  print_member("offset", field(row, Offset));
  print_member("arrived", field(row, Arrived));
  print_member("quarantined", field(row, QuarantinedAt));
  print_member("attempts", field(row, Attempts));
  print_member("contract", field(row, Contract));
  const Table reasons = reasons_of(field(row, Reasons));
  print("\n" + render(reasons, Output::Table));
  const std::string& payload = field(row, Payload);
  const bool text = is_utf8(payload);
  print(fmt::format("\npayload, {} bytes{}\n", payload.size(), text ? "" : " (not UTF-8)"));
  print(text ? printable_text(payload, true) : hex_dump(payload));
  if (text && !payload.ends_with('\n')) print("\n");
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Error file_error(const std::string& path) {
  return fatal(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

// Writes the matching records in the order of their ids; returns how many.
Result<int64_t> write_lines(warehouses::Warehouse& warehouse, const std::string& condition,
                            std::FILE* file) {
  // Payloads may be 10 MB each: a page at a time bounds memory.
  static constexpr size_t page = 50;
  int64_t written = 0;
  std::string last = "-1";
  for (;;) {
    CW_ASSIGN(const Table rows,
              texts(warehouse, fmt::format("{}{} AND id > {} ORDER BY quarantine.id LIMIT {}",
                                           fields_sql(), condition, last, page)));
    for (const Row& row : rows.rows) {
      const std::string line = to_json(row) + "\n";
      if (std::fwrite(line.data(), 1, line.size(), file) != line.size()) return file_error("");
      last = field(row, Id);
    }
    written += static_cast<int64_t>(rows.rows.size());
    if (rows.rows.size() < page) return written;
  }
}

}  // namespace

Result<ExitCode> quarantine_show(const Common& common, int64_t id) {
  CW_ASSIGN(const config::Project project, load_for_reading(common));
  CW_ASSIGN(auto warehouse, open_to_read(project));
  CW_ASSIGN(const Table rows, texts(*warehouse, fmt::format("{} WHERE id = {}", fields_sql(), id)));
  if (rows.rows.empty()) {
    return config_error(fmt::format("there is no record {} in quarantine", id));
  }
  if (common.output == Output::Table) {
    print_text(rows.rows.front(), project);
  } else {
    print(to_json(rows.rows.front()) + "\n");
  }
  return ExitCode::Done;
}

Result<ExitCode> quarantine_export(const Common& common, const ExportArguments& arguments) {
  CW_ASSIGN(const std::string condition, where(arguments.filter));
  CW_ASSIGN(const config::Project project, load_for_reading(common));
  CW_ASSIGN(auto warehouse, open_to_read(project));
  const bool to_file = !arguments.to.empty();
  const File file(to_file ? std::fopen(arguments.to.c_str(), "wb") : stdout);
  if (!file) return file_error(arguments.to);
  CW_ASSIGN(const int64_t written, write_lines(*warehouse, condition, file.get()));
  if (std::fflush(file.get()) != 0) return file_error(arguments.to);
  if (to_file) note(fmt::format("{} written to {}", counted(written, "record"), arguments.to));
  return ExitCode::Done;
}

}  // namespace clearwell::cli
