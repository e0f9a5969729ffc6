// Reads all partitions of its topics. Lane: "pipeline/source/topic/3", a position see position.h;
// records come in the order (timestamp in ms, offset, "topic/3"). Kafka keeps no truth: positions
// are the warehouse's, and are told to the group afterwards for those who watch its lag.

#include "sources/kafka/kafka_source.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "sources/kafka/assignment.h"
#include "sources/kafka/envelope.h"

namespace clearwell::sources::kafka {
namespace {

using clearwell::kafka::Consumer;
using clearwell::kafka::Message;
using clearwell::kafka::Place;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds missing_pause{500};  // between looks for a topic that is not there
constexpr milliseconds read_slice{200};     // a batch is closed when reading it took longer
constexpr milliseconds tell_every{1000};    // how often the group is told
constexpr milliseconds last_answer{1000};   // how long its answer is waited for at the end

class KafkaSource final : public Source {
 public:
  struct Options {
    std::unique_ptr<Consumer> consumer;
    Assignment::Settings assignment;
    microseconds scan_every;
    bool envelope = false;
  };
  explicit KafkaSource(Options options)
      : options_(std::move(options)), assignment_(options_.assignment) {}

  Result<void> open(Resume resume) override;
  Result<Polled> poll(batch::RawBatch& batch, const Limits& limits, microseconds wait) override;
  Result<void> cut(batch::RawBatch& batch, size_t count) const override;
  void committed(const batch::RawBatch& batch, const std::vector<bool>& retried) override;
  bool caught_up() const override { return idle_; }
  std::vector<std::string> problems() const override;
  void close() override;

 private:
  using Time = Steady::time_point;

  bool once() const { return options_.assignment.once; }
  Result<void> refresh_if_due();
  void take(const Message& message, batch::RawBatch& batch, const Limits& limits);
  void append(const Message& message, Partition& partition, batch::RawBatch& batch,
              const Limits& limits);
  Polled hand_over(batch::RawBatch& batch);
  Result<Polled> nothing_read(batch::RawBatch& batch);
  void tell_group();

