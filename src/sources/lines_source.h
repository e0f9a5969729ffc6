// What sources of lines share: files that are read side by side, grow, move and are replaced. Those
// sources differ in what a record is (line_reader.h).
#pragma once

#include <optional>

#include "batch/csv.h"
#include "sources/source.h"

namespace clearwell::sources {

// Name, doc and own keys of a source, with the keys that all of these have.
config::Spec lines_spec(config::Spec own);
// `csv`: how records and header are written; none: each line is a record.
Result<std::unique_ptr<Source>> make_lines(const config::Source& config,
                                           const SourceContext& context,
                                           std::optional<batch::CsvFormat> csv);

}  // namespace clearwell::sources
