#include <gtest/gtest.h>

#include "config/kinds.h"
#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

namespace {

Kind base() {
  Kind kind;
  kind.name = "purchases";
  Field field;
  field.name = "id";
  field.reference = Reference{"users", "id", {{"state", "state", {}}}, {}, {}};
  kind.fields = {field};
  kind.checks = {{"c", "a > b", CheckAction::Warn, "m", {}, {}}};
  Load load;
  load.table = "t";
  load.key = {"id"};
  load.sql = "SELECT 1";
  kind.loads = {load};
  return kind;
}

// The version after `change`.
template <typename Change>
std::string changed(Change change) {
  Kind kind = base();
  change(kind);
  return kind_version(kind);
}

}  // namespace

TEST(KindVersion, IsSixteenHexDigits) {
  const std::string version = kind_version(base());
  EXPECT_EQ(version.size(), 16u);
  EXPECT_EQ(version.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(KindVersion, EverySettingCounts) {
  const std::string version = kind_version(base());
  std::vector<std::string> versions = {
      version,
      changed([](Kind& k) { k.name = "x"; }),
      changed([](Kind& k) { k.unknown_fields = UnknownFields::Keep; }),
      changed([](Kind& k) { k.count_conflicts = true; }),
      changed([](Kind& k) { k.fields[0].name = "x"; }),
      changed([](Kind& k) { k.fields[0].type = FieldType::Uuid; }),
      changed([](Kind& k) { k.fields[0].precision = 1; }),
      changed([](Kind& k) { k.fields[0].scale = 1; }),
      changed([](Kind& k) { k.fields[0].zone = "x"; }),
      changed([](Kind& k) { k.fields[0].parse = {"x"}; }),
      changed([](Kind& k) { k.fields[0].key = true; }),
      changed([](Kind& k) { k.fields[0].required = false; }),
      changed([](Kind& k) { k.fields[0].nullable = true; }),
      changed([](Kind& k) { k.fields[0].default_value = ""; }),
      changed([](Kind& k) { k.fields[0].trim = true; }),
      changed([](Kind& k) { k.fields[0].lower = true; }),
      changed([](Kind& k) { k.fields[0].upper = true; }),
      changed([](Kind& k) { k.fields[0].empty_is_null = true; }),
      changed([](Kind& k) { k.fields[0].values = {"x"}; }),
      changed([](Kind& k) { k.fields[0].min = "1"; }),
      changed([](Kind& k) { k.fields[0].max = "1"; }),
      changed([](Kind& k) { k.fields[0].min_length = 1; }),
      changed([](Kind& k) { k.fields[0].max_length = 1; }),
      changed([](Kind& k) { k.fields[0].pattern = "x"; }),
      changed([](Kind& k) { k.fields[0].min_items = 1; }),
      changed([](Kind& k) { k.fields[0].max_items = 1; }),
      changed([](Kind& k) { k.fields[0].children = {Field()}; }),
      changed([](Kind& k) { k.fields[0].reference.reset(); }),
      changed([](Kind& k) { k.fields[0].reference->table = "x"; }),
      changed([](Kind& k) { k.fields[0].reference->column = "x"; }),
      changed([](Kind& k) { k.fields[0].reference->take[0].column = "x"; }),
      changed([](Kind& k) { k.fields[0].reference->take[0].name = "x"; }),
      changed([](Kind& k) { k.fields[0].reference->park = std::chrono::seconds(1); }),
      changed([](Kind& k) { k.checks[0].name = "x"; }),
      changed([](Kind& k) { k.checks[0].sql = "x"; }),
      changed([](Kind& k) { k.checks[0].action = CheckAction::Stop; }),
      changed([](Kind& k) { k.checks[0].message = "x"; }),
      changed([](Kind& k) { k.checks.clear(); }),
      changed([](Kind& k) { k.loads[0].table = "x"; }),
      changed([](Kind& k) { k.loads[0].key = {"i", "d"}; }),
      changed([](Kind& k) { k.loads[0].mode = LoadMode::Insert; }),
      changed([](Kind& k) { k.loads[0].version = "x"; }),
      changed([](Kind& k) { k.loads[0].history = true; }),
      changed([](Kind& k) { k.loads[0].sql = "x"; }),
  };
  const size_t count = versions.size();
  std::sort(versions.begin(), versions.end());
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  EXPECT_EQ(versions.size(), count);
}

TEST(KindVersion, MarksAndSpellingDoNotCount) {
  ProjectFolder project;
  const Kind flow = project.kind_of_contract("  a: { type: text }\n  b: integer\n");
  const Kind block =
      project.kind_of_contract("  a: text\n\n  # a comment\n  b:\n    type: integer\n");
  EXPECT_EQ(flow.version, block.version);
  EXPECT_EQ(flow.version, kind_version(flow));
  EXPECT_NE(flow.version, project.kind_of_contract("  b: integer\n  a: text\n").version);
}

}  // namespace clearwell::config