  Options options_;
  Assignment assignment_;
  Time next_refresh_;
  bool connected_ = false;
  uint64_t batches_ = 0;  // number of the one that is being filled
  std::atomic<bool> idle_ = false;
  std::atomic<int64_t> unconfirmed_ = 0;  // batches
  mutable std::mutex mutex_;              // of what other threads ask or tell
  std::vector<std::string> missing_;
  std::map<std::pair<std::string, int32_t>, int64_t> to_tell_;
  Time next_tell_;
};

Result<void> KafkaSource::open(Resume resume) {
  CW_TRY(assignment_.resume(resume.lanes));
  // So that a topic or a position that does not fit is told before anything is read. Brokers that
  // are not there now are tried again by poll().
  auto refreshed = refresh_if_due();
  if (!refreshed.ok() && refreshed.error().kind != ErrorKind::Retryable) return refreshed;
  return {};
}

Result<void> KafkaSource::refresh_if_due() {
  const bool due = !connected_ || assignment_.any_lost() || !once();
  if (!due || (connected_ && !assignment_.any_lost() && Steady::now() < next_refresh_)) return {};
  auto refreshed = assignment_.refresh(*options_.consumer);
  // While the brokers are away, what is known goes on as soon as they are back.
  const bool goes_on = connected_ && !assignment_.any_lost();
  if (!refreshed.ok() && refreshed.error().kind == ErrorKind::Retryable && goes_on) {
    next_refresh_ = Steady::now() + options_.scan_every;
    return {};
  }
  CW_TRY(refreshed);
  connected_ = true;
  const bool waits = !assignment_.missing().empty();
  next_refresh_ =
      Steady::now() +
      (waits ? std::min<microseconds>(missing_pause, options_.scan_every) : options_.scan_every);
  idle_ = assignment_.all_at_end();
  const std::lock_guard lock(mutex_);
  missing_ = assignment_.missing();
  return {};
}

Result<Polled> KafkaSource::poll(batch::RawBatch& batch, const Limits& limits, microseconds wait) {
  CW_TRY(refresh_if_due());
  const Time start = Steady::now();
  const Time deadline = start + wait;
  const Time latest = std::max(deadline, start + read_slice);
  Time full = Time::max();  // when a batch with a record is handed over
  ++batches_;
  for (;;) {
    const Message* message = options_.consumer->next(milliseconds(0));
    const Time time = Steady::now();
    if (message == nullptr) {
      idle_ = assignment_.all_at_end();
      const Time until = std::min(batch.records.empty() ? deadline : full, latest);
      if (time < until && !(once() && idle_)) {
        message = options_.consumer->next(std::chrono::ceil<milliseconds>(until - time));
      }
    }
    if (message != nullptr) take(*message, batch, limits);
    const bool any = !batch.records.empty();
    if (any && full == Time::max()) full = time + limits.linger;
    const bool closed = batch.records.size() >= limits.rows || batch.payload_bytes >= limits.bytes;
    const bool ended = once() && assignment_.all_at_end();
    const bool over = message == nullptr && time >= full;
    if (any && (closed || ended || over || time >= latest)) return hand_over(batch);
    if (!any && (ended || time >= deadline)) return nothing_read(batch);
  }
}

void KafkaSource::take(const Message& message, batch::RawBatch& batch, const Limits& limits) {
  Partition* partition = assignment_.find(message.topic, message.partition);
  if (partition == nullptr) return;
  switch (message.kind) {
    case Message::Kind::Record:
      append(message, *partition, batch, limits);
      return;
    case Message::Kind::End:
      partition->at_end = true;
      // The last offsets may hold no message: marks of transactions, or what compaction removed.
      if (once() && message.offset >= partition->end) {
        partition->position.offset = std::max(partition->position.offset, partition->end);
      }
      return;
    case Message::Kind::OutOfRange:
      assignment_.lose(*partition);
      return;
    case Message::Kind::Trouble:
      return;  // the consumer tells it
  }
}

void KafkaSource::append(const Message& message, Partition& partition, batch::RawBatch& batch,
                         const Limits& limits) {
  Position& position = partition.position;
  // What was on its way when the partition was assigned anew, and what came after the run began.
  if (message.offset < position.offset || (once() && message.offset >= partition.end)) return;
  if (partition.at_end && !once()) idle_ = false;
  partition.at_end = false;
  if (partition.batch != batches_) {
    partition.batch = batches_;
    partition.name_in_batch = batch.arena.add(partition.name);
  }
  batch::Record record;
  record.partition = partition.name_in_batch;
  record.offset = message.offset;
  record.order = {message.timestamp_ms.value_or(0), message.offset, partition.name_in_batch};
  record.arrived =
      message.timestamp_ms ? Instant(milliseconds(*message.timestamp_ms)) : clearwell::now();
  std::string_view payload = message.value.value_or("");
  if (payload.size() > limits.record_bytes) {
    payload = payload.substr(0, limits.record_bytes);
    record.fault = batch::SourceFault::TooLarge;
    record.payload = batch.arena.add(payload);
  } else if (options_.envelope) {
    record.payload = batch.arena.add(wrap(message, options_.consumer->headers()));
  } else {
    if (!message.value) record.fault = batch::SourceFault::Tombstone;
    record.payload = batch.arena.add(payload);
  }
  batch.payload_bytes += record.payload.size();
  batch.records.push_back(record);
  position.offset = message.offset + 1;
}

Polled KafkaSource::hand_over(batch::RawBatch& batch) {
  for (Partition& partition : assignment_.partitions()) {
    if (partition.batch != batches_ && !assignment_.is_unsaved(partition)) continue;
    std::string text = to_text(partition.position);
    batch.lanes.push_back({partition.lane, partition.text, text});
    partition.text = std::move(text);
  }
  ++unconfirmed_;
  return Polled::Ready;
}

Result<Polled> KafkaSource::nothing_read(batch::RawBatch& batch) {
  if (assignment_.any_unsaved()) return hand_over(batch);
  if (!once()) return Polled::Idle;
  if (assignment_.all_at_end()) return unconfirmed_ == 0 ? Polled::Finished : Polled::Idle;
  const std::string trouble = options_.consumer->trouble();
  if (trouble.empty()) return Polled::Idle;
  return retryable("the brokers " + options_.assignment.brokers + " send nothing: " + trouble);
}

Result<void> KafkaSource::cut(batch::RawBatch& batch, size_t count) const {
  std::map<std::string_view, int64_t> first_left;  // by partition
  for (size_t i = count; i < batch.records.size(); ++i) {
    first_left.emplace(batch.records[i].partition, batch.records[i].offset);
  }
  for (batch::LaneAdvance& lane : batch.lanes) {
    CW_ASSIGN(Position position, parse_position(lane.to));
    const auto left = first_left.find(position.topic + "/" + std::to_string(position.partition));
    if (left == first_left.end()) continue;
    position.offset = left->second;
    lane.to = to_text(position);
  }
  std::erase_if(batch.lanes, [](const auto& lane) { return lane.from == lane.to; });
  batch.records.resize(count);
  return {};
}

void KafkaSource::committed(const batch::RawBatch& batch, const std::vector<bool>& retried) {
  // Messages are settled when they are handed over.
  CW_ASSERT(std::find(retried.begin(), retried.end(), true) == retried.end());
  {
    const std::lock_guard lock(mutex_);
    for (const batch::LaneAdvance& lane : batch.lanes) {
      const auto position = parse_position(lane.to);
      CW_ASSERT(position.ok());
      to_tell_[{position->topic, position->partition}] = position->offset;
    }
  }
  if (Steady::now() >= next_tell_) {
    tell_group();
    next_tell_ = Steady::now() + tell_every;
  }
  --unconfirmed_;
}

void KafkaSource::tell_group() {
  std::vector<Place> places;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [place, offset] : to_tell_) {
      places.push_back({place.first, place.second, offset});
    }
    to_tell_.clear();
  }
  options_.consumer->tell_group(places);
}

