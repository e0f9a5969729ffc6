// Reads the records of one file into batches, from an offset on, and waits for its last one. A
// record is a line; of CSV it has several where a quoted value holds newlines (batch/csv.h), and a
// header is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "batch/csv.h"
#include "batch/record.h"
#include "sources/input_bytes.h"
#include "sources/positions.h"
#include "sources/source.h"

namespace clearwell::sources {

class LineReader {
 public:
  enum class State {
    More,     // the batch is full, or time is up
    Partial,  // the last line has no newline yet, and the file has not settled
    AtEnd,    // every line has been handed over
  };

  // `info` is what bytes.stat() said. Under once lines that start beyond today's end are left out.
  struct Options {
    std::chrono::microseconds settle;
    bool once;
    const batch::CsvFormat* csv = nullptr;  // none: a record is a line
    bool needs_header = false;              // a file of CSV that ends before it is refused
  };
  LineReader(InputBytes bytes, const FileStat& info, std::string path, Positions::Start start,
             Options options);

  const std::string& path() const { return path_; }
  void set_path(std::string path) { path_ = std::move(path); }
  std::pair<uint64_t, uint64_t> identity() const { return {device_, inode_}; }
  bool is(const FileStat& info) const { return info.device == device_ && info.inode == inode_; }
  int64_t offset() const { return offset_; }
  // Why nothing more is read of the file as it is: its header names other columns, or what is
  // packed in it is damaged. Empty: it is read.
  const std::string& refusal() const { return refusal_.empty() ? damage_ : refusal_; }
  bool has_settled() const { return Steady::now() >= settles_; }
  void restart();  // at the start of the file
  // To save descriptors; fill() needs the file open again.
  bool is_open() const { return bytes_.is_open(); }
  void close() { bytes_.close(); }
  void reopen(InputBytes bytes) { bytes_ = std::move(bytes); }

  // Appends records to the batch until it is full by `limits`, or `until`. The position is then
  // that after the batch, also when there is an error after some records. Config error when the
  // file has become shorter than what was read of it.
  Result<State> fill(batch::RawBatch& batch, const Limits& limits, Steady::time_point until);

  // Where the next batch goes on.
  Result<Position> position();

 private:
  struct Target;
  Result<void> look();
  Result<void> skip_mark();
  Result<void> read_block(Target& target);
  struct Extent;
  Extent first_record(std::string_view bytes);
  void split(std::string_view block, Target& target);
  bool look_for_end(std::string_view bytes);
  Result<bool> find_line_end(Steady::time_point until);
  bool settle_end();
  Result<void> take_long_line(Target& target, bool ended);
  void emit(std::string_view line, int64_t length, Target& target);
  void take_header(std::string_view line, bool too_large);
  Error failure(int64_t result) const;
  Result<void> ended_early();
  Error became_shorter() const;

  InputBytes bytes_;
  std::string path_;
  uint64_t device_, inode_;
  Options options_;
  int64_t end_;       // once: no line is read that starts here or later
  int64_t offset_;    // start of the next line
  int64_t line_;      // its number
  int64_t scanned_;   // no newline between offset_ and here
  int64_t size_ = 0;  // at the last look
  int64_t mtime_ns_ = -1;
  Steady::time_point settles_;  // if nothing changes until then
  std::vector<char> scratch_;
  std::optional<batch::CsvScan> scan_;  // CSV: has been fed what is between offset_ and scanned_
  bool header_due_ = false;             // CSV: the next record is the header
  std::string refusal_, damage_;
};

}  // namespace clearwell::sources
