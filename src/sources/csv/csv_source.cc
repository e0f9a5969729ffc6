// A record's payload is its row as it stands in the file, quotes and all, so that it can be judged
// again without the file: which value belongs to which column, the settings say, and the header of
// a file is only compared with them (docs/decisions/0015-csv.md).
#include "sources/csv/csv_source.h"

#include "sources/lines_source.h"

namespace clearwell::sources::csv {

config::Spec spec() {
  using config::KeyKind;
  return lines_spec(
      {.name = "csv",
       .doc = "Each row of a CSV file (UTF-8) is one record; a quoted value may hold newlines. "
              "Reading goes on where the last commit ended; files may grow, be renamed and be "
              "joined by new ones.",
       .keys = {
           {.name = "delimiter",
            .doc = "The character between two values: one byte, or tab.",
            .fallback = ","},
           {.name = "quote",
            .doc = "The character around values that hold delimiters or newlines, written twice "
                   "within them: one byte, or none.",
            .fallback = "\""},
           {.name = "header",
            .kind = KeyKind::Boolean,
            .doc = "Whether files begin with the names of their columns. A file with other names "
                   "is told, and nothing of it is read.",
            .fallback = "true"},
           {.name = "columns",
            .kind = KeyKind::TextList,
            .doc = "The columns in the order of the file; default: the fields of the contract. "
                   "One that is no field of the contract is an unknown field."},
           {.name = "nulls",
            .kind = KeyKind::TextList,
            .doc = "What stands for no value, where it is not quoted; default: nothing, as "
                   "between two delimiters. The field then has its default, or is null."},
       }});
}

Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context) {
  return make_lines(config, context, batch::csv_format(config.settings, context.fields));
}

}  // namespace clearwell::sources::csv
