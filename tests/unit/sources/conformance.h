// What the tests of sources share: a stand-in for the engine and its warehouse, and the table of
// benches by which conformance_test.cc puts every kind of source through one suite.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sources/source.h"

namespace clearwell::sources {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Settings as the configuration reader would make them from `given` and the defaults.
config::Settings settings_of(const std::string& kind,
                             const std::map<std::string, std::string>& given);

inline Limits limits_of(size_t rows = 1000) {
  return {.rows = rows, .bytes = 1 << 20, .record_bytes = 1 << 20, .linger = milliseconds(1)};
}

// A record, with its bytes kept beyond its batch.
struct Seen {
  std::string payload, partition, order;
  int64_t offset, line;
  batch::SourceFault fault;
  bool settled;
  bool operator==(const Seen&) const = default;
};

// Runs a source as the engine does, and keeps what a warehouse would: positions and marks change
// with each commit, by compare-and-set.
class Harness {
 public:
  Harness(std::string kind, std::map<std::string, std::string> settings, std::string folder = "/")
      : kind_(std::move(kind)), given_(std::move(settings)), folder_(std::move(folder)) {}
  ~Harness() { close(); }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  // Starts (again) from the last commit.
  Result<void> open(bool once);
  void open_ok(bool once);
  void close();
  Source& source() { return *source_; }

  // A batch within about `patience`, or what poll() said last.
  Result<Polled> poll(batch::RawBatch& batch, const Limits& limits, milliseconds patience);
  void commit(const batch::RawBatch& batch, const std::vector<bool>& retried = {});

  // Polls and commits until Finished (once), or until `count` records have come. Every failure of
  // the source is one of the test.
  std::vector<Seen> read_all(const Limits& limits = limits_of());
  std::vector<Seen> read(size_t count, const Limits& limits = limits_of());
  // The payloads of these, in the order in which they came.
  static std::vector<std::string> payloads(const std::vector<Seen>& seen);
  static std::vector<Seen> seen(const batch::RawBatch& batch);

  const Resume& state() const { return state_; }
  Resume& state() { return state_; }

 private:
  std::string kind_;
  std::map<std::string, std::string> given_;
  std::string folder_;
  Resume state_;
  std::unique_ptr<Source> source_;
};

// How the suite makes input for one kind of source.
struct Bench {
  std::string kind;
  // Settings for input below this folder, which need not exist yet.
  std::function<std::map<std::string, std::string>(const std::string& folder)> settings;
  // Adds one record with each of these payloads (without newlines); makes the input, which is empty
  // if there are none.
  std::function<void(const std::string& folder, const std::vector<std::string>& payloads)> add;
  // What is said to be missing when there is no input.
  std::function<std::string(const std::string& folder)> named = [](const std::string& folder) {
    return folder + "/in";
  };
};
const std::vector<Bench>& benches();

}  // namespace clearwell::sources
