#include "drivers/kafka/consumer.h"

#include <algorithm>
#include <atomic>

#include "drivers/kafka/state.h"

namespace clearwell::kafka {
namespace {

constexpr size_t fetch_messages = 4096;

ListPtr list_of(std::span<const Place> places) {
  ListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(places.size())));
  for (const Place& place : places) {
    rd_kafka_topic_partition_list_add(list.get(), place.topic.c_str(), place.partition)->offset =
        place.offset;
  }
  return list;
}

int milliseconds_of(Consumer::Wait wait) {
  return static_cast<int>(std::max<int64_t>(wait.count(), 0));
}

std::optional<std::string_view> bytes_of(const void* bytes, size_t size) {
  if (bytes == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(bytes), size);
}

Message::Kind kind_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return Message::Kind::Record;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      return Message::Kind::End;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return Message::Kind::OutOfRange;
    default:
      return Message::Kind::Trouble;
  }
}

}  // namespace

struct Consumer::State {
  Trouble trouble;  // before the client, whose callbacks write into it
  ClientPtr client;
  QueuePtr queue;
  QueuePtr answers;            // to what the group was told
  std::atomic<int> asked = 0;  // that have not come yet
  // Fetched and not yet given away: fetched[next] … fetched[count - 1].
  std::vector<rd_kafka_message_t*> fetched = std::vector<rd_kafka_message_t*>(fetch_messages);
  size_t next = 0, count = 0;
  rd_kafka_message_t* current = nullptr;
  Message message;

  void drop_current() {
    if (current != nullptr) rd_kafka_message_destroy(current);
    current = nullptr;
  }
  void drop_fetched() {
    for (; next < count; ++next) rd_kafka_message_destroy(fetched[next]);
  }
};

Consumer::Consumer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Consumer::~Consumer() {
  state_->drop_current();
  state_->drop_fetched();
}

Result<std::unique_ptr<Consumer>> Consumer::make(const Options& options) {
  auto state = std::make_unique<State>();
  CW_ASSIGN(state->client, make_client(RD_KAFKA_CONSUMER, options, state->trouble));
  rd_kafka_poll_set_consumer(state->client.get());
  state->queue.reset(rd_kafka_queue_get_consumer(state->client.get()));
  CW_ASSERT(state->queue != nullptr);
  state->answers.reset(rd_kafka_queue_new(state->client.get()));
  return std::unique_ptr<Consumer>(new Consumer(std::move(state)));
}

Result<Cluster> Consumer::cluster(Wait wait) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error =
      rd_kafka_metadata(state_->client.get(), 1, nullptr, &raw, milliseconds_of(wait));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Callbacks, which know why, are only called while waiting for messages.
    if (state_->next == state_->count) static_cast<void>(fetch(Wait(0)));
    return failure("the brokers do not answer", error, state_->trouble);
  }
  const MetadataPtr metadata(raw);
  Cluster out;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = metadata->topics[i];
    const bool ready = topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && topic.partition_cnt > 0;
    const bool soon = topic.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (ready || soon) out.topics.push_back({topic.topic, topic.partition_cnt, ready});
  }
  std::sort(out.topics.begin(), out.topics.end(),
            [](const Topic& a, const Topic& b) { return a.name < b.name; });
  char* id = rd_kafka_clusterid(state_->client.get(), milliseconds_of(wait));
  if (id != nullptr) out.id = id;
  if (id != nullptr) rd_kafka_mem_free(state_->client.get(), id);
  return out;
}

Result<Range> Consumer::range(const std::string& topic, int32_t partition, Wait wait) {
  Range range;
  const auto error =
      rd_kafka_query_watermark_offsets(state_->client.get(), topic.c_str(), partition, &range.low,
                                       &range.high, milliseconds_of(wait));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return range;
  return failure("the offsets of " + topic + "/" + std::to_string(partition) + " are not known",
                 error, state_->trouble);
}

