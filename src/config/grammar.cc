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
