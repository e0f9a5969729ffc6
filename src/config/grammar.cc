#include "config/grammar.h"

#include <algorithm>

#include "config/engine_keys.h"

namespace clearwell::config {

namespace {

constexpr const char* fields_schema =
    R"({"type":"object","minProperties":1,"additionalProperties":{"$ref":"#/$defs/field"}})";
constexpr const char* fields_form = "a mapping of names to fields";

std::vector<Key> limit_keys() {
  return {
      {.name = "batch_rows",
       .kind = KeyKind::Integer,
       .doc = "A batch is closed when it has so many records.",
       .fallback = "24576",
       .min = 1,
       .max = 1'000'000},
      {.name = "batch_bytes",
       .kind = KeyKind::Size,
       .doc = "A batch is closed when its records have so many bytes.",
       .fallback = "32MB",
       .min = 1},
      {.name = "linger",
       .kind = KeyKind::Duration,
       .doc = "How long a batch with a record waits for more.",
       .fallback = "5ms"},
      {.name = "record_bytes",
       .kind = KeyKind::Size,
       .doc = "A longer record is quarantined, cut to this length.",
       .fallback = "10MB",
       .min = 1,
       .max = int64_t{1} << 30},
      {.name = "quarantine_bytes",
       .kind = KeyKind::Size,
       .doc = "When the quarantine holds so many bytes, the budget is exceeded.",
       .fallback = "10GB",
       .min = 1},
      {.name = "parked_records",
       .kind = KeyKind::Integer,
       .doc = "So many records may wait for their parents; then the sources are slowed down.",
       .fallback = "1000000",
       .min = 1},
      {.name = "memory",
       .kind = KeyKind::Size,
       .doc = "What the SQL of a batch may use, and a query while nothing runs; and once more what "
              "loads over all records keep in memory, before it goes to disk.",
       .fallback = "512MB",
       .min = int64_t{64} << 20},
      {.name = "warehouse_memory",
       .kind = KeyKind::Size,
       .doc = "What the embedded warehouse may use during a run, for pages of its file and for "
              "models. Larger intermediate results go to disk.",
       .fallback = "96MB",
       .min = int64_t{64} << 20},
  };
}

std::vector<Key> check_keys() {
  return {
      {.name = "name",
       .doc = "Becomes the reason check.NAME; unique in its contract.",
       .required = true},
      {.name = "sql",
       .doc = "A boolean SQL expression over the fields of one record; FALSE is a violation, NULL "
              "is not.",
       .required = true},
      {.name = "action",
       .doc = "What happens to a violating record: it is quarantined, only reported, or the "
              "pipeline stops before it.",
       .fallback = "quarantine",
       .choices = {"quarantine", "warn", "stop"}},
      {.name = "message", .doc = "A sentence for people."},
  };
}

std::vector<Key> load_keys() {
  return {
      {.name = "table",
       .doc = "The table that the rows go to, as name or schema.name.",
       .required = true},
      {.name = "key",
       .kind = KeyKind::TextList,
       .doc = "The columns of the SELECT that identify a row."},
      {.name = "mode",
       .doc = "append: every row is added; insert: the first row of a key wins; upsert: the newest "
              "wins; update: likewise, but the row must be there; patch: likewise, and only the "
              "fields that a record brings change; replace: the table's content is swapped.",
       .fallback = "append",
       .choices = {"append", "insert", "upsert", "update", "patch", "replace"}},
      {.name = "version",
       .doc =
           "upsert, update, patch: the column that says which row of a key is newer; without it, "
           "the later one in the source's order."},
      {.name = "delete_when",
       .doc =
           "upsert, update, patch: a boolean SQL expression over the fields of a record; where it "
           "is true, the row of its key is deleted, and nothing older brings it back."},
      {.name = "history",
       .kind = KeyKind::Boolean,
       .doc = "Rows of superseded versions are kept as well; needs a key of its own.",
       .fallback = "false"},
      {.name = "over",
       .doc = "record: the SELECT makes rows of each record by itself; all (only with mode "
              "replace): it runs once, at the end, over the valid records of the whole input, and "
              "may group, order and compare them.",
       .fallback = "record",
       .choices = {"record", "all"}},
      {.name = "sql", .doc = "One SELECT over accepted, the valid records.", .required = true},
  };
}

std::vector<Key> kind_keys() {
  return {
      {.name = "contract",
       .kind = KeyKind::Any,
       .doc = "The fields of a record.",
       .form = fields_form,
       .schema = fields_schema},
      {.name = "unknown_fields",
       .doc = "Fields that the contract does not name are dropped, kept in the column _extra, or "
              "make the record invalid.",
       .fallback = "ignore",
       .choices = {"ignore", "keep", "refuse"}},
      {.name = "checks",
       .kind = KeyKind::List,
       .doc = "Rules over several fields, in SQL.",
       .keys = check_keys()},
      {.name = "load",
       .kind = KeyKind::List,
       .doc = "The tables that valid records go to; the first decides whether a record is new.",
       .keys = load_keys()},
      {.name = "conflicts",
       .doc = "What happens to a record whose key is known but whose content differs: it is "
              "quarantined, or counted as a duplicate.",
       .fallback = "quarantine",
       .choices = {"quarantine", "count"}},
  };
}

std::vector<Key> value_keys() {
  return {
      {.name = "values", .kind = KeyKind::TextList, .doc = "The only values allowed."},
      {.name = "min", .doc = "The smallest value allowed: numbers, dates and timestamps."},
      {.name = "max", .doc = "The largest value allowed: numbers, dates and timestamps."},
      {.name = "min_length",
       .kind = KeyKind::Integer,
       .doc = "text: the fewest characters.",
       .min = 0},
      {.name = "max_length",
       .kind = KeyKind::Integer,
       .doc = "text: the most characters.",
       .min = 0},
      {.name = "pattern", .doc = "text: a regular expression (RE2) that the whole text matches."},
      {.name = "min_items", .kind = KeyKind::Integer, .doc = "list: the fewest items.", .min = 0},
      {.name = "max_items", .kind = KeyKind::Integer, .doc = "list: the most items.", .min = 0},
      {.name = "examples",
       .kind = KeyKind::TextList,
       .doc = "Valid values for clearwell generate and prove, where type and rules do not say what "
              "real ones look like. Records are not judged by them."},
  };
}

std::vector<Key> structure_keys() {
  return {
      {.name = "references",
       .doc = "The value must be in this column of a table: table.column or "
              "schema.table.column."},
      {.name = "if_missing",
       .kind = KeyKind::Any,
       .doc = "What happens to a record whose reference is not there (yet): quarantine, or {park: "
              "30s} to let it wait so long. Default: quarantine.",
       .form = "quarantine, or {park: duration}",
       .schema = R"({"anyOf":[{"const":"quarantine"},{"$ref":"#/$defs/if_missing"}]})"},
      {.name = "take",
       .kind = KeyKind::Any,
       .doc = "Columns of the referenced row that join the record beside this field: [state, "
              "{name: user_name}].",
       .form = "a list of columns, or of {column: field name}",
       .schema = R"({"type":"array","minItems":1,"items":{"anyOf":[{"type":"string"},)"
                 R"({"type":"object","minProperties":1,"maxProperties":1,)"
                 R"("additionalProperties":{"type":"string"}}]}})"},
      {.name = "items",
       .kind = KeyKind::Any,
       .doc = "list: what its items are. A type or {type: …} for single values; a mapping of names "
              "to fields for objects (an object with a field called type: {type: object, fields: "
              "…}).",
       .form = "a type, a field, or a mapping of names to fields",
       .schema = R"({"anyOf":[{"$ref":"#/$defs/field"},)"
                 R"({"type":"object","minProperties":1,)"
                 R"("properties":{"type":{"type":"object"}},)"
                 R"("additionalProperties":{"$ref":"#/$defs/field"}}]})"},
      {.name = "fields",
       .kind = KeyKind::Any,
       .doc = "object: its fields.",
       .form = fields_form,
       .schema = fields_schema},
  };
}

std::vector<Key> field_keys() {
  std::vector<Key> keys = {
      {.name = "type",
       .doc = "text, integer (64 bit), decimal(precision,scale), double, boolean, date, timestamp, "
              "uuid, json, list or object.",
       .required = true},
      {.name = "key",
       .kind = KeyKind::Boolean,
       .doc = "Part of the record's key: it must be there and not be null. Also inside objects, "
              "not in lists.",
       .fallback = "false"},
      {.name = "required",
       .kind = KeyKind::Boolean,
       .doc = "The field must be there; false also lets it be null.",
       .fallback = "true"},
      {.name = "nullable",
       .kind = KeyKind::Boolean,
       .doc = "The value may be null.",
       .fallback = "false"},
      {.name = "default", .doc = "The value when the field is absent."},
      {.name = "clean",
       .kind = KeyKind::TextList,
       .doc = "What is done to a text before it is judged.",
       .choices = {"trim", "lower", "upper", "empty_is_null"}},
      {.name = "parse",
       .kind = KeyKind::TextList,
       .doc = "date, timestamp: formats to try in order, such as %Y-%m-%d %H:%M:%S; without it, "
              "ISO 8601."},
      {.name = "zone",
       .doc = "timestamp: the time zone of a text without one; none makes it a local timestamp, "
              "where a zone is an error.",
       .fallback = "UTC"},
  };
  for (std::vector<Key>& more : std::vector{value_keys(), structure_keys()}) {
    std::move(more.begin(), more.end(), std::back_inserter(keys));
  }
  return keys;
}

std::vector<Key> pipeline_keys() {
  std::vector<Key> keys = {
      {.name = "pipeline",
       .doc = "Its name, unique in the project: [a-z][a-z0-9_]*.",
       .required = true},
      {.name = "params",
       .kind = KeyKind::Any,
       .doc = "Parameters: flags of clearwell run, used as ${params.NAME}.",
       .form = "a mapping of names to defaults, nothing, or {help, default}",
       .schema = R"({"type":"object","additionalProperties":{"anyOf":[)"
                 R"({"type":["string","number","boolean","null"]},{"$ref":"#/$defs/param"}]}})"},
      {.name = "from",
       .kind = KeyKind::Any,
       .doc = "The sources, each with its settings.",
       .required = true,
       .form = "a list of {source type: settings}, or one of these",
       .schema = R"({"anyOf":[{"$ref":"#/$defs/source"},)"
                 R"({"type":"array","minItems":1,"items":{"$ref":"#/$defs/source"}}]})"},
  };
  std::vector<Key> kind = kind_keys();
  std::move(kind.begin(), kind.end(), std::back_inserter(keys));
  keys.push_back({.name = "budget",
                  .kind = KeyKind::Mapping,
                  .doc = "A circuit breaker: too many rejected records pause the pipeline.",
                  .keys = {{.name = "max_rejected",
                            .kind = KeyKind::Percent,
                            .doc = "The share of records that may be rejected.",
                            .fallback = "100%"},
                           {.name = "over",
                            .kind = KeyKind::Integer,
                            .doc = "Not judged before so many records have been read.",
                            .fallback = "1000",
                            .min = 1}}});
  keys.push_back({.name = "route",
                  .doc = "Several kinds of records: the path of the field that names the kind, "
                         "such as metadata.type."});
  keys.push_back({.name = "contracts",
                  .kind = KeyKind::Any,
                  .doc = "With route, instead of contract, checks, load, unknown_fields and "
                         "conflicts: these keys for each kind.",
                  .form = "a mapping of kinds to their keys",
                  .schema = R"({"type":"object","minProperties":1,)"
                            R"("additionalProperties":{"$ref":"#/$defs/contracts"}})"});
  return keys;
}

std::vector<Key> schedule_keys() {
  return {
      {.name = "cron",
       .doc = "When it is due: minute hour day month weekday, such as '*/15 * * * *', or @hourly, "
              "@daily and so on."},
      {.name = "window",
       .kind = KeyKind::Duration,
       .doc = "Each run is over the time so long before it is due. In a report, its own window is "
              "the default.",
       .min = 60'000'000},
      {.name = "zone", .doc = "The time zone by whose clocks it is due.", .fallback = "UTC"},
      {.name = "missed",
       .doc = "What became due while nothing ran is made up for later: all of it, the last one, or "
              "nothing.",
       .fallback = "all",
       .choices = {"all", "last", "none"}},
  };
}

std::vector<Key> report_keys() {
  return {
      {.name = "report",
       .doc = "Its name: letters, digits and _. Upper and lower case are alike on the command "
              "line.",
       .required = true},
      {.name = "help", .doc = "A sentence for people."},
      {.name = "sql",
       .doc = "One SELECT over the warehouse, in its own SQL. ${window.start} and ${window.end} "
              "are timestamps with time zone: the start is in the window, the end is not.",
       .required = true},
      {.name = "details",
       .kind = KeyKind::Mapping,
       .doc = "The rows behind the report, on request (--details).",
       .keys = {{.name = "sql", .doc = "One SELECT, as above."}}},
      {.name = "window",
       .kind = KeyKind::Duration,
       .doc = "How long a time it is over, unless told otherwise: whole minutes.",
       .fallback = "15m",
       .min = 60'000'000},
      {.name = "outputs",
       .kind = KeyKind::TextList,
       .doc = "The files that are written.",
       .fallback = "csv",
       .choices = {"csv", "json", "parquet"}},
      {.name = "chart",
       .kind = KeyKind::Mapping,
       .doc = "How a page draws it.",
       .keys = {{.name = "kind", .doc = "Its form.", .choices = {"bar", "line", "area", "pie"}},
                {.name = "x", .doc = "The column of the x axis, or of a pie's names."},
                {.name = "y",
                 .kind = KeyKind::TextList,
                 .doc = "The column of the y axis, or several."}}},
      {.name = "schedule",
       .kind = KeyKind::Mapping,
       .doc = "When clearwell run makes it by itself.",
       .keys = schedule_keys()},
  };
}

}  // namespace

const Spec& project_spec() {
  static const Spec spec{
      "clearwell.yaml",
      "The project: a folder with clearwell.yaml, pipelines/*.yaml and models/*.sql.",
      {{.name = "project", .doc = "Its name, shown in reports.", .required = true},
       {.name = "warehouse",
        .doc = "Where the tables are: duckdb:PATH, relative to the project, or "
               "postgres://USER@HOST/DATABASE.",
        .fallback = "duckdb:warehouse.duckdb"},
       {.name = "schema",
        .doc = "PostgreSQL: the schema of tables and models that name none; it is made when "
               "missing, and names are looked for in public as well. A DuckDB file does without."},
       {.name = "limits",
        .kind = KeyKind::Mapping,
        .doc = "Bounds of time and space.",
        .keys = limit_keys()},
       {.name = "engine",
        .kind = KeyKind::Mapping,
        .doc = "Engines beside the one inside, for `clearwell run --engine NAME`.",
        .keys = engine_keys()},
       {.name = "models",
        .kind = KeyKind::Mapping,
        .doc = "Defaults of all models.",
        .keys = {{.name = "every",
                  .kind = KeyKind::Duration,
                  .doc = "A model is rebuilt at most so often.",
                  .fallback = "5s"}}}}};
  return spec;
}

const Spec& pipeline_spec() {
  static const Spec spec{"pipeline", "pipelines/*.yaml: from sources to tables.", pipeline_keys()};
  return spec;
}

const Spec& kind_spec() {
  static const Spec spec{"contracts", "One kind of record of a pipeline with route.", kind_keys()};
  return spec;
}

const Spec& field_spec() {
  static const Spec spec{"field", "One field of a contract; a type alone is short for {type: …}.",
                         field_keys()};
  return spec;
}

const Spec& param_spec() {
  static const Spec spec{"param",
                         "One parameter of a pipeline.",
                         {{.name = "help", .doc = "A sentence for clearwell run --help."},
                          {.name = "default", .doc = "Without it the flag must be given."}}};
  return spec;
}

const Spec& park_spec() {
  static const Spec spec{"if_missing",
                         "What happens to a record whose reference is not there (yet).",
                         {{.name = "park",
                           .kind = KeyKind::Duration,
                           .doc = "So long it may wait for its parent, then it is quarantined.",
                           .required = true,
                           .min = 1}}};
  return spec;
}

const Spec& model_spec() {
  static const Spec spec{
      "model",
      "The comment lines at the head of models/*.sql, such as -- materialized: view.",
      {{.name = "materialized",
        .doc = "A table that is rebuilt, or a view.",
        .fallback = "table",
        .choices = {"table", "view"}},
       {.name = "every",
        .kind = KeyKind::Duration,
        .doc = "The table is rebuilt at most so often; without it, models.every of "
               "clearwell.yaml."}}};
  return spec;
}

const Spec& report_spec() {
  static const Spec spec{"report", "reports/*.yaml: SQL over the warehouse for a window of time.",
                         report_keys()};
  return spec;
}

const Spec& schedule_spec() {
  static const Spec spec = [] {
    Spec out{"schedule",
             "schedules/*.yaml, as clearwell report schedule writes them: when a report is due.",
             {{.name = "report", .doc = "The report, in any case.", .required = true}}};
    for (Key& key : schedule_keys()) {
      if (key.name == "cron" || key.name == "window") key.required = true;
      out.keys.push_back(std::move(key));
    }
    return out;
  }();
  return spec;
}

const std::vector<std::string>& type_names() {
  static const std::vector<std::string> names = {"text",      "integer", "decimal(precision,scale)",
                                                 "double",    "boolean", "date",
                                                 "timestamp", "uuid",    "json",
                                                 "list",      "object"};
  return names;
}

Spec source_spec(const Spec& source) {
  Spec spec = source;
  for (const Key& key : spec.keys) {
    if (key.name == "name") return spec;
  }
  spec.keys.push_back({.name = "name",
                       .doc = "Its name, unique in the pipeline: [a-z][a-z0-9_]*. Positions are "
                              "stored under it. Default: the source's type."});
  return spec;
}

std::vector<Spec> all_specs(const std::vector<Spec>& sources) {
  std::vector<Spec> specs = {project_spec(), pipeline_spec(), kind_spec(),
                             field_spec(),   park_spec(),     param_spec(),
                             model_spec(),   report_spec(),   schedule_spec()};
  for (const Spec& source : sources) specs.push_back(source_spec(source));
  return specs;
}

}  // namespace clearwell::config
