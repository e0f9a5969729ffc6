// Assignment: which partitions are read, and from where each goes on. All partitions of a
// pipeline's topics are read by the one process that has its lease; where to go on, the warehouse
// says.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "drivers/kafka/consumer.h"
#include "sources/kafka/position.h"

namespace clearwell::sources::kafka {

// What to do when a stored position is not one of what is there now: another cluster, or beyond the
// end of the partition.
enum class IfReplaced {
  Fail,      // a Config error with the cure
  Restart,   // read the partition from its start
  Continue,  // another cluster with the same offsets: go on if they are there, else fail
};

struct Partition {
  std::string topic;
  int32_t number = 0;
  std::string name;     // "topic/3"
  std::string lane;     // "pipeline/source/topic/3"
  std::string text;     // of the position handed out or committed last; empty: none yet
  Position position;    // of the next message
  int64_t end = 0;      // the high watermark when it was first looked at: under once it ends here
  bool at_end = false;  // nothing more was there when the last message was taken
  bool lost = false;    // its position has gone from the brokers: to be looked at again
  uint64_t batch = 0;   // number of the last batch with a record of it
  std::string_view name_in_batch;  // in that batch's arena

  bool done() const { return position.offset >= end; }
};

class Assignment {
 public:
  struct Settings {
    std::vector<std::string> topics;   // names and patterns
    bool from_latest = false;          // where nothing is stored; else from the earliest
    std::optional<Instant> from_time;  // or from the first message that is not before it
    bool stop_at_gap = false;
    IfReplaced if_replaced = IfReplaced::Fail;
    std::string brokers;      // for messages
    std::string lane_prefix;  // "pipeline/source/"
    bool once = false;
  };
  explicit Assignment(Settings settings) : settings_(std::move(settings)) {}

  Result<void> resume(const std::map<std::string, std::string>& lanes);

  // Looks which topics and partitions there are, finds where new and lost ones go on, and has the
  // consumer read them all. A Config error names a position that does not fit, or, under once, a
  // topic that is not there. May be called again after a Retryable error.
  Result<void> refresh(clearwell::kafka::Consumer& consumer);

  Partition* find(std::string_view topic, int32_t number);
  // Makes the next refresh look where this one goes on.
  void lose(Partition& partition);

  std::list<Partition>& partitions() { return partitions_; }
  // Names and patterns that no topic has. As of the last refresh().
  const std::vector<std::string>& missing() const { return missing_; }
  bool any_lost() const;
  bool all_at_end() const;  // or, under once, done
  // Is the start of a partition not stored that is not its beginning? Until it is, a restart would
  // find another one.
  bool any_unsaved() const;
  bool is_unsaved(const Partition& partition) const;

 private:
  bool is_wanted(const std::string& topic) const;
  Result<void> look_for_missing(const clearwell::kafka::Cluster& cluster);
  Result<void> begin(clearwell::kafka::Consumer& consumer, const std::string& cluster,
                     const std::string& topic, int32_t number);
  Result<void> find_again(clearwell::kafka::Consumer& consumer, Partition& partition);
  Result<int64_t> start(clearwell::kafka::Consumer& consumer, const Partition& partition,
                        const clearwell::kafka::Range& range) const;
  Result<void> fit(Partition& partition, const clearwell::kafka::Range& range,
                   const std::string& cluster) const;
  Result<void> skip_gap(Partition& partition, const clearwell::kafka::Range& range) const;
  Error replaced(const Partition& partition, const std::string& why) const;
  Result<void> assign(clearwell::kafka::Consumer& consumer);

  Settings settings_;
  std::map<std::string, std::string> stored_;  // lane → position
  std::set<std::string> known_topics_;         // with any stored position
  std::list<Partition> partitions_;
  Partition* last_found_ = nullptr;
  std::vector<std::string> missing_;
  std::string cluster_;
  bool started_ = false;  // a refresh has succeeded: partitions that are new now began since
  bool changed_ = false;  // the consumer does not know yet
};

}  // namespace clearwell::sources::kafka