Result<std::optional<int64_t>> Consumer::offset_at(const std::string& topic, int32_t partition,
                                                   Instant time, Wait wait) {
  const auto since = std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch());
  const Place place{topic, partition, since.count()};
  const ListPtr list = list_of({&place, 1});
  auto error = rd_kafka_offsets_for_times(state_->client.get(), list.get(), milliseconds_of(wait));
  const rd_kafka_topic_partition_t& found = list->elems[0];
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = found.err;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure("the offset of " + to_iso8601(time) + " in " + topic + " is not known", error,
                   state_->trouble);
  }
  return found.offset < 0 ? std::optional<int64_t>() : std::optional(found.offset);
}

Result<void> Consumer::assign(std::span<const Place> places) {
  state_->drop_fetched();
  const ListPtr list = list_of(places);
  const auto error = rd_kafka_assign(state_->client.get(), list.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return failure("the partitions cannot be read", error, state_->trouble);
}

// The queue waits until it has filled the whole of what it is asked for: so for one message first,
// and then for whatever has come with it.
bool Consumer::fetch(Wait wait) {
  State& state = *state_;
  state.next = state.count = 0;
  const auto take = [&](int timeout, size_t most) {
    const auto got = rd_kafka_consume_batch_queue(state.queue.get(), timeout,
                                                  state.fetched.data() + state.count, most);
    if (got > 0) state.count += static_cast<size_t>(got);
  };
  if (wait.count() > 0) take(milliseconds_of(wait), 1);
  if (wait.count() <= 0 || state.count > 0) take(0, fetch_messages - state.count);
  return state.count > 0;
}

const Message* Consumer::next(Wait wait) {
  State& state = *state_;
  state.drop_current();
  if (state.next == state.count && !fetch(wait)) return nullptr;
  state.current = state.fetched[state.next++];
  const rd_kafka_message_t& raw = *state.current;
  Message& message = state.message;
  message.kind = kind_of(raw.err);
  message.topic = raw.rkt == nullptr ? "" : rd_kafka_topic_name(raw.rkt);
  message.partition = raw.partition;
  message.offset = raw.offset;
  if (message.kind == Message::Kind::Trouble) {
    const char* why = rd_kafka_message_errstr(&raw);
    message.value = why;
    state.trouble.note(why);
    return &message;
  }
  state.trouble.clear();
  if (message.kind != Message::Kind::Record) return &message;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t timestamp = rd_kafka_message_timestamp(&raw, &type);
  message.timestamp_ms.reset();
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && timestamp >= 0) message.timestamp_ms = timestamp;
  message.key = bytes_of(raw.key, raw.key_len);
  message.value = bytes_of(raw.payload, raw.len);
  return &message;
}

std::vector<Header> Consumer::headers() const {
  std::vector<Header> out;
  rd_kafka_headers_t* headers = nullptr;
  if (state_->current == nullptr ||
      rd_kafka_message_headers(state_->current, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return out;
  }
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    out.push_back({name, bytes_of(value, size)});
  }
  return out;
}

void Consumer::tell_group(std::span<const Place> places) {
  if (places.empty()) return;
  const ListPtr list = list_of(places);
  const auto asked = rd_kafka_commit_queue(state_->client.get(), list.get(), state_->answers.get(),
                                           nullptr, nullptr);
  if (asked == RD_KAFKA_RESP_ERR_NO_ERROR) ++state_->asked;
  settle_group(Wait(0));
}

void Consumer::settle_group(Wait wait) {
  const auto until = Steady::now() + wait;
  while (state_->asked > 0) {
    const auto left = std::chrono::ceil<Wait>(until - Steady::now());
    rd_kafka_event_t* answer = rd_kafka_queue_poll(state_->answers.get(), milliseconds_of(left));
    if (answer == nullptr) return;
    rd_kafka_event_destroy(answer);
    --state_->asked;
  }
}

std::string Consumer::trouble() const { return state_->trouble.text(); }

}  // namespace clearwell::kafka
