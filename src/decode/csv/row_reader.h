// Reads one row of CSV into one row of the bound plan.
//
// Values are texts: they are cleaned, read and judged as the texts of a JSON record are, and
// numbers and booleans from their digits and words. What stands for null (CsvFormat::nulls, not
// quoted) is the field's default, or NULL. A field without a column is absent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/csv.h"
#include "batch/reason.h"
#include "config/contract.h"
#include "decode/plan.h"

namespace clearwell::decode::csv {

class RowReader {
 public:
  // REQUIRES: the kind has no lists, objects and json values.
  RowReader(const config::Kind& kind, Plan& plan, batch::CsvFormat format);

  // Writes row `row` of every column, or none: a returned csv.* reason means that the row has to be
  // dropped (Plan::drop_record), and reasons() says nothing.
  //   csv.utf8            bytes that are not UTF-8
  //   csv.unclosed_quote  a quoted value does not end
  //   csv.quote           something follows a closing quote
  //   csv.header          the names of the columns once more
  //   csv.columns         more or fewer values than columns
  std::optional<batch::Reason> read(std::string_view payload, uint64_t row);

  // As those of json::RecordReader.
  const std::vector<uint32_t>& absent() const { return absent_; }
  std::vector<batch::Reason>& reasons() { return reasons_; }
  size_t more_reasons() const { return more_reasons_; }

 private:
  static constexpr size_t kept = 32;

  std::optional<batch::Reason> split(std::string_view payload);
  bool repeats_header();
  batch::Reason wrong_count(std::string_view payload) const;
  bool is_null(const batch::CsvValue& value) const;
  void value(Node& node, uint64_t row, const batch::CsvValue& value);
  void null(Node& node, uint64_t row, std::string_view written);
  void absent_field(Node& node, uint64_t row);
  void unknown(const std::string& name, const batch::CsvValue& value);
  void report(const Node& node, batch::ValueFault fault, std::string_view found);
  void add(const char* code, std::string path, std::string_view value, std::string message);

  Plan& plan_;
  batch::CsvFormat format_;
  std::vector<Node*> nodes_;    // of each column; none: an unknown field
  std::vector<Node*> missing_;  // fields without a column
  bool notes_absent_;
  std::vector<batch::CsvValue> values_;
  std::string unquoted_, cleaned_;
  std::string extra_;  // members of _extra so far
  std::vector<uint32_t> absent_;
  std::vector<batch::Reason> reasons_;
  size_t more_reasons_ = 0;
};

}  // namespace clearwell::decode::csv
