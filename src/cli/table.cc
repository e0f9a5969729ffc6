#include "cli/table.h"

#include <algorithm>

#include "cli/text.h"

namespace clearwell::cli {
namespace {

using Line = std::vector<std::string>;

void append_line(std::string& out, const Table& table, const Line& cells,
                 const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string gap(widths[i] - display_width(cells[i]), ' ');
    if (i > 0) line += "  ";
    line += table.columns[i].kind == Table::Kind::Number ? gap + cells[i] : cells[i] + gap;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

std::string as_text(const Table& table) {
  std::vector<Line> lines(1);
  for (const auto& column : table.columns) lines[0].push_back(printable_text(column.name, false));
  for (const auto& row : table.rows) {
    Line& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(cell ? printable_text(*cell, false) : "NULL");
  }
  std::vector<size_t> widths(table.columns.size(), 0);
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(line[i]));
    }
  }
  std::string out;
  for (const Line& line : lines) append_line(out, table, line, widths);
  return out;
}

std::string as_csv(const Table& table) {
  std::string out;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    out += (i > 0 ? "," : "") + csv_field(table.columns[i].name);
  }
  out += "\n";
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      if (row[i]) out += csv_field(*row[i]);
    }
    out += "\n";
  }
  return out;
}

std::string json_value(const Table::Cell& cell, Table::Kind kind) {
  if (!cell) return "null";
  if (kind == Table::Kind::Json) return *cell;
  if (kind == Table::Kind::Number && is_json_number(*cell)) return *cell;
  return json_text(*cell);
}

std::string as_json(const Table& table) {
  std::vector<std::string> rows;
  for (const auto& row : table.rows) {
    JsonObject object;
    for (size_t i = 0; i < row.size(); ++i) {
      object.raw(table.columns[i].name, json_value(row[i], table.columns[i].kind));
    }
    rows.push_back(object.str());
  }
  return json_array(rows, true) + "\n";
}

}  // namespace

std::string render(const Table& table, Output output) {
  switch (output) {
    case Output::Json:
      return as_json(table);
    case Output::Csv:
      return as_csv(table);
    case Output::Table:
      break;
  }
  return as_text(table);
}

}  // namespace clearwell::cli
