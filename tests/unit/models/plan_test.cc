#include <gtest/gtest.h>

#include "models/models.h"

namespace clearwell::models {
namespace {

config::Project project(const std::vector<std::pair<std::string, std::string>>& models) {
  config::Project project;
  for (const auto& [name, sql] : models) {
    config::Model& model = project.models.emplace_back();
    model.name = name;
    model.sql = sql;
    model.mark = {"models/" + name + ".sql", 1, 1};
  }
  return project;
}

std::vector<std::string> names(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& step : plan.steps) out.push_back(step.model->name);
  return out;
}

std::vector<std::string> lines(const config::Faults& faults) {
  std::vector<std::string> out;
  for (const auto& fault : faults.list()) {
    out.push_back(fault.mark.file + ":" + std::to_string(fault.mark.line) + ":" +
                  std::to_string(fault.mark.column) + " " + fault.code + " " + fault.message);
  }
  return out;
}

TEST(Plan, DependenciesComeFirst) {
  const config::Project input = project({{"a", "SELECT * FROM c JOIN B USING (id)"},
                                         {"b", "SELECT * FROM c"},
                                         {"c", "SELECT * FROM main.loaded"}});
  config::Faults faults;
  const Plan plan = models::plan(input, faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(names(plan), (std::vector<std::string>{"c", "b", "a"}));
  EXPECT_EQ(plan.steps[0].reads, std::vector<std::string>{"main.loaded"});
}

TEST(Plan, CyclesAreNamed) {
  const config::Project input = project(
      {{"a", "SELECT * FROM b"}, {"b", "SELECT * FROM c"}, {"c", "FROM a"}, {"d", "FROM d"}});
  config::Faults faults;
  models::plan(input, faults);
  EXPECT_EQ(lines(faults),
            (std::vector<std::string>{
                "models/c.sql:1:1 model_cycle models read each other in a circle: a → b → c → a",
                "models/d.sql:1:1 model_cycle the model 'd' reads itself"}));
}

TEST(Plan, FaultsOfSqlStandWhereTheyAre) {
  const config::Project input = project({{"a", "-- a\nSELECT *\nFRM x"}, {"b", "DROP TABLE x"}});
  config::Faults faults;
  const Plan plan = models::plan(input, faults);
  EXPECT_TRUE(plan.steps.empty());
  EXPECT_EQ(lines(faults),
            (std::vector<std::string>{
                "models/a.sql:3:5 bad_sql syntax error at or near \"x\"",
                "models/b.sql:1:1 bad_sql a model is exactly one SELECT, but 'b' holds another "
                "statement"}));
}

}  // namespace
}  // namespace clearwell::models
