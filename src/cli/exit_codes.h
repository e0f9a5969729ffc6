// What a run of the program answers to the shell. Stable, and shown by `clearwell --help`.
#pragma once

namespace clearwell::cli {

enum class ExitCode {
  Done = 0,        // also when records were quarantined: a bad record is data, not an error
  Failed = 1,      // a database, a disk, a query or a test failed, or a check stopped a pipeline
  Usage = 2,       // nothing was started: a flag, an argument or the project is wrong, or another
                   // process has the warehouse
  OverBudget = 3,  // a pipeline rejected more than its budget allows and was paused
};

}  // namespace clearwell::cli
