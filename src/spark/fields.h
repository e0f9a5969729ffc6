// A field of a contract as Spark's SQL: which texts are values of its type, what they are, and
// which rules they break. The same verdicts as batch/values.h and validate/rules.h give.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/contract.h"
#include "config/fault.h"

namespace clearwell::spark {

// Reason of a value that Clearwell has to judge itself, since Spark reads such a text otherwise
// (1.5e2 as a decimal): the record is handed back as rejected, and if Clearwell accepts it, the run
// ends and says so.
inline constexpr const char* undecided = "spark.undecided";

struct FieldSql {
  std::string name;
  // Of a column `raw`, the text between delimiters or quotes: the text cleaned.
  std::string cleaned(const std::string& raw) const;
  // Of a column `text` that is not NULL: its reason code if it is no value, else NULL.
  std::string fault;
  std::string value;                // the text as a value, where there is no fault
  std::string fallback;             // the default as a value; empty if there is none
  std::vector<std::string> broken;  // of a column `value`: each gives a reason code or NULL
  bool nullable = false;
  bool empty_is_null = false;

  const config::Field* field = nullptr;
};

// `text` and `value` are the names of the columns that the expressions read. Faults name what
// cannot be compiled.
FieldSql field_sql(const config::Field& field, const std::string& text, const std::string& value,
                   config::Faults& faults);

}  // namespace clearwell::spark
