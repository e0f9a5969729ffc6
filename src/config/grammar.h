// The keys of all project files: the specification behind the reader, the defaults, the editor's
// schema and the reference. What the keys of a source are, its own Spec says (sources/).
//
// Where a key's value is of kind Any, its grammar is:
//   params:    name → default | nothing (must be given) | {help, default}
//   from:      a list of single-key mappings, type → settings; or one such mapping
//   contract:  field name → type | {type, …}
//   contracts: record kind → {contract, checks, load, …}
//   take:      a list of columns, or of single-key mappings column → field name
//   items:     type, for a list of single values;
//              {type: …, …} with a plain text as `type`: any field, e.g. {type: text, pattern: …};
//              any other mapping: field name → field, for a list of objects. An object with a field
//              called "type" in short form is written {type: object, fields: {type: text}}.
//   fields:    field name → field
//   if_missing: quarantine | {park: 30s}
#pragma once

#include <vector>

#include "config/spec.h"

namespace clearwell::config {

const Spec& project_spec();   // clearwell.yaml
const Spec& pipeline_spec();  // pipelines/*.yaml; includes the keys of kind_spec()
const Spec& kind_spec();      // one entry of `contracts`
const Spec& field_spec();     // one field of a contract
const Spec& param_spec();     // one entry of `params`
const Spec& park_spec();      // `if_missing` as a mapping
const Spec& model_spec();     // the comment lines that head models/*.sql
const Spec& report_spec();    // reports/*.yaml
const Spec& schedule_spec();  // schedules/*.yaml

// Names and YAML spellings of field types.
const std::vector<std::string>& type_names();

// The Spec of a source as its users see it: with the key `name`, which all sources have.
Spec source_spec(const Spec& source);

// All of the above, in the order of the reference, and `sources`.
std::vector<Spec> all_specs(const std::vector<Spec>& sources);

// The keys of `specs` as Markdown: a heading and a table for each, nested keys with dots.
std::string reference_markdown(const std::vector<Spec>& specs);

}  // namespace clearwell::config
