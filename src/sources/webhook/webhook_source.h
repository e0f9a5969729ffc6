// Source `webhook`: each delivery to an HTTP address is a record, or several. It is answered when
// it is on disk, in a spool that the pipeline reads from.
#pragma once

#include "sources/source.h"

namespace clearwell::sources::webhook {

config::Spec spec();
void check(const config::Source& config, config::Faults& faults);
Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context);

}  // namespace clearwell::sources::webhook
