// clearwell query: one SELECT, exactly as the warehouse answers it.
//
// Columns are cast to text by the database, so that every type prints as SQL prints it and no
// number passes through a double. For JSON, nested values go through to_json.
#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "batch/select.h"
#include "cli/session.h"
#include "cli/text.h"
#include "drivers/duckdb/connection.h"

namespace clearwell::cli {
namespace {

using batch::Select;
using duckdb::Type;
using duckdb::TypeId;

// An Error unless the text is one SELECT: Config if it is something else, Fatal if it does not
// parse. Asked of an empty database, so that nothing else ever reaches the warehouse.
Result<void> require_select(const std::string& sql) {
  CW_ASSIGN(auto database, duckdb::Database::open({}));
  CW_ASSIGN(auto connection, database.connect());
  CW_ASSIGN(const Select select, batch::read_select(connection, sql));
  switch (select.verdict) {
    case Select::Verdict::One:
      return {};
    case Select::Verdict::SyntaxError:
      return fatal("Parser Error: " + select.message);
    case Select::Verdict::Several:
    case Select::Verdict::OtherKind:
      break;
  }
  return config_error("query takes exactly one SELECT; it cannot change the warehouse");
}

bool is_number(const Type& type) {
  static const std::set<std::string> others = {"TINYINT",  "SMALLINT", "UTINYINT", "USMALLINT",
                                               "UINTEGER", "UBIGINT",  "HUGEINT",  "UHUGEINT",
                                               "FLOAT",    "BIGNUM"};
  switch (type.id) {
    case TypeId::Int32:
    case TypeId::Integer:
    case TypeId::Double:
    case TypeId::Decimal:
      return true;
    case TypeId::Other:
      return !type.names.empty() && others.contains(type.names.front());
    default:
      return false;
  }
}

bool is_nested(const Type& type) {
  if (type.id == TypeId::List || type.id == TypeId::Struct || type.id == TypeId::Json) return true;
  if (type.id != TypeId::Other || type.names.empty()) return false;
  static const std::set<std::string> nested = {"MAP", "UNION", "ARRAY"};
  return nested.contains(type.names.front());
}

Table::Kind kind_of(const Type& type) {
  if (is_number(type)) return Table::Kind::Number;
  return is_nested(type) || type.id == TypeId::Boolean ? Table::Kind::Json : Table::Kind::Text;
}

std::string as_text(const duckdb::ColumnSchema& column, Output output) {
  const std::string name = duckdb::quote_name(column.name);
  const bool nested = output == Output::Json && is_nested(column.type);
  return (nested ? "to_json(" + name + ")" : name) + "::VARCHAR AS " + name;
}

// "LINE 3:" of what was asked is line 2 of the user's SQL, which begins on a line of its own.
std::string with_own_lines(std::string message) {
  static constexpr std::string_view mark = "\nLINE ";
  const size_t found = message.find(mark);
  if (found == std::string::npos) return message;
  const size_t start = found + mark.size(), end = message.find(':', start);
  int line = 0;
  const char* last = message.data() + std::min(end, message.size());
  if (std::from_chars(message.data() + start, last, line).ptr != last || line < 2) return message;
  return message.replace(start, end - start, std::to_string(line - 1));
}

// The project is not to blame for the SQL: an error in it is a failure of this command.
template <typename Value>
Result<Value> asked(Result<Value> result) {
  if (result.ok()) return result;
  const bool config = result.error().kind == ErrorKind::Config;
  return Error{config ? ErrorKind::Fatal : result.error().kind,
               with_own_lines(result.error().message)};
}

}  // namespace

Result<ExitCode> query(const Common& common, const QueryArguments& arguments) {
  CW_TRY(require_select(arguments.sql));
  CW_ASSIGN(const config::Project project, load_for_reading(common));
  CW_ASSIGN(auto warehouse, open_to_read(project));
  const std::string from = " FROM (\n" + batch::without_end(arguments.sql) + "\n) AS asked";
  CW_ASSIGN(const duckdb::Rows shape, asked(warehouse->query("SELECT *" + from + " LIMIT 0")));
  std::vector<std::string> columns;
  for (const auto& column : shape.schema) columns.push_back(as_text(column, common.output));
  std::string sql = "SELECT " + join(columns, ", ") + from;
  if (arguments.limit) sql += fmt::format(" LIMIT {}", *arguments.limit);
  CW_ASSIGN(Table table, asked(texts(*warehouse, sql)));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    table.columns[i].kind = kind_of(shape.schema[i].type);
  }
  print(render(table, common.output));
  return ExitCode::Done;
}

}  // namespace clearwell::cli
