// Source `jsonl`: each line of a file is one record.
#pragma once

#include "sources/source.h"

namespace clearwell::sources::jsonl {

config::Spec spec();
Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context);

}  // namespace clearwell::sources::jsonl
