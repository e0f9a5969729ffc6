// Lines of CSV as Spark's SQL: the rows that they are and the texts of their columns, with the
// faults that decode/csv/row_reader.h finds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "batch/csv.h"
#include "spark/fields.h"

namespace clearwell::spark {

struct CsvInput {
  std::string path;  // absolute; a file or a pattern
  batch::CsvFormat format;
  int64_t record_bytes = 0;
};

// Statements that make a view `name` with _payload (bytes of the row), _fault (a reason code or
// NULL) and the text of each field, cleaned, in a column text_column(i): NULL where it has none.
// `name` with a suffix is used for views on the way.
std::vector<std::string> csv_views(const std::string& name, const CsvInput& input,
                                   const std::vector<FieldSql>& fields);
std::string text_column(size_t field);

}  // namespace clearwell::spark
