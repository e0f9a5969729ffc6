// A record as a source hands it over: bytes and where, in which order and when they came. This is
// all that a verdict may depend on, besides references.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace clearwell::batch {

// Total order of records, fixed by the source and the same whenever the record is read again:
// files: (mtime in ns, 0, path); jsonl and csv: (0, byte offset, path); kafka: (timestamp in ms,
// offset, partition). Decides between versions of one key when their declared version is equal.
struct Order {
  int64_t major = 0;
  int64_t minor = 0;
  std::string_view tie;
};
// Bytes that sort (memcmp) as the orders do: two 8-byte big-endian numbers with the sign bit
// flipped, then tie. Stored beside versions and in quarantine; decode_order is its inverse
// (tie points into `bytes`).
std::string encode_order(const Order& order);
Order decode_order(std::string_view bytes);

// Why a source could not hand over the whole payload.
enum class SourceFault : uint8_t {
  None,
  TooLarge,    // payload holds the first limits.record_bytes bytes; the rest stays at the source
  Tombstone,   // kafka: a message without a value
  Incomplete,  // jsonl: last line without newline when its file has settled but does not parse
};

struct Record {
  std::string_view payload;    // exact bytes. simdjson may read 64 bytes beyond them (see Arena)
  std::string_view source;     // name of the source in its pipeline; the engine fills it in
  std::string_view partition;  // files, jsonl, csv: path as the user can open it; kafka: "topic/3"
  int64_t offset = 0;          // byte offset, Kafka offset, spool offset; files: 0
  int64_t line = 0;            // from 1; 0 where there are no lines
  Order order;
  Instant arrived;  // files: mtime; kafka: the message's timestamp; others: when it was read
  SourceFault fault = SourceFault::None;
  // False while the source may still change it (a file younger than `settle`): if it does not
  // parse, the engine gives it back by Source::retry instead of quarantining it.
  bool settled = true;
};

// Memory for the bytes of a batch. Everything put in stays at its address until the arena dies, and
// 64 readable bytes follow each piece (what simdjson needs).
class Arena {
 public:
  static constexpr size_t padding = 64;
  // Copies `bytes` into the arena.
  std::string_view add(std::string_view bytes);
  // Room for `size` bytes to write into (e.g. by read(2)); a fresh block if large.
  char* allocate(size_t size);
  size_t bytes() const { return bytes_; }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t used_ = 0, capacity_ = 0;
  size_t bytes_ = 0;
};

// How far a batch moves a source, committed in the same transaction as its rows.
struct LaneAdvance {
  std::string lane;  // "pipeline/source/lane", e.g. "sales/jsonl//data/a.jsonl"
  std::string from;  // position before (compare-and-set); empty: the lane is new
  std::string to;    // position after; opaque to all but the source (JSON text)
};
// A file that is done: 16-byte hash of (path, size, mtime).
using FileMark = std::array<uint8_t, 16>;

struct RawBatch {
  std::string source;  // name of the source in its pipeline
  Arena arena;
  std::vector<Record> records;
  std::vector<LaneAdvance> lanes;
  // files source: marks[i] belongs to records[i]; empty for sources with positions.
  std::vector<FileMark> marks;
  size_t payload_bytes = 0;
};

}  // namespace clearwell::batch
