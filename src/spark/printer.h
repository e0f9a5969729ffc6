// The printer behind sql_printer.h: one for each text, used once. queries.cc prints SELECTs and
// their FROM, expressions.cc values, calls.cc functions,
// aggregates.cc aggregates and windows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "drivers/duckdb/connection.h"

namespace clearwell::spark {

using Json = nlohmann::json;

// Values that can be compared with each other, and which arithmetic they allow.
enum class Family { Integer, Decimal, Double, Text, Date, Time, Boolean, Uuid, Null, Other };
Family family(const duckdb::Type& type);
inline bool is_exact(Family family) {
  return family == Family::Integer || family == Family::Decimal;
}
inline bool is_number(Family family) { return is_exact(family) || family == Family::Double; }

// A text of a node, "" if it has none; and as the tree has it.
std::string word(const Json& node, const char* key);
std::string lower_word(const Json& node, const char* key);
// The constant that a node is, through casts that DuckDB's parser adds; null if it is none.
const Json* constant_of(const Json& node);
std::optional<int64_t> integer_of(const Json& node);
std::optional<std::string> text_of(const Json& node);

class Printer {
 public:
  explicit Printer(duckdb::Connection& connection) : connection_(connection) {}

  // SELECT, UNION and the like, with their WITH, ORDER BY and LIMIT.
  std::string query(const Json& node);
  // The first value of a SELECT's list.
  std::string condition(const Json& node);
  std::vector<std::string> take_faults() { return std::move(faults_); }

 private:
  // Adds the fault; what is returned stands where the value would.
  std::string fault(const std::string& text);

  // queries.cc
  std::string select(const Json& node);
  std::string set_operation(const Json& node);
  std::string with(const Json& node);
  std::string select_list(const Json& node);
  std::string groups(const Json& node);
  std::string modifiers(const Json& node);
  std::string limit(const Json& modifier, bool ordered);
  std::string from(const Json& node);
  std::string join(const Json& node);
  std::string values(const Json& node);
  std::string named(const Json& node);
  std::string order(const Json& orders);
  std::string subquery_body(const Json& node) { return "(" + query(node["node"]) + ")"; }

  // expressions.cc
  std::string expression(const Json& node);
  std::string list(const Json& nodes);
  std::string column(const Json& node);
  std::string star(const Json& node);
  std::string constant(const Json& node);
  std::string operation(const Json& node);
  std::string comparison(const Json& node);
  std::string conjunction(const Json& node);
  std::string between(const Json& node);
  std::string choice(const Json& node);
  std::string cast(const Json& node);
  std::string collation(const Json& node);
  std::string subquery(const Json& node);
  // The two sides of a comparison, made comparable on Spark as they are on DuckDB.
  std::pair<std::string, std::string> alike(const Json& left, const Json& right);
  std::string date_constant(const Json& node, Family wanted);

  // calls.cc
  std::string call(const Json& node);
  std::string arithmetic(const Json& node, const std::string& name);
  std::string add_to_time(const Json& node, const std::string& name);
  std::string divide(const Json& node, const std::string& name);
  std::string interval(const Json& node);
  std::string like(const Json& node, bool negated);
  std::string date_part(const Json& node);
  std::string date_trunc(const Json& node);
  std::string date_diff(const Json& node);
  std::string matches(const Json& node, bool whole);
  std::string table_function(const Json& node, const std::string& name);

  // aggregates.cc
  std::string aggregate(const Json& node, const std::string& name, const Json& filter);
  std::string aggregate_over(const Json& node, const std::string& name, const std::string& over);
  std::string window(const Json& node);
  std::string window_value(const Json& node, const std::string& name, const std::string& over);
  std::string frame(const Json& node);

  // The type of an expression of the SELECT being printed; Null with a fault if it has none.
  duckdb::Type type_of(const Json& node);
  std::optional<duckdb::Type> describe(const Json& select);
  Family family_of(const Json& node);

  duckdb::Connection& connection_;
  std::vector<std::string> faults_;
  std::vector<const Json*> selects_;  // those around the expression being printed
  std::vector<const Json*> ctes_;     // the WITH entries in sight
};

}  // namespace clearwell::spark
