// What a source is: bytes of records, each with position, order and arrival time, and a way to go
// on from where a committed batch ended.
//
// Protocol, on one thread unless said otherwise:
//   open(resume) once → poll() again and again → close().
// A batch that poll() filled is processed and committed later, possibly while the next is read;
// batches are committed in the order in which they were polled, each exactly once, or the run ends.
// After a crash the next open() gets the positions of the last commit: nothing else is remembered.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/record.h"
#include "config/project.h"

namespace clearwell::sources {

enum class Polled {
  Ready,     // the batch has records, or (kafka) only positions to be stored
  Idle,      // nothing new within the wait; ask again
  Finished,  // once: all input has been handed over and confirmed
};

struct Limits {
  size_t rows;                       // at most so many records a batch
  size_t bytes;                      // a batch is closed when it holds more
  size_t record_bytes;               // a longer record is handed over cut, fault TooLarge
  std::chrono::microseconds linger;  // how long a batch with a record waits for more
};

// State of the last commit.
struct Resume {
  std::map<std::string, std::string> lanes;  // lane → position, only this source's lanes
  std::vector<batch::FileMark> marks;        // files: everything done so far
};

class Source {
 public:
  virtual ~Source() = default;

  // A position that does not fit what is there now (another file, beyond its end) is a Config error
  // that names the cure. Missing input under `once` is a Config error, otherwise it is waited for.
  virtual Result<void> open(Resume resume) = 0;

  // Fills `batch` (empty on entry, source name set). Waits up to `wait` for a first record, up to
  // limits.linger for more. An Error that is Retryable may be polled again after a pause.
  virtual Result<Polled> poll(batch::RawBatch& batch, const Limits& limits,
                              std::chrono::microseconds wait) = 0;

  // Makes `batch` end before its record `count` and its lanes advance no further than that. Either
  // the rest is left unread and the run ends after it; or the rest follows in a transaction of its
  // own, and committed() gets the whole. Retryable if a file is not there any more. From any
  // thread.
  virtual Result<void> cut(batch::RawBatch& batch, size_t count) const = 0;

  // From any thread. The batch's transaction has committed (or it needed none).
  // `retried[i]` (may be empty: none) marks records that were not settled and did not parse: they
  // were left out of the commit, and are to be read again when they change or have settled.
  virtual void committed(const batch::RawBatch& batch, const std::vector<bool>& retried) = 0;

  // True when nothing more is known to be waiting: reading has reached the end of what there is.
  // From any thread.
  virtual bool caught_up() const = 0;

  // What is wrong with single pieces of the input, one sentence each, e.g. files that cannot be
  // read: no Error, since all the rest goes on and they are tried again. Under `once` poll() ends
  // with a Fatal error instead of Finished when there are any. From any thread.
  virtual std::vector<std::string> problems() const { return {}; }

  virtual void close() = 0;
};

struct SourceContext {
  std::string pipeline;
  std::string folder;  // project folder: relative paths are relative to it
  bool once = false;
  std::vector<std::string> fields = {};  // of the contract, in its order; empty if routed
  // The input replaces what was loaded before: a file without the header it must have is no empty
  // one, but a problem.
  bool replaces = false;
};

// One line for each kind of source: its Spec, its constructor and its check.
struct SourceKind {
  config::Spec spec;
  Result<std::unique_ptr<Source>> (*make)(const config::Source& config,
                                          const SourceContext& context);
  // Faults of its settings that the Spec cannot tell; may be null. Looks at no input.
  void (*check)(const config::Source& config, config::Faults& faults) = nullptr;
};
// The kind of a source whose type the project's reader has accepted.
const SourceKind& kind_of(const config::Source& config);
const std::vector<SourceKind>& all_sources();
std::vector<config::Spec> source_specs();

}  // namespace clearwell::sources
