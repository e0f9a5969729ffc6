#include "batch/record_analysis.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include <nlohmann/json.hpp>

#include "batch/record_sql.h"

namespace clearwell::batch {

using Json = nlohmann::json;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string text_at(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? lower(found->get<std::string>()) : "";
}

bool is_star(const Json& expression) { return text_at(expression, "class") == "star"; }

namespace {

Result<Functions> load_functions(duckdb::Connection& connection) {
  Functions out;
  CW_ASSIGN(const duckdb::Rows rows,
            connection.query("SELECT DISTINCT function_name, function_type = 'aggregate' FROM "
                             "duckdb_functions() WHERE function_type = 'aggregate' OR "
                             "stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"));
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      const bool aggregate = chunk.column(1).data<uint8_t>()[i] != 0;
      (aggregate ? out.aggregates : out.unstable).emplace(chunk.column(0).text(i));
    }
  }
  // SQL's own words for now(), which the parser leaves as column names.
  out.unstable.insert({"current_timestamp", "current_time", "localtimestamp", "localtime"});
  // error() fails on purpose, which is what a user asks for; it answers nothing.
  out.unstable.erase("error");
  return out;
}

bool is_column(const Json& node, const char* name) {
  return text_at(node, "class") == "column_ref" && !node["column_names"].empty() &&
         lower(node["column_names"].back().get<std::string>()) == name;
}

bool is_record(const Json& node) { return is_column(node, "_record"); }

bool contains_name(const Json& names, const char* name) {
  return std::any_of(names.begin(), names.end(), [&](const Json& candidate) {
    return candidate.is_string() && lower(candidate.get<std::string>()) == name;
  });
}

// a._record = b._record, perhaps AND more.
bool equates_records(const Json& condition) {
  if (text_at(condition, "type") == "conjunction_and") {
    const Json& parts = condition["children"];
    return std::any_of(parts.begin(), parts.end(), equates_records);
  }
  return text_at(condition, "type") == "compare_equal" && is_record(condition["left"]) &&
         is_record(condition["right"]);
}

Json record_column() {
  return {{"class", "COLUMN_REF"},
          {"type", "COLUMN_REF"},
          {"alias", ""},
          {"query_location", 0},
          {"column_names", {"_record"}}};
}

class Analysis {
 public:
  // `table`: the relation that has the records, "accepted" or "judged".
  Analysis(const Functions& functions, std::string table)
      : functions_(functions), table_(std::move(table)) {}

  std::vector<std::string> take_faults() { return std::move(faults_); }

  // The same for a query that may mix records, and has no _record. `columns`: of the table.
  void top_of_all(Json& node, const std::set<std::string>& columns) {
    mixes_ = true;
    collect_ctes(node);
    walk(node);
    if (faults_.empty()) trim_all(node, columns);
  }

  // Judges the query node and everything below it; adds _record to its select list.
  void top(Json& node) {
    collect_ctes(node);
    walk(node);
    if (!faults_.empty()) return;
    trim_stars(node);
    if (!add_record(node)) {
      fault("its rows do not say which record they come from: select _record too");
    }
  }

 private:
  void fault(const std::string& text) {
    if (std::find(faults_.begin(), faults_.end(), text) == faults_.end()) faults_.push_back(text);
  }

  void collect_ctes(Json& node) {
    if (node.is_object() && node.contains("cte_map")) {
      for (Json& entry : node["cte_map"]["map"]) {
        ctes_[text_at(entry, "key")] = &entry["value"]["query"]["node"];
        if (contains_name(entry["value"]["aliases"], "_record")) made_up();
      }
    }
    if (!node.is_structured()) return;
    for (Json& child : node) collect_ctes(child);
  }

  void walk(const Json& node) {
    if (node.is_object()) judge(node);
    if (!node.is_structured()) return;
    for (const Json& child : node) walk(child);
  }

  void judge(const Json& node) {
    const std::string kind = text_at(node, "class");
    if (kind == "function" || kind == "column_ref") judge_name(node, kind);
    if (kind == "subquery" && !mixes_ && reads_records_node(node["subquery"]["node"])) {
      fault(
          "a subquery in an expression reads the batch again, with all its records: it may only "
          "read the record's own lists");
    }
    if (kind.empty()) judge_from(node);
    if (!mixes_) judge_modifiers(node);
  }

