#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "batch/select.h"
#include "models/models.h"

namespace clearwell::models {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// "main.users" and "USERS" are the table "users".
std::string table_key(const std::string& name) {
  const std::string key = lower(name);
  return key.starts_with("main.") ? key.substr(5) : key;
}

// The place of a byte of the model's SQL, which starts at the model's mark.
config::Mark mark_in(const config::Model& model, size_t offset) {
  config::Mark mark = model.mark;
  mark.line = std::max(mark.line, 1);
  mark.column = std::max(mark.column, 1);
  for (size_t i = 0; i < std::min(offset, model.sql.size()); ++i) {
    ++mark.column;
    if (model.sql[i] != '\n') continue;
    ++mark.line;
    mark.column = 1;
  }
  return mark;
}

class Planner {
 public:
  Planner(const config::Project& project, config::Faults& faults)
      : project_(project), faults_(faults) {}

  Plan plan() {
    for (const config::Model& model : project_.models) by_name_[table_key(model.name)] = &model;
    read_all();
    for (const config::Model& model : project_.models) visit(model);
    return std::move(plan_);
  }

 private:
  void read_all() {
    if (project_.models.empty()) return;
    auto database = duckdb::Database::open({});
    auto connection = database.ok() ? database->connect() : std::move(database).error();
    for (const config::Model& model : project_.models) {
      auto select =
          connection.ok() ? batch::read_select(*connection, model.sql) : connection.error();
      if (!select.ok()) {
        faults_.add(model.mark, "bad_sql", select.error().message);
      } else if (select->verdict == batch::Select::Verdict::One) {
        reads_[&model] = std::move(select->reads);
      } else {
        refuse(model, *select);
      }
    }
  }

  void refuse(const config::Model& model, const batch::Select& select) {
    if (select.verdict == batch::Select::Verdict::SyntaxError) {
      faults_.add(mark_in(model, select.error_offset.value_or(0)), "bad_sql", select.message);
    } else {
      faults_.add(model.mark, "bad_sql",
                  fmt::format("a model is exactly one SELECT, but '{}' {}", model.name,
                              select.verdict == batch::Select::Verdict::OtherKind
                                  ? "holds another statement"
                                  : "holds none or several statements"));
    }
  }

  // Depth first, so that a step stands behind those it reads. `path_` is the way from the start.
  void visit(const config::Model& model) {
    const auto reads = reads_.find(&model);
    if (reads == reads_.end() || done_.contains(&model)) return;
    path_.push_back(&model);
    for (const std::string& name : reads->second) {
      const auto found = by_name_.find(table_key(name));
      if (found == by_name_.end()) continue;
      const auto before = std::find(path_.begin(), path_.end(), found->second);
      if (before != path_.end()) {
        cycle(before);
      } else {
        visit(*found->second);
      }
    }
    path_.pop_back();
    if (done_.insert(&model).second) plan_.steps.push_back({&model, reads->second});
  }

  void cycle(std::vector<const config::Model*>::const_iterator start) {
    std::string names;
    for (auto step = start; step != path_.end(); ++step) names += (*step)->name + " → ";
    faults_.add(
        path_.back()->mark, "model_cycle",
        (*start) == path_.back()
            ? fmt::format("the model '{}' reads itself", (*start)->name)
            : fmt::format("models read each other in a circle: {}{}", names, (*start)->name));
  }

  const config::Project& project_;
  config::Faults& faults_;
  std::map<std::string, const config::Model*> by_name_;
  std::map<const config::Model*, std::vector<std::string>> reads_;
  std::vector<const config::Model*> path_;
  std::set<const config::Model*> done_;
  Plan plan_;
};

}  // namespace

Plan plan(const config::Project& project, config::Faults& faults) {
  return Planner(project, faults).plan();
}

}  // namespace clearwell::models
