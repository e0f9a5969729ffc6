// SIGINT and SIGTERM as a flag that long work looks at.
#pragma once

#include <atomic>

namespace clearwell::cli {

// From now on the first SIGINT or SIGTERM sets the flag, and the second of the same kind ends the
// program at once (which loses nothing: an open transaction is rolled back).
const std::atomic<bool>& stop_on_signals();

// A file that grows beyond the limit of file sizes (ulimit -f) is an error like a full disk: it is
// told and retried, instead of ending the program by a signal.
void take_file_limits_as_errors();

}  // namespace clearwell::cli