  // A query node, or a part of FROM.
  void judge_from(const Json& node) {
    const std::string type = text_at(node, "type");
    if (type == "base_table") judge_table(node);
    if (type == "table_function") judge_table_function(node);
    if (type == "pivot" || type == "show_ref") {
      fault("PIVOT, UNPIVOT, DESCRIBE and SUMMARIZE are not allowed here");
    }
    if (type == "join" && !mixes_) judge_join(node);
    if (node.contains("column_name_alias")) {
      if (contains_name(node["column_name_alias"], "_record")) made_up();
    }
    if (node.contains("sample") && !node["sample"].is_null())
      fault("SAMPLE picks records at random");
    if (type != "select_node" || mixes_) return;
    for (const Json& column : node["select_list"]) judge_made_up(column);
    if (reads_records(node["from_table"])) judge_select(node);
  }

  void judge_name(const Json& node, const std::string& kind) {
    std::string name = text_at(node, "function_name");
    if (mixes_ && is_record(node)) {
      fault("_record is a record's number in its batch, which says nothing over all records");
    }
    if (kind == "column_ref") {
      // A qualified name is a column for sure.
      if (node["column_names"].size() != 1) return;
      name = lower(node["column_names"][0].get<std::string>());
      if (name.find("current_") != 0 && name.find("local") != 0) return;
    }
    // age() of one time counts to today, of two it does not.
    const bool counts_to_today = name == "age" && node["children"].size() == 1;
    if (functions_.unstable.count(name) == 0 && !counts_to_today) return;
    fault(name + (kind == "function" ? "()" : "") +
          " gives another answer each time, so a replay would judge differently: use _arrived, "
          "the time at which the record came");
  }

  void judge_table(const Json& node) {
    if (is_batch(node) || find_cte(node) != nullptr) return;
    fault("it reads the table " + text_at(node, "table_name") +
          ", but only the batch (accepted) is there: bring other tables' columns by "
          "`references` with `take`");
  }

  void judge_table_function(const Json& node) {
    const std::string name = text_at(node["function"], "function_name");
    if (name == "unnest" || name == "generate_series" || name == "range" || name == "json_each" ||
        name == "json_tree") {
      return;
    }
    fault("it calls the table function " + name + "(), which is not allowed here");
  }

  void judge_join(const Json& node) {
    if (!reads_records(node["left"]) || !reads_records(node["right"])) return;
    if (contains_name(node["using_columns"], "_record")) return;
    if (node["condition"].is_object() && equates_records(node["condition"])) return;
    fault("it joins records with other records of the batch: join them USING (_record)");
  }

  void made_up() { fault("_record must be the batch's own column, not computed"); }

  void judge_made_up(const Json& column) {
    if (lower(column.value("alias", std::string())) == "_record" && !is_record(column)) made_up();
    if (!is_star(column)) return;
    for (const Json& replaced : column["replace_list"]) {
      if (text_at(replaced, "key") == "_record") made_up();
    }
    for (const Json& renamed : column["rename_list"]) {
      if (text_at(renamed, "value") == "_record") made_up();
    }
  }

  // A SELECT whose FROM has the records (and not one record's own list, seen from inside).
  void judge_select(const Json& node) {
    bool grouped = false;
    for (const Json& group : node["group_expressions"]) grouped |= is_record(group);
    if (!grouped) judge_aggregates(node);
    if (!node["group_expressions"].empty() && !grouped) {
      fault("it groups over several records: add _record to GROUP BY");
    } else if (node["group_sets"].size() > 1) {
      fault("it groups over several records: use one GROUP BY with _record, no grouping sets");
    }
    judge_windows(node["select_list"]);
    judge_windows(node["qualify"]);
    for (const Json& modifier : node["modifiers"]) {
      if (text_at(modifier, "type") == "distinct_modifier") judge_distinct(node, modifier);
    }
  }

  // LIMIT and OFFSET, of a SELECT or of a UNION.
  void judge_modifiers(const Json& node) {
    if (!node.contains("modifiers") || !reads_records_node(node)) return;
    for (const Json& modifier : node["modifiers"]) {
      if (text_at(modifier, "type").find("limit") == 0) {
        fault("LIMIT takes some records of a batch and not others");
      }
    }
  }

  void judge_distinct(const Json& node, const Json& modifier) {
    const Json& on = modifier["distinct_on_targets"];
    for (const Json& column : on.empty() ? node["select_list"] : on) {
      if (is_record(column)) return;
    }
    fault("DISTINCT compares several records: select _record too");
  }

