#include "cli/flags.h"

#include <gtest/gtest.h>

namespace clearwell::cli {
namespace {

using Params = std::vector<std::pair<std::string, std::string>>;

struct Split {
  Params params;
  std::vector<std::string> rest;
  std::string error;
};

Split split(std::vector<std::string> arguments) {
  CLI::App app("", "clearwell");
  Parsed parsed;
  add_subcommands(app, parsed);
  auto params = split_parameters(app, arguments);
  if (!params.ok()) return {{}, {}, params.error().message};
  return {*params, arguments, ""};
}

TEST(Flags, ParametersAreTakenOutOfRun) {
  const Split got = split({"--project", "dir", "run", "customers", "--source", "a.csv", "--once",
                           "--table=x=y", "--output", "json"});
  EXPECT_EQ(got.params, (Params{{"source", "a.csv"}, {"table", "x=y"}}));
  EXPECT_EQ(got.rest, (std::vector<std::string>{"--project", "dir", "run", "customers", "--once",
                                                "--output", "json"}));
}

TEST(Flags, OnlyOfRun) {
  const std::vector<std::string> arguments = {"query", "run", "--source", "a"};
  EXPECT_EQ(split(arguments).params, Params{});
  EXPECT_EQ(split(arguments).rest, arguments);
}

TEST(Flags, AParameterNeedsAValue) {
  EXPECT_EQ(split({"run", "--source", "--once"}).error,
            "unknown flag '--source' (a parameter needs a value: --source VALUE)");
  EXPECT_EQ(split({"run", "--source"}).error,
            "unknown flag '--source' (a parameter needs a value: --source VALUE)");
  EXPECT_EQ(split({"run", "--offset", "-5"}).params, (Params{{"offset", "-5"}}));
}

TEST(Flags, EverySubcommandHasAnExample) {
  CLI::App app("", "clearwell");
  Parsed parsed;
  add_subcommands(app, parsed);
  std::vector<CLI::App*> open = {&app};
  size_t seen = 0;
  while (!open.empty()) {
    CLI::App* command = open.back();
    open.pop_back();
    for (CLI::App* below : command->get_subcommands([](CLI::App*) { return true; })) {
      EXPECT_NE(below->get_footer().find("Example"), std::string::npos) << below->get_name();
      open.push_back(below);
      ++seen;
    }
  }
  EXPECT_GE(seen, 15U);
}

}  // namespace
}  // namespace clearwell::cli
