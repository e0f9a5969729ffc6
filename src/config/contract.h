// The contract of a record kind: which fields a record has, of what type, and which values are
// valid. Written in YAML by the user; read by decoders (types, cleaning), validate (rules),
// transform (columns), warehouses (nothing) and generate (data).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/fault.h"

namespace clearwell::config {

enum class FieldType {
  Text,
  Integer,  // 64 bit, signed
  Decimal,  // decimal(precision, scale), exact; precision 1..38
  Double,
  Boolean,
  Date,       // YYYY-MM-DD unless `parse` says otherwise
  Timestamp,  // an instant (TIMESTAMPTZ); a text without zone is taken to be in `zone`
  // `type: timestamp, zone: none`: no instant (TIMESTAMP); a text with zone is an error
  LocalTimestamp,
  Uuid,
  Json,    // any JSON value, kept as the exact bytes it was written with
  List,    // children[0] is its item
  Object,  // children are its fields
};

// "article_id references articles.article_id": the value must be in that column of that table.
struct Reference {
  std::string table;  // as in SQL, possibly schema.table
  std::string column;
  // Columns of that row that join the record beside this field: {column in table, field name}.
  struct Take {
    std::string column;
    std::string name;
    Mark mark;
  };
  std::vector<Take> take;
  // How long a record may wait for its parent (if_missing: {park: 30s}); none: quarantine at once.
  std::optional<std::chrono::microseconds> park;
  Mark mark;
};

struct Field {
  std::string name;  // the item of a list has the name "item"
  Mark mark;
  FieldType type = FieldType::Text;
  int precision = 0, scale = 0;    // Decimal
  std::string zone = "UTC";        // Timestamp: IANA name
  std::vector<std::string> parse;  // formats to try in order (strptime letters), empty: ISO 8601

  bool key = false;       // part of the record's key: implies required, never null
  bool required = true;   // must be present
  bool nullable = false;  // may be null. `required: false` implies nullable
  std::optional<std::string> default_value;  // used when absent; written as in a record

  // Cleaning of texts before they are judged, in this order.
  bool trim = false, lower = false, upper = false;
  bool empty_is_null = false;

  std::vector<std::string> values;      // allowed values, as texts; empty: any
  std::optional<std::string> min, max;  // inclusive; Integer, Decimal, Double, Date, Timestamp
  std::optional<int64_t> min_length, max_length;  // Text: in code points
  std::optional<std::string> pattern;             // Text: RE2, must match the whole text
  std::optional<int64_t> min_items, max_items;    // List

  // Values that generated data take, where type and rules cannot guide it; no part of `version`.
  std::vector<std::string> examples;

  std::optional<Reference> reference;  // Text, Integer, Uuid
  std::vector<Field> children;         // List: one; Object: its fields
};

enum class UnknownFields {
  Ignore,
  Keep,    // top-level ones are kept in the column `_extra` (a JSON object)
  Refuse,  // reason field.unknown
};

enum class CheckAction { Quarantine, Warn, Stop };

// A named boolean SQL expression over the fields of one record. FALSE is a violation; NULL is not
// (as in SQL's CHECK); an error while evaluating is reason check.error.
struct Check {
  std::string name;
  std::string sql;
  CheckAction action = CheckAction::Quarantine;
  std::string message;  // for people; empty: made from name and sql
  Mark mark, sql_mark;
};

enum class LoadMode { Append, Insert, Upsert, Replace, Update, Patch };

// Modes that store with each row which version of its key it is.
constexpr bool keeps_versions(LoadMode mode) {
  return mode == LoadMode::Upsert || mode == LoadMode::Update || mode == LoadMode::Patch;
}
// Modes that change rows and make none.
constexpr bool needs_row(LoadMode mode) {
  return mode == LoadMode::Update || mode == LoadMode::Patch;
}
// As in project files.
std::string mode_name(LoadMode mode);

// One SELECT over `accepted` and the table its rows go to.
struct Load {
  std::string table;             // "table" or "schema.table"
  std::vector<std::string> key;  // columns of the SELECT; required but by Append and Replace
  LoadMode mode = LoadMode::Append;
  std::string version;   // keeps_versions: the column that orders them; empty: the source's order
  bool history = false;  // also takes superseded versions
  // The SELECT sees the accepted records of the whole run at once, not each by itself (Replace
  // only). Such loads stand behind those of single records.
  bool over_all = false;
  // keeps_versions: a condition over the record's fields; where it holds, the rows of the keys go.
  std::string delete_when;
  std::string sql;
  // Some load of the project patches the table, or deletes rows of it.
  bool patched = false, deleted_from = false;
  Mark mark, sql_mark, delete_when_mark;
};

// One kind of record: a pipeline without `route` has exactly one, named like the pipeline.
struct Kind {
  std::string name;
  Mark mark;
  std::vector<Field> fields;
  UnknownFields unknown_fields = UnknownFields::Ignore;
  std::vector<Check> checks;
  std::vector<Load> loads;       // at least one; the first decides each record's fate
  bool count_conflicts = false;  // conflicts: count — same key, other content counts as duplicate
  // Hash of all the above but examples (16 hex digits): names the contract in quarantine.
  std::string version;
};

// Calls visit(field, path) for every field, depth first; path is "cart[].article_id".
template <typename Visit>
void for_each_field(const std::vector<Field>& fields, const std::string& prefix, Visit&& visit) {
  for (const Field& field : fields) {
    std::string path = prefix.empty() ? field.name : prefix + "." + field.name;
    visit(field, path);
    if (field.type == FieldType::List && !field.children.empty()) {
      const Field& item = field.children.front();
      visit(item, path + "[]");
      for_each_field(item.children, path + "[]", visit);
    } else {
      for_each_field(field.children, path, visit);
    }
  }
}

}  // namespace clearwell::config