  // Aggregates in the expressions of this SELECT, not in its subqueries (judged on their own).
  void judge_aggregates(const Json& node) {
    for (const char* part : {"select_list", "having", "qualify"}) find_aggregate(node[part]);
  }

  void find_aggregate(const Json& node) {
    if (!node.is_structured()) return;
    if (node.is_object()) {
      const std::string kind = text_at(node, "class");
      if (kind == "subquery" || kind == "window") return;
      if (kind == "function" && functions_.aggregates.count(text_at(node, "function_name")) != 0) {
        fault(text_at(node, "function_name") +
              "() runs over all records of a batch: add GROUP BY _record, or use a list function "
              "such as list_sum()");
      }
    }
    for (const Json& child : node) find_aggregate(child);
  }

  void judge_windows(const Json& node) {
    if (!node.is_structured()) return;
    if (node.is_object()) {
      const std::string kind = text_at(node, "class");
      if (kind == "subquery") return;
      if (kind == "window") {
        bool own = false;
        for (const Json& column : node["partitions"]) own |= is_record(column);
        if (!own) fault("a window runs over several records: add PARTITION BY _record");
      }
    }
    for (const Json& child : node) judge_windows(child);
  }

  // The batch itself, and no CTE of its name.
  bool is_batch(const Json& table) const {
    return text_at(table, "table_name") == table_ && text_at(table, "schema_name").empty() &&
           ctes_.count(table_) == 0;
  }

  Json* find_cte(const Json& table) const {
    if (!text_at(table, "schema_name").empty()) return nullptr;
    const auto found = ctes_.find(text_at(table, "table_name"));
    return found == ctes_.end() ? nullptr : found->second;
  }

  // Does the FROM clause have the batch in it, directly or through a subquery or a CTE?
  bool reads_records(const Json& from) const {
    const std::string type = text_at(from, "type");
    if (type == "base_table") {
      const Json* cte = find_cte(from);
      return is_batch(from) || (cte != nullptr && reads_records_node(*cte));
    }
    if (type == "join") return reads_records(from["left"]) || reads_records(from["right"]);
    if (type == "subquery") return reads_records_node(from["subquery"]["node"]);
    return false;
  }

  bool reads_records_node(const Json& node) const {
    // A recursive CTE reads itself: what it starts from decides.
    if (!open_.insert(&node).second) return false;
    bool reads = text_at(node, "type") == "select_node" && reads_records(node["from_table"]);
    for (const char* side : {"left", "right"}) {
      reads = reads || (node.contains(side) && reads_records_node(node[side]));
    }
    open_.erase(&node);
    return reads;
  }

  // `*` means the record's own fields; a system column must be named to be loaded. From the node
  // whose columns are loaded, down through every star.
  void trim_stars(Json& node) {
    if (!open_.insert(&node).second) return;
    if (text_at(node, "type") == "select_node") {
      for (Json& column : node["select_list"]) {
        if (is_star(column)) trim_star(column, node["from_table"]);
      }
    }
    for (const char* side : {"left", "right"}) {
      if (node.contains(side)) trim_stars(node[side]);
    }
    open_.erase(&node);
  }

  // Every star over the table itself; `columns` are those that it has.
  void trim_all(Json& node, const std::set<std::string>& columns) {
    if (!node.is_structured()) return;
    if (node.is_object() && text_at(node, "type") == "select_node") {
      for (Json& column : node["select_list"]) {
        if (is_star(column) && column["expr"].is_null()) {
          exclude_system(column, node["from_table"], columns);
        }
      }
    }
    for (Json& child : node) trim_all(child, columns);
  }

  void exclude_system(Json& star, const Json& from, const std::set<std::string>& columns) {
    if (text_at(from, "type") == "join") {
      exclude_system(star, from["left"], columns);
      return exclude_system(star, from["right"], columns);
    }
    if (text_at(from, "type") != "base_table" || !is_batch(from) || !is_meant(star, from)) return;
    for (const duckdb::ColumnSchema& system : system_columns()) {
      const bool there = columns.contains(system.name);
      if (there && !is_excluded(star, system.name.c_str())) {
        star["exclude_list"].push_back(system.name);
      }
    }
  }

