// Operators and functions over one row. What is not here is a fault: see sql_printer.h.
#include <algorithm>

#include "batch/record_analysis.h"
#include "spark/pattern.h"
#include "spark/printer.h"
#include "spark/texts.h"

namespace clearwell::spark {
namespace {

// A function by its name in DuckDB. `takes` has a letter for each argument, the last one repeated
// if '+' follows:
//   t a text   c a text that is written out, not empty   i a whole number from 0 on, written out
//   p the same from 1 on   d a date or time   m an exact number   b a condition   a anything
// `makes` is how Spark says it, $1 its first argument, $* all of them.
struct Function {
  const char* name;
  const char* takes;
  const char* makes;
};

// The comparisons of tests/integration/spark_sql.py run each of these on both.
constexpr Function functions[] = {
    {"abs", "m", "abs($1)"},
    {"char_length", "t", "CAST(length($1) AS BIGINT)"},
    {"character_length", "t", "CAST(length($1) AS BIGINT)"},
    {"concat", "t+", "concat_ws('', $*)"},
    {"contains", "tt", "(instr($1, $2) > 0)"},
    {"day", "d", "CAST(day($1) AS BIGINT)"},
    {"dayofmonth", "d", "CAST(day($1) AS BIGINT)"},
    {"dayofweek", "d", "CAST(dayofweek($1) - 1 AS BIGINT)"},
    {"dayofyear", "d", "CAST(dayofyear($1) AS BIGINT)"},
    {"dow", "d", "CAST(dayofweek($1) - 1 AS BIGINT)"},
    {"doy", "d", "CAST(dayofyear($1) AS BIGINT)"},
    {"ends_with", "tt", "(right($1, length($2)) = $2)"},
    {"greatest", "m+", "greatest($*)"},
    {"hour", "d", "CAST(hour($1) AS BIGINT)"},
    {"instr", "tt", "CAST(instr($1, $2) AS BIGINT)"},
    {"isodow", "d", "CAST(weekday($1) + 1 AS BIGINT)"},
    {"last_day", "d", "last_day($1)"},
    {"least", "m+", "least($*)"},
    {"left", "ti", "substring($1, 1, $2)"},
    {"length", "t", "CAST(length($1) AS BIGINT)"},
    {"lpad", "tic", "lpad($1, $2, $3)"},
    {"ltrim", "t", "regexp_replace($1, '^\\\\p{Zs}+', '')"},
    {"md5", "t", "md5(CAST($1 AS BINARY))"},
    {"minute", "d", "CAST(minute($1) AS BIGINT)"},
    {"month", "d", "CAST(month($1) AS BIGINT)"},
    {"nullif", "aa", "nullif($1, $2)"},
    {"prefix", "tt", "(substring($1, 1, length($2)) = $2)"},
    {"quarter", "d", "CAST(quarter($1) AS BIGINT)"},
    {"repeat", "ti", "repeat($1, $2)"},
    {"replace", "tcc", "replace($1, $2, $3)"},
    {"right", "ti", "right($1, $2)"},
    {"rpad", "tic", "rpad($1, $2, $3)"},
    {"rtrim", "t", "regexp_replace($1, '\\\\p{Zs}+\\\\z', '')"},
    {"second", "d", "CAST(second($1) AS BIGINT)"},
    {"starts_with", "tt", "(substring($1, 1, length($2)) = $2)"},
    {"strpos", "tt", "CAST(instr($1, $2) AS BIGINT)"},
    {"substr", "tp", "substring($1, $2)"},
    {"substr", "tpi", "substring($1, $2, $3)"},
    {"substring", "tp", "substring($1, $2)"},
    {"substring", "tpi", "substring($1, $2, $3)"},
    {"suffix", "tt", "(right($1, length($2)) = $2)"},
    {"trim", "t", "regexp_replace($1, '^\\\\p{Zs}+|\\\\p{Zs}+\\\\z', '')"},
    {"week", "d", "CAST(weekofyear($1) AS BIGINT)"},
    {"weekofyear", "d", "CAST(weekofyear($1) AS BIGINT)"},
    {"year", "d", "CAST(year($1) AS BIGINT)"},
    {"||", "tt", "concat($1, $2)"},
};

bool is_arity(std::string_view takes, size_t count) {
  return takes.ends_with('+') ? count + 1 >= takes.size() : takes.size() == count;
}

char taken(std::string_view takes, size_t argument) {
  const size_t last = takes.size() - (takes.ends_with('+') ? 2 : 1);
  return takes[std::min(argument, last)];
}

const char* wanted(char kind) {
  switch (kind) {
    case 't':
      return "a text (cast it)";
    case 'c':
      return "a text that is written out";
    case 'd':
      return "a date or a time";
    case 'm':
      return "an integer or a decimal";
    case 'i':
    case 'p':
      return "a whole number that is written out";
    default:
      return "a value";
  }
}

std::string filled(std::string_view makes, const std::vector<std::string>& arguments) {
  std::string out, all;
  for (const std::string& one : arguments) all += (all.empty() ? "" : ", ") + one;
  for (size_t i = 0; i < makes.size(); ++i) {
    if (makes[i] != '$' || i + 1 == makes.size()) {
      out += makes[i];
      continue;
    }
    ++i;
    out += makes[i] == '*' ? all : arguments[static_cast<size_t>(makes[i] - '1')];
  }
  return out;
}

bool is_in(const std::string& name, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string Printer::call(const Json& node) {
  const std::string name = lower_word(node, "function_name");
  if (is_in(name, {"+", "-", "*"})) return arithmetic(node, name);
  if (is_in(name, {"/", "//", "%", "mod"})) return divide(node, name);
  if (name == "~~" || name == "!~~") return like(node, name == "!~~");
  if (name == "date_part") return date_part(node);
  if (name == "date_trunc" || name == "datetrunc") return date_trunc(node);
  if (name == "date_diff" || name == "datediff") return date_diff(node);
  if (name == "regexp_matches" || name == "regexp_full_match") {
    return matches(node, name == "regexp_full_match");
  }
  if (is_in(name, {"count", "count_star", "sum", "avg", "mean", "min", "max", "arg_max", "arg_min",
                   "argmax", "argmin", "max_by", "min_by", "bool_and", "bool_or", "count_if"})) {
    return aggregate(node, name, node["filter"]);
  }
  return table_function(node, name);
}

// One of the table above.
std::string Printer::table_function(const Json& node, const std::string& name) {
  const Json& parts = node["children"];
  bool known = false;
  for (const Function& function : functions) {
    known = known || name == function.name;
    if (name != function.name || !is_arity(function.takes, parts.size())) continue;
    std::vector<std::string> arguments;
    for (size_t i = 0; i < parts.size(); ++i) {
      const char kind = taken(function.takes, i);
      const Family found = family_of(parts[i]);
      const auto number = integer_of(parts[i]);
      const auto text = text_of(parts[i]);
      const bool good = kind == 't'   ? found == Family::Text || found == Family::Null
                        : kind == 'c' ? text && !text->empty()
                        : kind == 'd' ? found == Family::Date || found == Family::Time
                        : kind == 'm' ? is_exact(found)
                        : kind == 'i' ? number && *number >= 0 && *number <= INT32_MAX
                        : kind == 'p' ? number && *number >= 1 && *number <= INT32_MAX
                                      : true;
      if (!good)
        fault(name + "(): on Spark it takes " + wanted(kind) + " at " + std::to_string(i + 1));
      arguments.push_back(expression(parts[i]));
    }
    return filled(function.makes, arguments);
  }
  if (known)
    return fault(name + "() with " + std::to_string(parts.size()) +
                 " arguments is not known on Spark");
  return fault("the function " + name + "() is not known on Spark, or not known to be the same");
}

// --- arithmetic

std::string Printer::arithmetic(const Json& node, const std::string& name) {
  const Json& parts = node["children"];
  const Family left = family_of(parts[0]);
  if (parts.size() == 1) {
    if (is_number(left)) return "(" + name + " " + expression(parts[0]) + ")";
    return fault(name + " before something that is no number");
  }
  const Family right = family_of(parts[1]);
  if (is_number(left) && is_number(right)) {
    if (name == "*" || left == Family::Double || right == Family::Double) type_of(node);
    return "(" + expression(parts[0]) + " " + name + " " + expression(parts[1]) + ")";
  }
  return name == "*" ? fault("* of something that is no number") : add_to_time(node, name);
}

// DuckDB counts days in DATE + INTEGER, and makes a timestamp of DATE + INTERVAL.
std::string Printer::add_to_time(const Json& node, const std::string& name) {
  const Json& parts = node["children"];
  const Family left = family_of(parts[0]), right = family_of(parts[1]);
  const bool plus = name == "+";
  const auto days = [&](const Json& date, const Json& count) {
    return std::string(plus ? "date_add(" : "date_sub(") + expression(date) + ", CAST(" +
           expression(count) + " AS INT))";
  };
  if (left == Family::Date && right == Family::Integer) return days(parts[0], parts[1]);
  if (plus && left == Family::Integer && right == Family::Date) return days(parts[1], parts[0]);
  if (!plus && left == Family::Date && right == Family::Date) {
    return "CAST(datediff(" + expression(parts[0]) + ", " + expression(parts[1]) + ") AS BIGINT)";
  }
  if (left == Family::Date || left == Family::Time) {
    const std::string time = left == Family::Date
                                 ? "CAST(" + expression(parts[0]) + " AS TIMESTAMP)"
                                 : expression(parts[0]);
    return "(" + time + " " + name + " " + interval(parts[1]) + ")";
  }
  return fault(name + " of these types: numbers, or a date with days or an INTERVAL");
}

std::string Printer::interval(const Json& node) {
  const std::string name = lower_word(node, "function_name");
  static constexpr std::pair<const char*, const char*> units[] = {
      {"to_years", "YEAR"}, {"to_months", "MONTH"},   {"to_weeks", "WEEK"},    {"to_days", "DAY"},
      {"to_hours", "HOUR"}, {"to_minutes", "MINUTE"}, {"to_seconds", "SECOND"}};
  for (const auto& [function, unit] : units) {
    if (name != function) continue;
    const auto count = integer_of(node["children"][0]);
    if (count) return "INTERVAL '" + std::to_string(*count) + "' " + unit;
  }
  return fault("an interval must be written out with one unit: INTERVAL 3 DAYS");
}

// By zero DuckDB gives NULL or infinity, Spark an error.
std::string Printer::divide(const Json& node, const std::string& name) {
  const Json& parts = node["children"];
  if (parts.size() != 2) return fault(name + " takes two numbers");
  const Json& right = parts[1];
  const bool guarded = lower_word(right, "function_name") == "nullif" &&
                       right["children"].size() == 2 &&
                       integer_of(right["children"][1]) == std::optional<int64_t>(0);
  const Json* constant = constant_of(right);
  const bool nonzero = constant != nullptr && (*constant)["value"].contains("value") &&
                       (*constant)["value"]["value"].is_number() &&
                       (*constant)["value"]["value"] != 0;
  if (!guarded && !nonzero) {
    fault("dividing by what may be 0 ends otherwise on Spark: divide by nullif(…, 0)");
  }
  const duckdb::Type types[] = {type_of(parts[0]), type_of(right)};
  const Family left = family(types[0]), other = family(types[1]);
  const std::string a = expression(parts[0]), b = expression(right);
  if (name == "//") {
    if (left != Family::Integer || other != Family::Integer) return fault("// of integers only");
    return "(" + a + " div " + b + ")";
  }
  if (name != "/") {
    if (!is_exact(left) || !is_exact(other)) return fault("% of integers and decimals only");
    return "(" + a + " % " + b + ")";
  }
  for (const duckdb::Type& type : types) {
    const bool wide = type.id == duckdb::TypeId::Decimal && type.precision > 15;
    if (wide || !is_number(family(type))) {
      fault(
          "/ gives a DOUBLE, and decimals of more than 15 digits become one differently on Spark");
    }
  }
  return "(CAST(" + a + " AS DOUBLE) / CAST(" + b + " AS DOUBLE))";
}

// --- texts and times

std::string Printer::like(const Json& node, bool negated) {
  const auto pattern = text_of(node["children"][1]);
  if (!pattern || pattern->find('\\') != std::string::npos) {
    return fault("LIKE takes a pattern that is written out and has no backslash");
  }
  if (family_of(node["children"][0]) != Family::Text) return fault("LIKE of a text only: cast it");
  return "(" + expression(node["children"][0]) + (negated ? " NOT LIKE " : " LIKE ") +
         quote_text(*pattern) + ")";
}

std::string Printer::date_part(const Json& node) {
  const auto unit = text_of(node["children"][0]);
  if (!unit || node["children"].size() != 2) return fault("date_part() takes a unit in quotes");
  Json inner = node;
  inner["children"] = Json::array({node["children"][1]});
  return table_function(inner, batch::lower(*unit));
}

std::string Printer::date_trunc(const Json& node) {
  const auto unit = text_of(node["children"][0]);
  const std::string name = batch::lower(unit.value_or(""));
  const Family found = family_of(node["children"][1]);
  const std::string type = type_name(type_of(node));
  if (!is_in(name, {"year", "quarter", "month", "week", "day", "hour", "minute", "second"}) ||
      (found != Family::Date && found != Family::Time) || type.empty()) {
    return fault("date_trunc() takes a unit from 'year' to 'second', and a date or time");
  }
  return "CAST(date_trunc(" + quote_text(name) + ", " + expression(node["children"][1]) + ") AS " +
         type + ")";
}

// How many borders of a unit lie between two dates.
std::string Printer::date_diff(const Json& node) {
  const Json& parts = node["children"];
  const std::string unit = parts.size() == 3 ? batch::lower(text_of(parts[0]).value_or("")) : "";
  const bool dates = parts.size() == 3 && family_of(parts[1]) == Family::Date &&
                     family_of(parts[2]) == Family::Date;
  if (!dates || !is_in(unit, {"day", "month", "year"})) {
    return fault("date_diff() takes 'day', 'month' or 'year' and two dates");
  }
  const std::string from = expression(parts[1]), to = expression(parts[2]);
  if (unit == "day") return "CAST(datediff(" + to + ", " + from + ") AS BIGINT)";
  const std::string years = "(year(" + to + ") - year(" + from + "))";
  if (unit == "year") return "CAST(" + years + " AS BIGINT)";
  return "CAST(" + years + " * 12 + month(" + to + ") - month(" + from + ") AS BIGINT)";
}

std::string Printer::matches(const Json& node, bool whole) {
  const auto pattern = text_of(node["children"][1]);
  if (node["children"].size() != 2 || !pattern || family_of(node["children"][0]) != Family::Text) {
    return fault("a regular expression must be written out, without options, and be for a text");
  }
  auto java = java_pattern(whole ? "^(?:" + *pattern + ")$" : *pattern);
  if (!java.ok()) return fault("the pattern " + *pattern + ": " + java.error().message);
  return "(" + expression(node["children"][0]) + " RLIKE " + quote_text(*java) + ")";
}

}  // namespace clearwell::spark
