// Source `files`: each file of a folder is one record.
#pragma once

#include "sources/source.h"

namespace clearwell::sources::files {

config::Spec spec();
Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context);

}  // namespace clearwell::sources::files
