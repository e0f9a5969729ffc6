// The source `kafka`: topics of a Kafka cluster, each message a record.
#pragma once

#include "sources/source.h"

namespace clearwell::sources::kafka {

config::Spec spec();
Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context);
// Faults: topics that no cluster can have, a start that is no time, properties that the client does
// not know. Asks no broker.
void check(const config::Source& config, config::Faults& faults);

}  // namespace clearwell::sources::kafka
