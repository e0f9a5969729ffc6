#include "cli/parameters.h"

#include <gtest/gtest.h>

namespace clearwell::cli {
namespace {

config::Project project() {
  config::Project project;
  for (const char* name : {"customers", "orders"}) {
    project.pipelines.emplace_back();
    project.pipelines.back().name = name;
  }
  for (const char* param : {"source", "page_size"}) {
    project.pipelines[0].params.push_back({.name = param, .doc = "", .fallback = {}, .mark = {}});
  }
  return project;
}

std::string message(const RunArguments& arguments) {
  const auto selection = select(project(), arguments);
  return selection.ok() ? "" : selection.error().message;
}

TEST(Parameters, GoToThePipelinesThatDeclareThem) {
  RunArguments arguments;
  arguments.params = {{"source", "a.csv"}, {"page-size", "10"}};
  const auto selection = select(project(), arguments);
  ASSERT_TRUE(selection.ok()) << selection.error().message;
  EXPECT_EQ(selection->pipelines, (std::vector<std::string>{"customers", "orders"}));
  ASSERT_EQ(selection->params.size(), 1U);
  EXPECT_EQ(selection->params.at("customers").at("source"), "a.csv");
  EXPECT_EQ(selection->params.at("customers").at("page_size"), "10");
}

TEST(Parameters, UnknownOnesAreFaultsWithACure) {
  RunArguments arguments;
  arguments.params = {{"sorce", "a.csv"}};
  EXPECT_EQ(message(arguments), "unknown flag '--sorce'; did you mean '--source'?");
  arguments.pipelines = {"orders"};
  arguments.params = {{"quux", "1"}};
  EXPECT_EQ(message(arguments), "unknown flag '--quux'; the selected pipelines declare no params");
  arguments.pipelines = {"customers"};
  EXPECT_EQ(message(arguments), "unknown flag '--quux'; declared params: --page_size, --source");
}

TEST(Parameters, UnknownPipelinesAreFaultsWithACure) {
  RunArguments arguments;
  arguments.pipelines = {"custmers"};
  EXPECT_EQ(message(arguments), "there is no pipeline 'custmers'; did you mean 'customers'?");
  arguments.pipelines = {"zzz"};
  EXPECT_EQ(message(arguments), "there is no pipeline 'zzz'; there are: customers, orders");
}

}  // namespace
}  // namespace clearwell::cli
