// Rows to be printed, and the three forms in which every command prints them.
//   table  a header line and one line a row, columns two blanks apart, numbers to the right; fit
//          for a terminal (control characters are escaped) and the same when piped
//   csv    RFC 4180 with a header; NULL is an empty field, an empty text is ""
//   json   an array with one object a row; NULL is null
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace clearwell::cli {

enum class Output { Table, Json, Csv };

struct Table {
  enum class Kind {
    Text,
    Number,  // as JSON writes numbers; texts such as "inf" become JSON strings
    Json,    // JSON already: nested values, true and false
  };
  struct Column {
    std::string name;
    Kind kind = Kind::Text;
  };
  using Cell = std::optional<std::string>;  // nothing: NULL

  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as columns
};

// Ends with a newline.
std::string render(const Table& table, Output output);

}  // namespace clearwell::cli
