// What a contract can have wrong.
#include <gtest/gtest.h>

#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

TEST(FieldFaults, UnknownType) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: txet\n"),
            "pipelines/p.yaml:3:6: error[unknown_type]: field 'a' has the unknown type "
            "'txet'; did you mean 'text'? Types: text, integer, decimal(precision,scale), "
            "double, boolean, date, timestamp, uuid, json, list, object\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: string }\n"),
            "pipelines/p.yaml:3:14: error[unknown_type]: field 'a' has the unknown type "
            "'string'; did you mean 'text'? Types: text, integer, decimal(precision,scale), "
            "double, boolean, date, timestamp, uuid, json, list, object\n");
  EXPECT_EQ(project.faults_of_contract("  a: polygon\n"),
            "pipelines/p.yaml:3:6: error[unknown_type]: field 'a' has the unknown type "
            "'polygon'; types: text, integer, decimal(precision,scale), double, boolean, "
            "date, timestamp, uuid, json, list, object\n");
}

TEST(FieldFaults, BadDecimal) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: decimal\n"),
            "pipelines/p.yaml:3:6: error[bad_decimal]: the type of field 'a' is 'decimal'; "
            "write decimal(precision,scale) with 1 to 38 digits, of which scale after the "
            "point, such as \"decimal(12,2)\"\n");
  EXPECT_EQ(project.faults_of_contract("  a: decimal(39,2)\n"),
            "pipelines/p.yaml:3:6: error[bad_decimal]: the type of field 'a' is "
            "'decimal(39,2)'; write decimal(precision,scale) with 1 to 38 digits, of which "
            "scale after the point, such as \"decimal(12,2)\"\n");
  EXPECT_EQ(project.faults_of_contract("  a: decimal(2,3)\n"),
            "pipelines/p.yaml:3:6: error[bad_decimal]: the type of field 'a' is "
            "'decimal(2,3)'; write decimal(precision,scale) with 1 to 38 digits, of which "
            "scale after the point, such as \"decimal(12,2)\"\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: decimal(12,2), min: 0 }\n"),
            "pipelines/p.yaml:3:14: error[bad_decimal]: the type of field 'a' is "
            "'decimal(12'; between braces YAML splits it at the comma: put it in quotes, "
            "\"decimal(12,2)\"\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: \"decimal(1,2,3)\" }\n"),
            "pipelines/p.yaml:3:14: error[bad_decimal]: the type of field 'a' is "
            "'decimal(1,2,3)'; write decimal(precision,scale) with 1 to 38 digits, of which "
            "scale after the point, such as \"decimal(12,2)\"\n");
}

TEST(FieldFaults, NoType) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a:\n"),
            "pipelines/p.yaml:3:3: error[wrong_kind]: field 'a' must be a type or a mapping "
            "such as {type: text}, not nothing\n");
  EXPECT_EQ(project.faults_of_contract("  a: { min: 1 }\n"),
            "pipelines/p.yaml:3:6: error[missing_key]: field 'a' needs the key 'type': text, "
            "integer (64 bit), decimal(precision,scale), double, boolean, date, timestamp, "
            "uuid, json, list or object\n");
  EXPECT_EQ(project.faults_of_contract("  a: { street: text, city: text }\n"),
            "pipelines/p.yaml:3:6: error[missing_key]: field 'a' needs the key 'type'; for an "
            "object write {type: object, fields: {…}}\n");
  EXPECT_EQ(project.faults_of_contract("  a: [text]\n"),
            "pipelines/p.yaml:3:6: error[wrong_kind]: field 'a' must be a type or a mapping "
            "such as {type: text}, not a list\n");
  EXPECT_EQ(project.faults_of_contract("  a: {}\n"),
            "pipelines/p.yaml:3:6: error[missing_key]: field 'a' needs the key 'type': text, "
            "integer (64 bit), decimal(precision,scale), double, boolean, date, timestamp, "
            "uuid, json, list or object\n");
}

TEST(FieldFaults, EmptyContract) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
contract: {}
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:3:11: error[empty_contract]: the contract has no fields; name "
            "at least one\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:1:11: error[empty_contract]: pipeline 'p' has no contract; name "
            "its fields there\n");
  EXPECT_EQ(project.faults_of(R"(pipeline: p
from: { files: { path: x } }
contract: text
load: [{ table: t, sql: SELECT 1 }]
)"),
            "pipelines/p.yaml:3:11: error[wrong_kind]: the contract must be a mapping of "
            "names to fields, not 'text'; write 'name: type' lines\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: object, fields: {} }\n"),
            "pipelines/p.yaml:3:30: error[empty_contract]: 'fields' of field 'a' has no "
            "fields; name at least one\n");
}

