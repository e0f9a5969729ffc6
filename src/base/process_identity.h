// Which process this is, told so that others on the machine can see whether it still runs: a bare
// pid is soon another's, and means nothing on another machine.
#pragma once

#include <string>

namespace clearwell {

// "boot id/pid namespace/pid/start time" from /proc; empty where that cannot be read.
std::string process_identity();

// Has that process ended, beyond doubt? False also when it ran on another machine or in another
// container, for nobody here can know.
bool has_ended(const std::string& identity);

// "process 4711 on db-host": for messages.
std::string process_name();

}  // namespace clearwell
