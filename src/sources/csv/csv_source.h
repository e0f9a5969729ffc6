// Source `csv`: each row of a file is one record.
#pragma once

#include "sources/source.h"

namespace clearwell::sources::csv {

config::Spec spec();
Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context);

}  // namespace clearwell::sources::csv
