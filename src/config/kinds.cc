#include "config/kinds.h"

#include <algorithm>
#include <map>

#include "config/fields.h"
#include "config/phrases.h"

namespace clearwell::config {

namespace {

const std::map<std::string, UnknownFields> unknown_fields = {{"ignore", UnknownFields::Ignore},
                                                             {"keep", UnknownFields::Keep},
                                                             {"refuse", UnknownFields::Refuse}};
const std::map<std::string, CheckAction> check_actions = {{"quarantine", CheckAction::Quarantine},
                                                          {"warn", CheckAction::Warn},
                                                          {"stop", CheckAction::Stop}};
const std::map<std::string, LoadMode> load_modes = {
    {"append", LoadMode::Append}, {"insert", LoadMode::Insert}, {"upsert", LoadMode::Upsert},
    {"update", LoadMode::Update}, {"patch", LoadMode::Patch},   {"replace", LoadMode::Replace}};

}  // namespace

std::string mode_name(LoadMode mode) {
  for (const auto& [name, value] : load_modes) {
    if (value == mode) return name;
  }
  return "";
}

namespace {

// A choice that was faulty is "": any value will do, the project is not run.
template <typename Enum>
Enum choice(const std::map<std::string, Enum>& choices, const std::string& text) {
  const auto found = choices.find(text);
  return found == choices.end() ? choices.begin()->second : found->second;
}

class KindReader {
 public:
  KindReader(Kind& kind, Faults& faults) : kind_(kind), faults_(faults) {}

  void read(const std::string& what, const Mapping& keys) {
    kind_.unknown_fields = choice(unknown_fields, keys.settings.text("unknown_fields"));
    kind_.count_conflicts = keys.settings.text("conflicts") == "count";
    const auto contract = keys.nodes.find("contract");
    if (contract == keys.nodes.end()) {
      fault(kind_.mark, "empty_contract", what + " has no contract; name its fields there");
    } else {
      kind_.fields = read_fields(*contract->second, faults_);
      for_each_field(kind_.fields, "", [&](const Field& field, const std::string& path) {
        if (field.reference && field.reference->park && parks_.empty()) parks_ = in_quotes(path);
      });
    }
    const auto checks = keys.lists.find("checks");
    if (checks != keys.lists.end()) {
      for (const Mapping& check : checks->second) read_check(check);
    }
    const auto loads = keys.lists.find("load");
    if (loads != keys.lists.end()) {
      for (const Mapping& load : loads->second) read_load(load);
    }
    if (!kind_.loads.empty() || faulty_list(keys, "load")) return;
    fault(keys.has("load") ? keys.given.at("load") : kind_.mark, "no_load",
          what + " has no load, so valid records would go nowhere; add one");
  }

 private:
  // Given, but no list: has been said.
  static bool faulty_list(const Mapping& keys, const std::string& name) {
    const auto node = keys.given.find(name);
    return node != keys.given.end() && !keys.lists.contains(name);
  }

  void fault(const Mark& mark, const char* code, const std::string& message) {
    faults_.add(mark, code, message);
  }

  void unique(std::map<std::string, Mark>& names, const std::string& what, const std::string& name,
              const Mark& mark) {
    if (name.empty()) return;
    const auto [first, is_new] = names.emplace(lower_case(name), mark);
    if (is_new) return;
    fault(mark, "duplicate_name",
          what + " " + in_quotes(name) + " stands here twice, first in line " +
              std::to_string(first->second.line) + "; rename or merge them");
  }

  void read_check(const Mapping& keys) {
    Check check;
    check.name = keys.settings.text("name");
    check.sql = keys.settings.text("sql");
    check.action = choice(check_actions, keys.settings.text("action"));
    check.message = keys.text("message").value_or("");
    check.mark = keys.mark;
    check.sql_mark = keys.settings.mark("sql");
    const Mark mark = keys.settings.mark("name");
    if (!keys.is_open("name")) check_name(check.name, mark);
    kind_.checks.push_back(std::move(check));
  }

  void check_name(const std::string& name, const Mark& mark) {
    unique(check_names_, "the check", name, mark);
    if (name == "error") {
      fault(mark, "reserved_name",
            "a check cannot be called error: check.error is the reason of one that fails to "
            "run; rename it");
    } else if (!name.empty() && !is_plain_name(name)) {
      fault(mark, "bad_name",
            "the check name " + in_quotes(name) +
                " must be of the form [a-z][a-z0-9_]*, since it becomes the reason check.NAME");
    }
  }

