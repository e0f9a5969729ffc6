#include "engine/csv_formats.h"

#include <algorithm>
#include <set>

namespace clearwell::engine {
namespace {

using config::Field;
using config::FieldType;

bool is_csv(const config::Source& source) { return source.type == batch::csv_source; }

bool is_byte(const std::string& text) { return text.size() == 1 && text != "\n" && text != "\r"; }

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_characters(const config::Settings& settings, config::Faults& faults) {
  const std::string& delimiter = settings.text("delimiter");
  const std::string& quote = settings.text("quote");
  if (!is_byte(delimiter) && delimiter != "tab") {
    faults.add(settings.mark("delimiter"), "bad_delimiter",
               "the delimiter must be one character of ASCII, such as '|', or tab");
  }
  if (!is_byte(quote) && quote != "none") {
    faults.add(settings.mark("quote"), "bad_quote",
               "the quote must be one character of ASCII, or none");
  } else if (quote == delimiter) {
    faults.add(settings.mark("quote"), "bad_quote", "the quote must not be the delimiter");
  }
}

// Names that stand twice, and names that the contract refuses.
void check_columns(const config::Source& source, const config::Kind& kind, config::Faults& faults) {
  if (!source.settings.has("columns")) return;
  const config::Mark mark = source.settings.mark("columns");
  const std::vector<std::string> fields = batch::field_names(kind);
  std::set<std::string> seen;
  for (const std::string& column : source.settings.texts("columns")) {
    if (!seen.insert(column).second) {
      faults.add(mark, "bad_columns", "the column " + column + " stands twice in 'columns'");
    }
    if (kind.unknown_fields != config::UnknownFields::Refuse || has(fields, column)) continue;
    const auto near = config::nearest(column, fields);
    faults.add(mark, "bad_columns",
               "the column " + column + " is not a field of the contract, which refuses others" +
                   (near ? "; did you mean " + *near + "?" : ""));
  }
}

// Fields that cannot be filled from columns, or that every row would lack.
void check_fields(const config::Source& source, const config::Kind& kind, config::Faults& faults) {
  const std::vector<std::string> columns =
      batch::csv_format(source.settings, batch::field_names(kind)).columns;
  for (const Field& field : kind.fields) {
    if (field.type == FieldType::List || field.type == FieldType::Object ||
        field.type == FieldType::Json) {
      faults.add(field.mark, "csv_field",
                 field.name +
                     ": a column of CSV holds no lists, objects and json values, and the "
                     "source " +
                     source.name + " is CSV");
    }
    if (has(columns, field.name)) continue;
    if ((!field.required && !field.key) || field.default_value) continue;
    const auto near = config::nearest(field.name, columns);
    faults.add(source.settings.mark("columns"), "bad_columns",
               "the field " + field.name + " must be in every record, but is not in 'columns'" +
                   (near ? "; is " + *near + " meant?" : ""));
  }
}

}  // namespace

decode::CsvFormats csv_formats(const config::Pipeline& pipeline) {
  decode::CsvFormats formats;
  if (!pipeline.route.empty() || pipeline.kinds.size() != 1) return formats;
  for (const config::Source& source : pipeline.sources) {
    if (!is_csv(source)) continue;
    formats.emplace(source.name,
                    batch::csv_format(source.settings, batch::field_names(pipeline.kinds.front())));
  }
  return formats;
}

void check_csv(const config::Pipeline& pipeline, config::Faults& faults) {
  for (const config::Source& source : pipeline.sources) {
    if (!is_csv(source)) continue;
    check_characters(source.settings, faults);
    if (!pipeline.route.empty()) {
      faults.add(source.mark, "csv_route",
                 "all rows of a CSV file are of one kind: a pipeline with 'route' cannot read it");
      continue;
    }
    if (pipeline.kinds.size() != 1) continue;  // a fault that has been told
    check_columns(source, pipeline.kinds.front(), faults);
    check_fields(source, pipeline.kinds.front(), faults);
  }
}

}  // namespace clearwell::engine