TEST(FieldFaults, ListsAndObjectsNeedTheirParts) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: list\n"),
            "pipelines/p.yaml:3:6: error[missing_key]: field 'a' is a list, so it needs the "
            "key 'items': a type, or a mapping of names to fields\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: object }\n"),
            "pipelines/p.yaml:3:6: error[missing_key]: field 'a' is an object, so it needs "
            "the key 'fields': a mapping of names to fields\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: list, items: [text] }\n"),
            "pipelines/p.yaml:3:27: error[wrong_kind]: field 'a[]' must be a type or a "
            "mapping such as {type: text}, not a list\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: list, items: { type: text, note: text } }\n"),
            "pipelines/p.yaml:3:41: error[unknown_key]: field 'a[]' has no key 'note'; "
            "allowed: type, key, required, nullable, default, clean, parse, zone, values, "
            "min, max, min_length, max_length, pattern, min_items, max_items, examples, "
            "references, if_missing, take, items, fields\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: list, items: { b: { type: txet } } }\n"),
            "pipelines/p.yaml:3:40: error[unknown_type]: field 'a[].b' has the unknown type "
            "'txet'; did you mean 'text'? Types: text, integer, decimal(precision,scale), "
            "double, boolean, date, timestamp, uuid, json, list, object\n");
}

TEST(FieldFaults, OptionsThatDoNotFitTheType) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, min: 1 }\n"),
            "pipelines/p.yaml:3:20: error[option_misfit]: 'min' does not go with field 'a', "
            "whose type is text; it goes with integer, decimal, double, date, timestamp\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: integer, pattern: x }\n"),
            "pipelines/p.yaml:3:23: error[option_misfit]: 'pattern' does not go with field "
            "'a', whose type is integer; it goes with text\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: date, zone: UTC }\n"),
            "pipelines/p.yaml:3:20: error[option_misfit]: 'zone' does not go with field 'a', "
            "whose type is date; it goes with timestamp\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: double, key: true }\n"),
            "pipelines/p.yaml:3:22: error[option_misfit]: 'key' does not go with field 'a', "
            "whose type is double; it goes with text, integer, decimal, boolean, date, "
            "timestamp, uuid\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: json, values: [x] }\n"),
            "pipelines/p.yaml:3:20: error[option_misfit]: 'values' does not go with field "
            "'a', whose type is json; it goes with text, integer, decimal, boolean, date, uuid\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, items: text }\n"),
            "pipelines/p.yaml:3:20: error[option_misfit]: 'items' does not go with field 'a', "
            "whose type is text; it goes with list\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: boolean, references: b.c }\n"),
            "pipelines/p.yaml:3:23: error[option_misfit]: 'references' does not go with field "
            "'a', whose type is boolean; it goes with text, integer, uuid\n");
}

TEST(FieldFaults, OptionsThatDoNotFitThePlace) {
  ProjectFolder project;
  EXPECT_EQ(
      project.faults_of_contract("  a: { type: list, items: { b: { type: text, key: true } } }\n"),
      "pipelines/p.yaml:3:46: error[option_misfit]: 'key' does not go with field "
      "'a[].b', which is inside a list: a record has one key; remove it\n");
  EXPECT_EQ(project.faults_of_contract(
                "  a: { type: object, fields: { b: { type: text, key: true } } }\n"),
            "");
  EXPECT_EQ(project.faults_of_contract("  a: { type: object, nullable: true, fields: { b: { type: "
                                       "object, fields: { c: { type: text, key: true } } } } }\n"),
            "pipelines/p.yaml:3:22: error[bad_combination]: field 'a' holds a key, so it is always "
            "there and never null; remove this\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: object, required: false, fields: { b: { type: "
                                       "text, key: true } } }\n"),
            "pipelines/p.yaml:3:22: error[bad_combination]: field 'a' holds a key, so it is always "
            "there and never null; remove this\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: list, items: { type: text, default: x } }\n"),
            "pipelines/p.yaml:3:41: error[option_misfit]: field 'a[]' is an item of a list, "
            "so it cannot be absent; remove this\n");
  EXPECT_EQ(
      project.faults_of_contract("  a: { type: list, items: { type: text, required: false } }\n"),
      "pipelines/p.yaml:3:41: error[option_misfit]: field 'a[]' is an item of a list, "
      "so it cannot be absent; remove this\n");
  EXPECT_EQ(project.faults_of_contract(
                "  a: { type: list, items: { type: text, references: b.c, take: [d] } }\n"),
            "pipelines/p.yaml:3:64: error[option_misfit]: 'take' of field 'a[]' has no place: "
            "the items are single values; make them objects\n");
}

TEST(FieldFaults, Contradictions) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, key: true, required: false }\n"),
            "pipelines/p.yaml:3:31: error[bad_combination]: field 'a' is a key, so it is "
            "always required; remove this\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, key: true, nullable: true }\n"),
            "pipelines/p.yaml:3:31: error[bad_combination]: field 'a' is a key, so it is "
            "never null; remove this\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, key: true, default: x }\n"),
            "pipelines/p.yaml:3:31: error[bad_combination]: field 'a' is a key, so it has no "
            "default; remove this\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, required: false, nullable: false }\n"),
            "pipelines/p.yaml:3:37: error[bad_combination]: field 'a' may be absent "
            "(required: false), and so null; remove one of them\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, clean: [lower, upper] }\n"),
            "pipelines/p.yaml:3:20: error[bad_combination]: field 'a' is cleaned by both "
            "lower and upper; keep one\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, take: [b] }\n"),
            "pipelines/p.yaml:3:20: error[bad_combination]: 'take' of field 'a' needs "
            "'references'; add it, or remove this\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, if_missing: quarantine }\n"),
            "pipelines/p.yaml:3:20: error[bad_combination]: 'if_missing' of field 'a' needs "
            "'references'; add it, or remove this\n");
}

