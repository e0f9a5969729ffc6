// A golden test: one *.test file that holds a project, its input, commands, and all that they must
// print. The file is read into a Scenario, run in a scratch folder, and compared; or rewritten with
// what was printed. docs/reference/golden-tests.md shows the format to users:
//
//   # a line that starts with '#', outside blocks: what the test proves
//   batches fixed                     run once; else (`batches any`) three times, with batches of
//                                     1, 7 and all records, which must all print the same
//   clock 2024-01-01T00:00:00Z        CLEARWELL_CLOCK and the mtime of files (this is the default);
//                                     `clock real` leaves both alone
//   env NAME=value                    an environment variable of the commands that follow
//   project ../../examples/retail     copies clearwell.yaml and pipelines/, models/, reports/ of
//                                     that folder (relative to the test file)
//   delete data/a.json                removes a file or a folder
//   folder data                       makes an empty folder
//   mtime data/a.json 2024-01-02T00:00:00Z
//
//   file pipelines/a.yaml             writes the lines of the block below
//   pipeline: a
//   ----
//   append data/a.jsonl               adds the lines of the block
//   ----
//   bytes data/b.json                 writes exact bytes: \n \r \t \\ \xNN are escapes, and the
//   \xff{"a":1}                       line breaks of the block mean nothing
//   ----
//   $ clearwell run --once            /bin/sh runs it in the scratch folder, with its stdout and
//   error: …                          stderr as the block. "---- exit 2" closes the block of a
//   ---- exit 2                       command that must not exit with 0
//
// A block ends at a line "----" (or "---- exit N"); a line of the content that would look like one
// (backslashes, then "----") has one backslash more in front. The path of the scratch folder is
// written $DIR; it is always equally long, so that columns stay aligned. Nothing else is hidden.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace clearwell::cli {

struct Step {
  enum class Kind { Env, Clock, Project, Delete, Folder, Mtime, File, Append, Bytes, Command };
  Kind kind = Kind::Command;
  size_t line = 0;       // from 1
  std::string argument;  // path, NAME=value, time or command
  std::string content;   // of the block: what a file holds, or what a command must print
  int exit = 0;          // Command
  size_t block_first = 0, block_last = 0;  // Command: the block's lines and its end, from 1
};

struct Scenario {
  bool any_batches = true;
  std::vector<Step> steps;
};

// What a command printed (normalised) and exited with.
struct Outcome {
  std::string output;
  int exit = 0;
  bool operator==(const Outcome&) const = default;
};

// A Config error names the line of what is wrong.
Result<Scenario> parse_scenario(const std::string& text);

// The text with the blocks of its commands replaced. REQUIRES: one outcome for each command of the
// scenario, which was parsed from this text.
std::string rewrite(const std::string& text, const Scenario& scenario,
                    const std::vector<Outcome>& outcomes);

// Lines of `expected` and `actual` side by side: "  same", "- expected only", "+ actual only", with
// two same lines around each difference.
std::string difference(const std::string& expected, const std::string& actual);

}  // namespace clearwell::cli
