#include "batch/names_read.h"

#include <nlohmann/json.hpp>

#include "batch/record_analysis.h"
#include "batch/record_sql.h"

namespace clearwell::batch {
namespace {

using Json = nlohmann::json;

class Reader {
 public:
  void collect(const Json& node) {
    if (!node.is_structured()) return;
    if (node.is_object()) look_at(node);
    for (const Json& child : node) collect(child);
  }

  NamesRead take() {
    // "SELECT a FROM accepted AS a" makes an object of the whole row.
    for (const std::string& table : tables_) out_.every |= single_.contains(table);
    return std::move(out_);
  }

 private:
  void look_at(const Json& node) {
    if (is_star(node)) {
      out_.every = true;
      if (!node["expr"].is_null()) add_system_columns();
    }
    if (text_at(node, "class") == "column_ref") {
      const Json& names = node["column_names"];
      for (const Json& name : names) out_.names.insert(lower(name));
      if (names.size() == 1) single_.insert(lower(names[0]));
    }
    if (text_at(node, "ref_type") == "natural") {
      out_.every = true;
      add_system_columns();
    }
    if (text_at(node, "type") == "base_table") {
      const std::string alias = text_at(node, "alias");
      tables_.insert(alias.empty() ? text_at(node, "table_name") : alias);
    }
    if (const auto columns = node.find("using_columns"); columns != node.end()) {
      for (const Json& name : *columns) out_.names.insert(lower(name));
    }
  }

  // COLUMNS('…') and NATURAL JOIN do not name what they read.
  void add_system_columns() {
    for (const duckdb::ColumnSchema& column : system_columns()) {
      if (column.name != "_record") out_.names.insert(column.name);
    }
  }

  NamesRead out_;
  std::set<std::string> single_, tables_;
};

}  // namespace

NamesRead names_read(const Json& node) {
  Reader reader;
  reader.collect(node);
  return reader.take();
}

}  // namespace clearwell::batch
