// Consumer: reads partitions of Kafka topics from given offsets. It is no member of a group: which
// partitions are read, and from where, its user says (docs/decisions/0017-kafka.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "drivers/kafka/client.h"

namespace clearwell::kafka {

struct Topic {
  std::string name;
  int32_t partitions = 0;
  bool ready = true;  // false: it is there, but cannot be read at present
};
struct Cluster {
  std::string id;             // empty if the brokers are too old to have one
  std::vector<Topic> topics;  // that we may see, sorted by name
};
// Offsets of the oldest message that is still there, and of the next one to be written.
struct Range {
  int64_t low = 0, high = 0;
};
struct Place {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
};

struct Header {
  std::string_view name;
  std::optional<std::string_view> value;
};

struct Message {
  enum class Kind : uint8_t {
    Record,
    End,         // nothing more in the partition at present; `offset` is the next one's
    OutOfRange,  // the partition has no such offset as it was to be read from
    Trouble,     // the partition cannot be read now: `value` says why
  };
  Kind kind = Kind::Record;
  std::string_view topic;
  int32_t partition = 0;
  int64_t offset = 0;
  std::optional<int64_t> timestamp_ms;  // since 1970, as the producer or the broker set it
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // none: a tombstone
};

// One thread at a time, unless said otherwise. Every call comes back within about its `wait`;
// errors are Retryable where nothing else is said.
class Consumer {
 public:
  using Wait = std::chrono::milliseconds;

  // Config error for bad properties. Asks no broker.
  static Result<std::unique_ptr<Consumer>> make(const Options& options);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  Result<Cluster> cluster(Wait wait);
  Result<Range> range(const std::string& topic, int32_t partition, Wait wait);
  // Of the first message whose timestamp is not before `time`; none: there is no such message.
  Result<std::optional<int64_t>> offset_at(const std::string& topic, int32_t partition,
                                           Instant time, Wait wait);

  // Reads these partitions, and no others any more, each from its offset.
  Result<void> assign(std::span<const Place> places);
  // The next message, or null when there is none within `wait`. Valid until the next call.
  const Message* next(Wait wait);
  // Of the message that next() gave last.
  std::vector<Header> headers() const;

  // Tells Kafka how far the group has come, for those who watch its lag. It is not waited for, and
  // nothing is read from it, so failures are not told. From any thread.
  void tell_group(std::span<const Place> places);
  // Waits for the answers to that: to be called before the end, which would wait longer.
  void settle_group(Wait wait);

  // What went wrong with the connection last; empty once something has come again. From any
  // thread.
  std::string trouble() const;

 private:
  struct State;
  explicit Consumer(std::unique_ptr<State> state);
  bool fetch(Wait wait);

  std::unique_ptr<State> state_;
};

}  // namespace clearwell::kafka