  void trim_star(Json& star, Json& from) {
    const std::string type = text_at(from, "type");
    if (type == "join") {
      trim_star(star, from["left"]);
      return trim_star(star, from["right"]);
    }
    if (!is_meant(star, from)) return;
    if (type == "subquery") return trim_stars(from["subquery"]["node"]);
    if (type != "base_table") return;
    if (Json* cte = find_cte(from)) return trim_stars(*cte);
    // COLUMNS('…') says itself which columns it means.
    if (!star["expr"].is_null()) return;
    for (const duckdb::ColumnSchema& system : system_columns()) {
      if (system.name == "_record" || is_excluded(star, system.name.c_str())) continue;
      star["exclude_list"].push_back(system.name);
    }
  }

  static bool is_excluded(const Json& star, const char* name) {
    const Json& qualified = star["qualified_exclude_list"];
    return contains_name(star["exclude_list"], name) ||
           std::any_of(qualified.begin(), qualified.end(),
                       [&](const Json& column) { return text_at(column, "column") == name; });
  }

  // Is this part of FROM (no join) among those whose columns the star stands for?
  static bool is_meant(const Json& star, const Json& from) {
    const std::string relation = text_at(star, "relation_name");
    if (relation.empty()) return true;
    const std::string alias = text_at(from, "alias");
    return relation == (alias.empty() ? text_at(from, "table_name") : alias);
  }

  bool star_has_record(const Json& star, Json& from) {
    const std::string type = text_at(from, "type");
    if (!star["expr"].is_null() || is_excluded(star, "_record")) return false;
    if (type == "join") {
      return star_has_record(star, from["left"]) || star_has_record(star, from["right"]);
    }
    return is_meant(star, from) && from_has_record(from);
  }

  bool has_record(Json& node) {
    for (const Json& column : node["select_list"]) {
      if (is_star(column) && star_has_record(column, node["from_table"])) return true;
      const std::string alias = column.value("alias", std::string());
      if (is_record(column) && (alias.empty() || lower(alias) == "_record")) return true;
    }
    return false;
  }

  // True if the node's rows carry _record afterwards.
  bool add_record(Json& node) {
    if (!open_.insert(&node).second) return false;
    const bool has = text_at(node, "type") == "select_node" ? select_has_record(node)
                                                            : set_operation_has_record(node);
    open_.erase(&node);
    return has;
  }

  bool select_has_record(Json& node) {
    if (has_record(node)) return reads_records(node["from_table"]);
    if (!from_has_record(node["from_table"])) return false;
    node["select_list"].insert(node["select_list"].begin(), record_column());
    return true;
  }

  bool set_operation_has_record(Json& node) {
    if (text_at(node, "type") == "recursive_cte_node") return add_record(node["left"]);
    if (!node.contains("left") || !node.contains("right")) return false;
    return add_record(node["left"]) && add_record(node["right"]);
  }

  bool from_has_record(Json& from) {
    const std::string type = text_at(from, "type");
    if (type == "base_table") {
      Json* cte = find_cte(from);
      return is_batch(from) || (cte != nullptr && add_record(*cte));
    }
    if (type == "subquery") return add_record(from["subquery"]["node"]);
    if (type != "join") return false;
    // The right side of a join is the record's own list, unnested; if it is more, the user must say
    // whose _record is meant, unless both are the same.
    if (!from_has_record(from["left"])) return false;
    return !reads_records(from["right"]) ||
           (contains_name(from["using_columns"], "_record") && from_has_record(from["right"]));
  }

  const Functions& functions_;
  const std::string table_;
  bool mixes_ = false;                  // records with each other, as it likes
  std::map<std::string, Json*> ctes_;   // query nodes by name
  mutable std::set<const Json*> open_;  // nodes being looked into: recursive CTEs come back
  std::vector<std::string> faults_;
};

}  // namespace

Result<const Functions*> Functions::get(duckdb::Connection& connection) {
  static std::mutex mutex;
  static std::optional<Functions> known;
  const std::lock_guard lock(mutex);
  if (!known) {
    CW_ASSIGN(known, load_functions(connection));
  }
  return &*known;
}

std::vector<std::string> analyse_all(const Functions& functions,
                                     const std::set<std::string>& columns, Json& node) {
  Analysis analysis(functions, "accepted");
  analysis.top_of_all(node, columns);
  return analysis.take_faults();
}

std::vector<std::string> analyse_records(const Functions& functions, const std::string& table,
                                         Json& node) {
  Analysis analysis(functions, table);
  analysis.top(node);
  return analysis.take_faults();
}

}  // namespace clearwell::batch
