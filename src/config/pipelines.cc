#include "config/pipelines.h"

#include <algorithm>
#include <map>

#include "config/grammar.h"
#include "config/kinds.h"
#include "config/mapping.h"
#include "config/params.h"
#include "config/phrases.h"
#include "config/placeholders.h"

namespace clearwell::config {

namespace {

class PipelineReader {
 public:
  PipelineReader(Pipeline& pipeline, const LoadOptions& options, Faults& faults)
      : pipeline_(pipeline), options_(options), faults_(faults) {}

  void read(const YamlNode& document) {
    const std::string what =
        pipeline_.name.empty() ? "the pipeline" : "pipeline " + in_quotes(pipeline_.name);
    const Mapping keys = check_mapping(document, what, pipeline_spec().keys, faults_);
    if (const auto from = keys.nodes.find("from"); from != keys.nodes.end()) {
      read_sources(*from->second);
    }
    pipeline_.budget.max_rejected = keys.settings.percent("budget.max_rejected");
    pipeline_.budget.over = keys.settings.integer("budget.over");
    if (keys.has("route") || keys.has("contracts")) {
      read_routed(keys);
    } else {
      add_kind(pipeline_.name, pipeline_.mark, what, keys);
    }
  }

 private:
  void add_kind(const std::string& name, const Mark& mark, const std::string& what,
                const Mapping& keys) {
    Kind kind;
    kind.name = name;
    kind.mark = mark;
    pipeline_.kinds.push_back(read_kind(std::move(kind), what, keys, faults_));
  }

  void read_sources(const YamlNode& from) {
    const bool single = from.is_map();
    if (!single && (!from.is_list() || from.items.empty())) {
      faults_.add(from.mark, "no_source",
                  "'from' must list at least one source, such as '- files: {…}', not " +
                      (from.is_list() ? "an empty list" : shown(from)));
      return;
    }
    if (single) {
      read_entry(from);
    } else {
      for (const YamlNode& entry : from.items) read_entry(entry);
    }
  }

  void read_entry(const YamlNode& entry) {
    if (entry.is_map() && entry.members.size() == 1) {
      read_source(entry.members[0]);
      return;
    }
    if (entry.is_map() && entry.members.size() > 1) {
      const YamlNode::Member& second = entry.members[1];
      faults_.add(second.mark, "wrong_kind",
                  "an entry of 'from' has one key, its source type, but here is a second one, " +
                      in_quotes(second.key) +
                      "; begin each source with '- ', and indent its settings below its type");
      return;
    }
    faults_.add(entry.mark, "wrong_kind",
                "an entry of 'from' must be a source type with its settings, such as "
                "'files: {…}', not " +
                    (entry.is_map() ? "an empty mapping" : shown(entry)));
  }

  void read_source(const YamlNode::Member& member) {
    const auto spec =
        std::find_if(options_.sources.begin(), options_.sources.end(),
                     [&](const Spec& candidate) { return candidate.name == member.key; });
    if (spec == options_.sources.end()) {
      std::vector<std::string> known;
      for (const Spec& candidate : options_.sources) known.push_back(candidate.name);
      faults_.add(member.mark, "unknown_source",
                  "there is no source " + in_quotes(member.key) +
                      suggestion_and_list(member.key, known, "sources"));
      return;
    }
    Source source;
    source.type = member.key;
    source.mark = member.mark;
    Mapping settings = check_mapping(member.value, "source " + in_quotes(member.key),
                                     source_spec(*spec).keys, faults_);
    source.name = settings.text("name").value_or(source.type);
    const Mark name_mark = settings.has("name") ? settings.settings.mark("name") : source.mark;
    if (!settings.is_open("name")) check_source_name(source, name_mark);
    source.settings = std::move(settings.settings);
    pipeline_.sources.push_back(std::move(source));
  }

  void check_source_name(const Source& source, const Mark& mark) {
    if (!is_plain_name(source.name)) {
      faults_.add(mark, "bad_name",
                  "the source name " + in_quotes(source.name) +
                      " must be of the form [a-z][a-z0-9_]*: positions are stored under it");
    }
    for (const Source& other : pipeline_.sources) {
      if (other.name != source.name) continue;
      faults_.add(mark, "duplicate_name",
                  "the source name " + in_quotes(source.name) +
                      " stands here twice, first in line " + std::to_string(other.mark.line) +
                      "; give each a 'name' of its own");
      return;
    }
  }

