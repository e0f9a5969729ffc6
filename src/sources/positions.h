// How far each file has been read: the position that is committed for a lane, and the test whether
// a file is still the one that the position was made in.
//
// A position is JSON text:
//   {"path":"data/a.jsonl","device":2049,"inode":131,"head":"<32 hex digits>","head_bytes":1024,
//    "tail":"<32 hex digits>","offset":52480,"line":201}
// head is the hash (128 bits) of the first head_bytes = min(1024, offset) bytes, tail that of as
// many bytes before offset. All this is about the content of a packed file, not its bytes. The next
// line starts at offset and has the number `line`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "batch/record.h"
#include "sources/input_bytes.h"

namespace clearwell::sources {

struct Position {
  std::string path;
  uint64_t device = 0;
  uint64_t inode = 0;
  std::string head, tail;
  int64_t head_bytes = 0;
  int64_t offset = 0;
  int64_t line = 1;
};

std::string to_text(const Position& position);
Result<Position> parse_position(const std::string& text);

// Fills in head, tail and head_bytes for position.offset from the open file.
Result<void> describe(InputBytes& bytes, Position& position);

// Makes the lanes of a batch end before its record `count`, and drops the records from there on.
// `root`: what the paths in positions are relative to. Retryable when a file has gone meanwhile.
Result<void> cut(const std::string& root, batch::RawBatch& batch, size_t count);

// Why a file is not the one of a position; Same when it is.
enum class Fit { Same, OtherFile, Shorter, OtherContent };
Fit fit(InputBytes& bytes, const FileStat& info, const Position& position);

// What to do with a file whose position does not fit it.
enum class IfReplaced {
  Fail,      // a Config error with the cure
  Restart,   // read it from its start
  Continue,  // go on at the same offset if the content up to there is the same (a copy)
};

// The last position of every lane, handed out or committed.
class Positions {
 public:
  Result<void> resume(const std::map<std::string, std::string>& lanes);
  // Text of the lane's last position; empty: it has none.
  std::string text(const std::string& lane) const;
  void set(const std::string& lane, Position position);
  // The lane's file has been read to its end and has gone: what comes under its name is new.
  void finish(const std::string& lane);

  struct File {
    std::string path, lane;
    InputBytes& bytes;
    FileStat info;  // what bytes.stat() said
  };
  // Where to begin with a file that was not read in this run. `adopted` when its position was found
  // under another lane (it was renamed): it must be committed under its own lane before the other
  // lane moves on. is_elsewhere(position): the position's file is now found under another name.
  struct Start {
    int64_t offset = 0;
    int64_t line = 1;
    bool adopted = false;
  };
  using IsElsewhere = std::function<bool(const Position&)>;
  Result<Start> start(const File& file, IfReplaced if_replaced, const IsElsewhere& is_elsewhere);

 private:
  struct Stored {
    std::string text;
    Position position;
    bool finished = false;
  };
  using Identity = std::pair<uint64_t, uint64_t>;  // device, inode

  std::map<std::string, Stored> lanes_;
  std::multimap<Identity, std::string> by_file_;
};

// The Config error for a file that is not what its position says, with the cure.
Error replaced_error(const std::string& path, Fit fit);

}  // namespace clearwell::sources