std::vector<std::string> KafkaSource::problems() const {
  std::vector<std::string> all;
  const std::string trouble = options_.consumer->trouble();
  if (!trouble.empty()) all.push_back("brokers " + options_.assignment.brokers + ": " + trouble);
  const std::lock_guard lock(mutex_);
  for (const std::string& topic : missing_) {
    all.push_back("topic " + topic + ": the brokers " + options_.assignment.brokers +
                  " do not have it; waiting for it");
  }
  return all;
}

void KafkaSource::close() {
  tell_group();
  options_.consumer->settle_group(last_answer);
}

// ---- settings ----------------------------------------------------------------

clearwell::kafka::Options client_options(const config::Source& config,
                                         const std::string& pipeline) {
  const config::Settings& settings = config.settings;
  clearwell::kafka::Options options;
  options.brokers = settings.text("brokers");
  options.group =
      settings.has("group") ? settings.text("group") : "clearwell-" + pipeline + "-" + config.name;
  if (settings.has("properties")) {
    options.properties = clearwell::kafka::properties_of(settings.texts("properties"));
  }
  return options;
}

bool is_topic(const std::string& name) {
  constexpr size_t longest = 249;
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-*?[]").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), is_good);
}

}  // namespace

config::Spec spec() {
  using config::KeyKind;
  return {
      .name = "kafka",
      .doc =
          "Each message of Kafka topics is one record: its value. Reading goes on where the "
          "last commit in the warehouse ended, whatever the consumer group says.",
      .keys = {
          {.name = "name", .doc = "Name of the source in the pipeline; default: kafka."},
          {.name = "brokers",
           .doc = "Where to find the cluster: host:9092, several with commas.",
           .required = true},
          {.name = "topic",
           .kind = KeyKind::TextList,
           .doc = "Topics, or patterns of their names: * ? [a-z]. Partitions and topics that are "
                  "added later are read from their start.",
           .required = true},
          {.name = "group",
           .doc = "The consumer group under which positions are told to Kafka after each commit, "
                  "for those who watch its lag; default: clearwell-PIPELINE-SOURCE."},
          {.name = "start",
           .doc = "Where to begin when the warehouse knows no position of the topic: earliest, "
                  "latest, or a time such as 2026-01-01T00:00:00Z.",
           .fallback = "earliest"},
          {.name = "envelope",
           .kind = KeyKind::Boolean,
           .doc = "A record is the whole message: {\"key\", \"timestamp\", \"headers\", "
                  "\"value\"}; the value of a tombstone is null.",
           .fallback = "false"},
          {.name = "on_gap",
           .doc = "When the brokers have deleted messages before they were read: continue after "
                  "them, which is told and counted, or stop.",
           .fallback = "continue",
           .choices = {"continue", "stop"}},
          {.name = "if_replaced",
           .doc = "When a partition is not the one that was read before (another cluster, or "
                  "shorter): fail and tell; restart it from its start; or continue at the same "
                  "offset of another cluster.",
           .fallback = "fail",
           .choices = {"fail", "restart", "continue"}},
          {.name = "scan_every",
           .kind = KeyKind::Duration,
           .doc = "New topics and partitions are looked for so often.",
           .fallback = "30s"},
          {.name = "properties",
           .kind = KeyKind::TextMap,
           .doc = "Properties of librdkafka, such as security.protocol, sasl.mechanism, "
                  "sasl.username, sasl.password and ssl.ca.location."},
      }};
}

