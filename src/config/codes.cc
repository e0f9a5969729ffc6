#include "config/codes.h"

namespace clearwell::config {

namespace {

constexpr FaultCode all_codes[] = {
    {"bad_boolean", "A value must be true or false."},
    {"bad_character", "A file contains a control character that has no place in a text."},
    {"bad_choice", "A value is not one of those allowed for its key."},
    {"bad_column_type", "A column of a load's SELECT has a type that no warehouse keeps."},
    {"bad_combination", "Two keys contradict each other, or one needs another that is missing."},
    {"bad_decimal", "A decimal type is not written as decimal(precision,scale), or out of range."},
    {"bad_default", "A field's default is no valid value of the field."},
    {"bad_duration", "A duration is not a whole number with a unit, such as 30s."},
    {"bad_format", "A format under parse cannot be read."},
    {"bad_integer", "A value must be a whole number."},
    {"bad_limit", "A field's min, max or value is not of the field's type."},
    {"bad_name", "A name has characters that names of its kind cannot have."},
    {"bad_pattern", "A regular expression cannot be read."},
    {"bad_percent", "A share is not written as 50% or 0.5, or is not between 0% and 100%."},
    {"bad_placeholder", "A ${…} is not one of the forms that are understood."},
    {"bad_reference", "A reference is not written as table.column or schema.table.column."},
    {"bad_route", "A route is not a path of field names such as metadata.type."},
    {"bad_size", "A size is not a whole number with an optional unit, such as 10MB."},
    {"bad_sql", "SQL of a check or a load cannot be understood, or is not allowed there."},
    {"bad_table", "A table is not written as name or schema.name."},
    {"bad_version_type", "The values of a load's version have no order."},
    {"bad_warehouse", "The warehouse is not of the form duckdb:PATH."},
    {"check_not_boolean", "A check's SQL is not a condition."},
    {"duplicate_column", "A load's SELECT has two columns of one name."},
    {"duplicate_key", "A mapping has the same key twice."},
    {"duplicate_name",
     "Two things of one kind have the same name (upper and lower case count as equal, as they do "
     "in the warehouse)."},
    {"empty_contract", "A contract has no fields, or an object field has none."},
    {"empty_file", "A file has no content."},
    {"empty_value", "A key has an empty value where one is needed."},
    {"file_too_large", "A project file is larger than any written by hand."},
    {"file_unreadable", "A file or folder cannot be read."},
    {"internal", "A pipeline could not be prepared, for a reason that is not the project's."},
    {"load_needs_key", "A load's mode or history needs the columns that make its key."},
    {"min_above_max", "A minimum is above its maximum, so no value could be valid."},
    {"missing_key", "A mapping lacks a key that it must have."},
    {"missing_param", "A parameter without default was not given on the command line."},
    {"mixed_replace", "Some loads of a pipeline replace their tables and others do not."},
    {"model_cycle", "Models read each other in a circle, or one reads itself."},
    {"no_load", "A contract has no load, so its records would go nowhere."},
    {"no_parent_key", "A further load beside an upsert cannot find the rows of an older version."},
    {"no_project", "The folder has no clearwell.yaml."},
    {"no_source", "A pipeline has nothing under from."},
    {"not_utf8", "A file is not UTF-8."},
    {"option_misfit", "An option of a field does not go with the field's type or place."},
    {"out_of_range", "A number, duration or size is smaller or larger than its key allows."},
    {"reference_cycle", "References between contracts go in a circle."},
    {"replace_moves_files", "A pipeline that replaces its tables moves or deletes its input."},
    {"reserved_name", "A name is reserved for Clearwell itself."},
    {"shared_table", "Two loads write one table in different ways."},
    {"unknown_key", "A mapping has a key that is not known there."},
    {"unknown_key_column", "A column of a load's key is not in its SELECT."},
    {"unknown_param", "A parameter is used or given that the pipeline does not declare."},
    {"unknown_pipeline", "A pipeline is named that the project does not have."},
    {"unknown_source", "An entry of from names a kind of source that does not exist."},
    {"unknown_type", "A field has a type that does not exist."},
    {"unknown_version_column", "A load's version is not a column of its SELECT."},
    {"unknown_zone", "A field's time zone does not exist."},
    {"unreadable_secret", "The file of a ${file:…} cannot be read."},
    {"unset_variable", "An environment variable is not set and has no default."},
    {"version_needs_upsert", "A load has a version but its mode is not upsert."},
    {"wrong_kind", "A value is a text, a list or a mapping where another of these is expected."},
    {"yaml_syntax", "A file is not valid YAML."},
    {"yaml_unsupported", "A file uses a part of YAML that project files do not support."},
};

}  // namespace

std::span<const FaultCode> fault_codes() { return all_codes; }

}  // namespace clearwell::config