TEST(FieldFaults, MinAboveMax) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: { type: integer, min: 10, max: 9 }\n"),
            "pipelines/p.yaml:3:23: error[min_above_max]: 'min' of field 'a' is above its "
            "'max', so no value could be valid; swap or correct them\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: \"decimal(4,2)\", min: 0.5, max: -3 }\n"),
            "pipelines/p.yaml:3:30: error[min_above_max]: 'min' of field 'a' is above its "
            "'max', so no value could be valid; swap or correct them\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: date, min: 2024-02-01, max: 2024-01-31 }\n"),
            "pipelines/p.yaml:3:20: error[min_above_max]: 'min' of field 'a' is above its "
            "'max', so no value could be valid; swap or correct them\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, min_length: 3, max_length: 2 }\n"),
            "pipelines/p.yaml:3:20: error[min_above_max]: 'min_length' of field 'a' is above "
            "its 'max_length', so no value could be valid; swap or correct them\n");
  EXPECT_EQ(
      project.faults_of_contract("  a: { type: list, items: text, min_items: 3, max_items: 2 }\n"),
      "pipelines/p.yaml:3:33: error[min_above_max]: 'min_items' of field 'a' is above "
      "its 'max_items', so no value could be valid; swap or correct them\n");
}

TEST(FieldFaults, Names) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract(R"(  a: text
  A: text
)"),
            "pipelines/p.yaml:4:3: error[duplicate_name]: the name 'A' is taken by 'a' beside "
            "it (upper and lower case count as equal); rename one of them\n");
  EXPECT_EQ(project.faults_of_contract("  _a: text\n"),
            "pipelines/p.yaml:3:3: error[reserved_name]: the name '_a' is reserved: top-level "
            "names that begin with _ are Clearwell's own columns; rename the field where it "
            "is made\n");
  EXPECT_EQ(project.faults_of_contract("  a.b: text\n"),
            "pipelines/p.yaml:3:3: error[bad_name]: a field cannot be called 'a.b': a name is "
            "not empty and has no dot, bracket, double quote or line end\n");
  EXPECT_EQ(project.faults_of_contract("  \"\": text\n"),
            "pipelines/p.yaml:3:3: error[bad_name]: a field cannot be called '': a name is "
            "not empty and has no dot, bracket, double quote or line end\n");
}

TEST(FieldFaults, References) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, references: users }\n"),
            "pipelines/p.yaml:3:32: error[bad_reference]: field 'a' references 'users'; write "
            "table.column or schema.table.column\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, references: a.b.c.d }\n"),
            "pipelines/p.yaml:3:32: error[bad_reference]: field 'a' references 'a.b.c.d'; "
            "write table.column or schema.table.column\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, references: b.c, if_missing: wait }\n"),
            "pipelines/p.yaml:3:49: error[bad_choice]: 'if_missing' of field 'a' is 'wait'; "
            "write quarantine or {park: 30s}\n");
  EXPECT_EQ(project.faults_of_contract(
                "  a: { type: text, references: b.c, if_missing: { prak: 3s } }\n"),
            "pipelines/p.yaml:3:49: error[missing_key]: 'if_missing' of field 'a' needs the "
            "key 'park': So long it may wait for its parent, then it is quarantined\n"
            "pipelines/p.yaml:3:51: error[unknown_key]: 'if_missing' of field 'a' has no key "
            "'prak'; did you mean 'park'? Allowed: park\n");
}

TEST(FieldFaults, Takes) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, references: b.c, take: state }\n"),
            "pipelines/p.yaml:3:43: error[wrong_kind]: 'take' of field 'a' must be a list of "
            "columns, such as [state, {name: user_name}], not 'state'\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, references: b.c, take: [] }\n"),
            "pipelines/p.yaml:3:43: error[wrong_kind]: 'take' of field 'a' must be a list of "
            "columns, such as [state, {name: user_name}], not an empty list\n");
  EXPECT_EQ(project.faults_of_contract("  a: { type: text, references: b.c, take: [[d]] }\n"),
            "pipelines/p.yaml:3:44: error[wrong_kind]: 'take' of field 'a' lists columns or "
            "{column: field name}, not a list\n");
  EXPECT_EQ(
      project.faults_of_contract("  a: { type: text, references: b.c, take: [{ d: e, f: g }] }\n"),
      "pipelines/p.yaml:3:44: error[wrong_kind]: 'take' of field 'a' lists columns or "
      "{column: field name}, not a mapping like this\n");
  EXPECT_EQ(project.faults_of_contract(R"(  a: { type: text, references: b.c, take: [d] }
  D: text
)"),
            "pipelines/p.yaml:3:44: error[duplicate_name]: the name 'd' is taken by 'D' "
            "beside it (upper and lower case count as equal); rename one of them\n");
}

}  // namespace clearwell::config