void check(const config::Source& config, config::Faults& faults) {
  const config::Settings& settings = config.settings;
  for (const std::string& topic : settings.texts("topic")) {
    if (is_topic(topic)) continue;
    faults.add(settings.mark("topic"), "bad_topic",
               "'" + topic +
                   "' is no topic: at most 249 of the characters a-z A-Z 0-9 . _ -, or a "
                   "pattern with * ? [a-z]");
  }
  const std::string& start = settings.text("start");
  if (start != "earliest" && start != "latest" && !from_iso8601(start)) {
    faults.add(settings.mark("start"), "bad_start",
               "'start' is '" + start +
                   "'; write earliest, latest, or a time of UTC such as 2026-01-01T00:00:00Z");
  }
  for (const std::string& fault : clearwell::kafka::faults_of(client_options(config, ""))) {
    faults.add(settings.mark("properties"), "bad_property", fault);
  }
}

Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context) {
  const config::Settings& settings = config.settings;
  const std::string& start = settings.text("start");
  const std::string& replaced = settings.text("if_replaced");
  KafkaSource::Options options;
  CW_ASSIGN(options.consumer, Consumer::make(client_options(config, context.pipeline)));
  options.assignment = {.topics = settings.texts("topic"),
                        .from_latest = start == "latest",
                        .from_time = from_iso8601(start),
                        .stop_at_gap = settings.text("on_gap") == "stop",
                        .if_replaced = replaced == "restart"    ? IfReplaced::Restart
                                       : replaced == "continue" ? IfReplaced::Continue
                                                                : IfReplaced::Fail,
                        .brokers = settings.text("brokers"),
                        .lane_prefix = context.pipeline + "/" + config.name + "/",
                        .once = context.once};
  options.scan_every = settings.duration("scan_every");
  options.envelope = settings.boolean("envelope");
  return std::unique_ptr<Source>(std::make_unique<KafkaSource>(std::move(options)));
}

}  // namespace clearwell::sources::kafka