  void read_routed(const Mapping& keys) {
    for (const Key& key : kind_spec().keys) {
      if (!keys.has(key.name)) continue;
      faults_.add(keys.given.at(key.name), "bad_combination",
                  in_quotes(key.name) +
                      " cannot stand beside 'route' and 'contracts'; move it into "
                      "each kind under 'contracts'");
    }
    if (!keys.has("contracts")) {
      faults_.add(keys.given.at("route"), "missing_key",
                  "'route' needs 'contracts': the kinds of records and their keys");
    }
    if (!keys.has("route")) {
      faults_.add(keys.given.at("contracts"), "missing_key",
                  "'contracts' needs 'route': the path of the field that names the kind, such as "
                  "metadata.type");
    } else if (!keys.is_open("route")) {
      read_route(keys.settings.text("route"), keys.settings.mark("route"));
    }
    if (keys.has("contracts")) read_contracts(*keys.nodes.at("contracts"));
  }

  void read_route(const std::string& route, const Mark& mark) {
    pipeline_.route = split(route, '.');
    for (const std::string& part : pipeline_.route) {
      if (!part.empty() && part.find_first_of(" []\"\n") == std::string::npos) continue;
      faults_.add(mark, "bad_route",
                  "the route " + in_quotes(route) +
                      " must be a path of field names with dots, such as metadata.type");
      return;
    }
  }

  void read_contracts(const YamlNode& contracts) {
    if (!contracts.is_map() || contracts.members.empty()) {
      faults_.add(contracts.mark, "wrong_kind",
                  "'contracts' must be a mapping of kinds to their keys, not " +
                      (contracts.is_map() ? "an empty mapping" : shown(contracts)));
      return;
    }
    for (const YamlNode::Member& member : contracts.members) {
      if (member.key.empty() || member.key.size() > 200) {
        faults_.add(member.mark, "bad_name",
                    "a record kind's name is the value of the route's field: 1 to 200 bytes");
        continue;
      }
      const std::string what = "record kind " + in_quotes(member.key);
      const Mapping keys = check_mapping(member.value, what, kind_spec().keys, faults_);
      if (member.value.is_map()) add_kind(member.key, member.mark, what, keys);
    }
  }

  Pipeline& pipeline_;
  const LoadOptions& options_;
  Faults& faults_;
};

// The pipeline's name, needed before its parameters are known. That the key is missing or has no
// text, check_mapping says.
bool read_name(const YamlNode& document, Pipeline& pipeline, Faults& faults) {
  const YamlNode* name = document.find("pipeline");
  if (name == nullptr || !name->is_scalar() || name->text.empty()) return false;
  pipeline.mark = name->mark;
  if (is_plain_name(name->text)) {
    pipeline.name = name->text;
    return true;
  }
  faults.add(name->mark, "bad_name",
             "the pipeline's name is " + shown(*name) +
                 "; it must be of the form [a-z][a-z0-9_]*, as plain text, at most 63 characters");
  return false;
}

bool is_selected(const std::string& name, const LoadOptions& options) {
  return std::count(options.selected.begin(), options.selected.end(), name) > 0;
}

}  // namespace

std::optional<Pipeline> read_pipeline(YamlNode document, const LoadOptions& options,
                                      Faults& faults) {
  if (!document.is_map()) {
    faults.add(document.mark, "wrong_kind",
               "a pipeline file must be a mapping of keys and values, not " + shown(document) +
                   "; begin it with 'pipeline: NAME'");
    return std::nullopt;
  }
  Pipeline pipeline;
  pipeline.mark = document.mark;
  const bool has_name = read_name(document, pipeline, faults);
  for (YamlNode::Member& member : document.members) {
    if (member.key != "params") continue;
    Placeholders(options.folder, nullptr, faults).replace(member.value);
    pipeline.params = read_params(member.value, faults);
  }
  const auto given = options.params.find(pipeline.name);
  const bool run = has_name && is_selected(pipeline.name, options);
  static const std::map<std::string, std::string> none;
  const ParamValues values =
      param_values(pipeline, given == options.params.end() ? none : given->second, run, faults);
  for (const auto& [name, value] : values) pipeline.complete &= value.has_value();

  Placeholders placeholders(options.folder, &values, faults);
  for (YamlNode::Member& member : document.members) {
    if (member.key != "params" && member.key != "pipeline") placeholders.replace(member.value);
  }
  PipelineReader(pipeline, options, faults).read(document);
  if (!has_name) return std::nullopt;
  return pipeline;
}

}  // namespace clearwell::config
