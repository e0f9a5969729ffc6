#include "batch/select.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <nlohmann/json.hpp>

namespace clearwell::batch {
namespace {

using Json = nlohmann::json;
using Names = std::set<std::string>;

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string text_of(const Json& node, const char* member) {
  const auto found = node.find(member);
  return found != node.end() && found->is_string() ? found->get<std::string>() : "";
}

// Collects the BASE_TABLE nodes below `node`; names in `hidden` (lower case) are WITH clauses.
class TableFinder {
 public:
  void walk(const Json& node, const Names& hidden) {
    if (node.is_array()) {
      for (const Json& item : node) walk(item, hidden);
    } else if (node.is_object()) {
      object(node, hidden);
    }
  }
  const Names& found() const { return found_; }

 private:
  void object(const Json& node, const Names& hidden) {
    const std::string type = text_of(node, "type");
    if (type == "BASE_TABLE") table(node, hidden);
    Names inner = hidden;
    if (const auto with = node.find("cte_map"); with != node.end()) inner = clauses(*with, hidden);
    // Inside a recursive clause its own name is itself; elsewhere it is the table of that name.
    if (type == "RECURSIVE_CTE_NODE") inner.insert(lower(text_of(node, "cte_name")));
    for (const auto& [name, value] : node.items()) {
      if (name != "cte_map") walk(value, inner);
    }
  }

  // Each clause sees those before it. Returns the names that hold for the query behind them.
  Names clauses(const Json& with, const Names& hidden) {
    Names visible = hidden;
    const auto entries = with.find("map");
    if (entries == with.end()) return visible;
    for (const Json& entry : *entries) {
      walk(entry.value("value", Json()), visible);
      visible.insert(lower(text_of(entry, "key")));
    }
    return visible;
  }

  void table(const Json& node, const Names& hidden) {
    const std::string schema = text_of(node, "schema_name"), name = text_of(node, "table_name");
    if (!schema.empty()) {
      found_.insert(schema + "." + name);
    } else if (!hidden.contains(lower(name))) {
      found_.insert(name);
    }
  }

  Names found_;
};

Select failed(const Json& tree) {
  Select select;
  select.verdict = text_of(tree, "error_type") == "parser" ? Select::Verdict::SyntaxError
                                                           : Select::Verdict::OtherKind;
  select.message = text_of(tree, "error_message");
  const std::string position = text_of(tree, "position");
  size_t offset = 0;
  const char* end = position.data() + position.size();
  if (std::from_chars(position.data(), end, offset).ptr == end && !position.empty()) {
    select.error_offset = offset;
  }
  return select;
}

// Where the token that starts at `at` ends: a quoted text, a quoted name, a comment or one byte.
size_t token_end(std::string_view sql, size_t at) {
  const auto after = [sql](std::string_view what, size_t from) {
    const size_t found = sql.find(what, from);
    return found == std::string_view::npos ? sql.size() : found + what.size();
  };
  const std::string_view rest = sql.substr(at);
  if (rest.starts_with("--")) return after("\n", at);
  if (rest.starts_with("/*")) return after("*/", at + 2);
  if (rest.starts_with("'")) return after("'", at + 1);
  if (rest.starts_with("\"")) return after("\"", at + 1);
  if (rest.starts_with("$")) {
    const size_t tag = sql.find_first_not_of(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", at + 1);
    const bool quoted = tag != std::string_view::npos && sql[tag] == '$';
    if (quoted) return after(sql.substr(at, tag + 1 - at), tag + 1);
  }
  return at + 1;
}

}  // namespace

Result<Select> read_select(duckdb::Connection& connection, const std::string& sql) {
  CW_ASSIGN(const std::string text, connection.parse(sql));
  const Json tree = Json::parse(text, nullptr, false);
  if (tree.is_discarded()) return fatal("DuckDB's parse tree is no JSON");
  if (tree.value("error", false)) return failed(tree);
  Select select;
  const Json statements = tree.value("statements", Json::array());
  if (statements.size() != 1) {
    select.verdict = Select::Verdict::Several;
    return select;
  }
  TableFinder finder;
  finder.walk(statements, {});
  select.reads.assign(finder.found().begin(), finder.found().end());
  return select;
}

std::string without_end(std::string_view sql) {
  size_t end = 0;  // behind the last byte that belongs to the statement
  for (size_t at = 0; at < sql.size();) {
    const size_t next = token_end(sql, at);
    const std::string_view token = sql.substr(at, next - at);
    const bool blank = token.find_first_not_of(" \t\r\n;") == std::string_view::npos;
    if (!blank && !token.starts_with("--") && !token.starts_with("/*")) end = next;
    at = next;
  }
  return std::string(sql.substr(0, end));
}

}  // namespace clearwell::batch
