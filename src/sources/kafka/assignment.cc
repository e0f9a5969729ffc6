#include "sources/kafka/assignment.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/glob.h"
#include "base/log.h"

namespace clearwell::sources::kafka {
namespace {

using clearwell::kafka::Cluster;
using clearwell::kafka::Consumer;
using clearwell::kafka::Place;
using clearwell::kafka::Range;
using clearwell::kafka::Topic;

// For each answer of the brokers.
constexpr Consumer::Wait answer_wait{3000};

}  // namespace

Result<void> Assignment::resume(const std::map<std::string, std::string>& lanes) {
  stored_ = lanes;
  for (const auto& [lane, text] : lanes) {
    auto position = parse_position(text);
    if (!position.ok()) return std::move(position).error().context("lane " + lane);
    known_topics_.insert(position->topic);
  }
  return {};
}

bool Assignment::is_wanted(const std::string& topic) const {
  return std::any_of(settings_.topics.begin(), settings_.topics.end(), [&](const auto& wanted) {
    if (!is_pattern(wanted)) return wanted == topic;
    return !topic.starts_with("__") && name_matches(wanted, topic.c_str());
  });
}

Result<void> Assignment::look_for_missing(const Cluster& cluster) {
  missing_.clear();
  for (const std::string& wanted : settings_.topics) {
    const bool found =
        std::any_of(cluster.topics.begin(), cluster.topics.end(), [&](const Topic& topic) {
          return is_pattern(wanted) ? name_matches(wanted, topic.name.c_str())
                                    : wanted == topic.name;
        });
    if (!found) missing_.push_back(wanted);
  }
  if (missing_.empty() || !settings_.once) return {};
  return config_error(
      fmt::format("the brokers {} have no topic {}, and with --once nothing is waited for: create "
                  "it, correct `topic`, or let this client read it (ACL)",
                  settings_.brokers, missing_.front()));
}

Result<void> Assignment::refresh(Consumer& consumer) {
  CW_ASSIGN(const Cluster cluster, consumer.cluster(answer_wait));
  cluster_ = cluster.id;
  CW_TRY(look_for_missing(cluster));
  for (const Topic& topic : cluster.topics) {
    if (!is_wanted(topic.name)) continue;
    if (!topic.ready) return retryable("the topic " + topic.name + " has no leader at present");
    for (int32_t number = 0; number < topic.partitions; ++number) {
      if (find(topic.name, number) != nullptr) continue;
      CW_TRY(begin(consumer, cluster.id, topic.name, number));
    }
  }
  for (Partition& partition : partitions_) {
    if (partition.lost) CW_TRY(find_again(consumer, partition));
  }
  started_ = true;
  return changed_ ? assign(consumer) : Result<void>();
}

Result<void> Assignment::begin(Consumer& consumer, const std::string& cluster,
                               const std::string& topic, int32_t number) {
  CW_ASSIGN(const Range range, consumer.range(topic, number, answer_wait));
  Partition partition;
  partition.topic = topic;
  partition.number = number;
  partition.name = topic + "/" + std::to_string(number);
  partition.lane = settings_.lane_prefix + partition.name;
  partition.end = range.high;
  const auto stored = stored_.find(partition.lane);
  if (stored != stored_.end()) {
    partition.text = stored->second;
    CW_ASSIGN(partition.position, parse_position(stored->second));
    CW_TRY(fit(partition, range, cluster));
  } else {
    partition.position = {cluster, topic, number, 0, 0};
    CW_ASSIGN(partition.position.offset, start(consumer, partition, range));
  }
  partition.position.cluster = cluster;
  partitions_.push_back(std::move(partition));
  changed_ = true;
  return {};
}

Result<void> Assignment::find_again(Consumer& consumer, Partition& partition) {
  CW_ASSIGN(const Range range, consumer.range(partition.topic, partition.number, answer_wait));
  CW_TRY(fit(partition, range, cluster_));
  partition.lost = false;
  changed_ = true;
  return {};
}

// A partition that is new since then began after the start, whatever `start` says.
Result<int64_t> Assignment::start(Consumer& consumer, const Partition& partition,
                                  const Range& range) const {
  if (started_ || known_topics_.contains(partition.topic)) return range.low;
  if (settings_.from_latest) return range.high;
  if (!settings_.from_time) return range.low;
  CW_ASSIGN(
      const std::optional<int64_t> offset,
      consumer.offset_at(partition.topic, partition.number, *settings_.from_time, answer_wait));
  return offset.value_or(range.high);
}

Result<void> Assignment::fit(Partition& partition, const Range& range,
                             const std::string& cluster) const {
  Position& position = partition.position;
  const bool restart = settings_.if_replaced == IfReplaced::Restart;
  const bool other = !cluster.empty() && !position.cluster.empty() && cluster != position.cluster;
  const bool beyond = position.offset > range.high;
  if ((other || beyond) && restart) {
    log_warn(
        fmt::format("{} is another one than was read before: read from its start", partition.lane));
    position.offset = range.low;
    return {};
  }
  if (other && settings_.if_replaced == IfReplaced::Fail) {
    return replaced(partition,
                    fmt::format("it was read in the cluster {}, but these brokers are of the "
                                "cluster {}",
                                position.cluster, cluster));
  }
  if (beyond) {
    return replaced(partition, fmt::format("it has been read up to offset {}, but ends at {} now",
                                           position.offset, range.high));
  }
  return position.offset < range.low ? skip_gap(partition, range) : Result<void>();
}

Result<void> Assignment::skip_gap(Partition& partition, const Range& range) const {
  Position& position = partition.position;
  const int64_t missed = range.low - position.offset;
  const std::string what = fmt::format(
      "{}: the brokers have deleted {} messages, offsets {} to {}, before they were "
      "read (retention)",
      partition.lane, missed, position.offset, range.low - 1);
  if (settings_.stop_at_gap) {
    return config_error(what +
                        "; with `on_gap: stop` nothing is read beyond it. Set `on_gap: continue` "
                        "to go on after the gap");
  }
  log_error(what + "; going on after them, and counting them as missed in clearwell.lanes");
  position.missed += missed;
  position.offset = range.low;
  return {};
}

Error Assignment::replaced(const Partition& partition, const std::string& why) const {
  return config_error(fmt::format(
      "{} was replaced: {}, so where to go on is unknown. Name the brokers that it was read from, "
      "or set `if_replaced: restart` to read it from its start{}",
      partition.name, why,
      settings_.if_replaced == IfReplaced::Fail
          ? ", or, if the offsets are the same in another cluster, `if_replaced: continue`"
          : ""));
}

Result<void> Assignment::assign(Consumer& consumer) {
  std::vector<Place> places;
  for (const Partition& partition : partitions_) {
    if (settings_.once && partition.done()) continue;
    places.push_back({partition.topic, partition.number, partition.position.offset});
  }
  CW_TRY(consumer.assign(places));
  changed_ = false;
  return {};
}

// Messages of a partition come in a row.
Partition* Assignment::find(std::string_view topic, int32_t number) {
  const auto is_it = [&](const Partition& partition) {
    return partition.number == number && partition.topic == topic;
  };
  if (last_found_ != nullptr && is_it(*last_found_)) return last_found_;
  const auto found = std::find_if(partitions_.begin(), partitions_.end(), is_it);
  last_found_ = found == partitions_.end() ? nullptr : &*found;
  return last_found_;
}

void Assignment::lose(Partition& partition) { partition.lost = true; }

bool Assignment::any_lost() const {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [](const Partition& partition) { return partition.lost; });
}

bool Assignment::all_at_end() const {
  return std::all_of(partitions_.begin(), partitions_.end(), [this](const Partition& partition) {
    return settings_.once ? partition.done() : partition.at_end;
  });
}

bool Assignment::is_unsaved(const Partition& partition) const {
  return partition.text.empty() && (settings_.from_latest || settings_.from_time);
}

bool Assignment::any_unsaved() const {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [this](const Partition& partition) { return is_unsaved(partition); });
}

}  // namespace clearwell::sources::kafka