  void read_load(const Mapping& keys) {
    Load load;
    load.table = keys.settings.text("table");
    if (keys.has("key")) load.key = keys.settings.texts("key");
    load.mode = choice(load_modes, keys.settings.text("mode"));
    load.version = keys.text("version").value_or("");
    load.history = keys.settings.boolean("history");
    load.delete_when = keys.text("delete_when").value_or("");
    if (keys.has("delete_when")) load.delete_when_mark = keys.settings.mark("delete_when");
    load.over_all = keys.settings.text("over") == "all";
    load.sql = keys.settings.text("sql");
    load.mark = keys.mark;
    load.sql_mark = keys.settings.mark("sql");
    if (!keys.is_open("table")) {
      check_table(load.table, keys.settings.mark("table"));
      unique(tables_, "a load of the table", load.table, keys.settings.mark("table"));
    }
    std::map<std::string, Mark> columns;
    for (const std::string& column : load.key) {
      unique(columns, "the key column", column, keys.settings.mark("key"));
    }
    if (!keys.is_open("mode")) check_mode(load, keys);
    check_over(load, keys);
    kind_.loads.push_back(std::move(load));
  }

  void check_table(const std::string& table, const Mark& mark) {
    if (table.empty()) return;  // missing or blank: has been said
    const std::vector<std::string> parts = split(table, '.');
    if (parts.size() > 2 || !std::all_of(parts.begin(), parts.end(), is_identifier)) {
      fault(mark, "bad_table",
            "the table " + in_quotes(table) +
                " must be a name or schema.name, of letters, digits and _, at most 63 of them");
    } else if (parts.size() == 2 && lower_case(parts[0]) == "clearwell") {
      fault(mark, "reserved_name",
            "the schema clearwell holds Clearwell's own tables; choose another for " +
                in_quotes(parts[1]));
    }
  }

  void check_mode(const Load& load, const Mapping& keys) {
    const std::string table = "the load of " + in_quotes(load.table);
    const bool keyed = load.mode == LoadMode::Insert || keeps_versions(load.mode);
    const bool faulty_key = keys.has("key") && load.key.empty();
    if (keyed && load.key.empty() && !faulty_key) {
      fault(keys.settings.mark("mode"), "load_needs_key",
            table + " has the mode " + keys.settings.text("mode") +
                ", so it needs 'key': the columns that identify a row");
    }
    if (load.history && load.key.empty() && !faulty_key) {
      fault(keys.given.at("history"), "load_needs_key",
            table + " keeps history, so it needs 'key': columns that tell its rows apart");
    }
    if (!load.key.empty() && !keys.has("mode") && !load.history) {
      fault(keys.given.at("key"), "bad_combination",
            table +
                " has a key but no mode; add 'mode: insert' (the first row of a key wins) or "
                "'mode: upsert' (the newest wins)");
    }
    if (keys.has("version") && !keeps_versions(load.mode)) {
      fault(keys.given.at("version"), "version_needs_upsert",
            table +
                " has a version, which only the modes upsert, update and patch use; change the "
                "mode or remove it");
    }
    check_versions(load, keys, table);
  }

  void check_over(const Load& load, const Mapping& keys) {
    const bool faulty_mode = keys.is_open("mode") || keys.settings.text("mode").empty();
    if (load.over_all && load.mode != LoadMode::Replace && !faulty_mode) {
      fault(keys.given.at("over"), "over_needs_replace",
            "the load of " + in_quotes(load.table) +
                " is over all records, so each run makes its rows anew: use 'mode: replace', or "
                "remove 'over'");
    }
    const bool behind = !kind_.loads.empty() && kind_.loads.back().over_all;
    if (!load.over_all && behind) {
      fault(load.mark, "bad_combination",
            "the load of " + in_quotes(load.table) +
                " makes rows of single records, so it decides what becomes of them: put it before "
                "those that are over all records");
    }
  }

  // What goes with rows that change.
  void check_versions(const Load& load, const Mapping& keys, const std::string& table) {
    if (keys.has("delete_when") && !keeps_versions(load.mode)) {
      fault(keys.given.at("delete_when"), "bad_combination",
            table +
                " has delete_when, but only the modes upsert, update and patch know which of two "
                "records is newer; change the mode or remove it");
    }
    if (load.history && (needs_row(load.mode) || keys.has("delete_when"))) {
      fault(
          keys.given.at("history"), "bad_combination",
          table +
              " keeps history, so its rows stay as they came and are neither changed nor deleted; "
              "remove 'history', or load the history in a load of its own");
    }
    if (needs_row(load.mode) && !parks_.empty()) {
      fault(
          keys.settings.mark("mode"), "bad_combination",
          table + " has the mode " + keys.settings.text("mode") +
              ", so it depends on when a record comes whether its row is there, but the reference "
              "of " +
              parks_ +
              " lets records wait; use 'mode: upsert', or 'if_missing: quarantine', from which "
              "they are released as well");
    }
  }

  Kind& kind_;
  Faults& faults_;
  std::map<std::string, Mark> check_names_, tables_;
  std::string parks_;  // a field whose records may wait, for messages; empty: there is none
};

}  // namespace

Kind read_kind(Kind kind, const std::string& what, const Mapping& keys, Faults& faults) {
  KindReader(kind, faults).read(what, keys);
  kind.version = kind_version(kind);
  return kind;
}

}  // namespace clearwell::config
