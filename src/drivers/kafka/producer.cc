#include "drivers/kafka/producer.h"

#include <array>
#include <vector>

#include "drivers/kafka/state.h"

namespace clearwell::kafka {
namespace {

constexpr size_t error_bytes = 512;
constexpr int room_look = 50;  // ms between looks for room in the queue

int milliseconds_of(Producer::Wait wait) { return static_cast<int>(wait.count()); }

struct FreeTopic {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct FreeAdmin {
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
};
struct FreeEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};

}  // namespace

struct Producer::State {
  Trouble trouble;
  Trouble refused;  // why a message could not be written; the first one
  ClientPtr client;
};

namespace {

// The event loop of the client calls it for every message; `msg_opaque` is what send() gave.
void delivered(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* /*opaque*/) {
  auto* refused = static_cast<Trouble*>(message->_private);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && refused->text().empty()) {
    refused->note(rd_kafka_err2str(message->err));
  }
}

std::vector<rd_kafka_vu_t> parts_of(const Outgoing& message, const std::string& topic,
                                    Trouble* refused) {
  std::vector<rd_kafka_vu_t> parts;
  const auto add = [&](rd_kafka_vtype_t type) -> auto& {
    parts.emplace_back();
    parts.back().vtype = type;
    return parts.back().u;
  };
  // librdkafka does not change what it copies.
  const auto bytes = [&](rd_kafka_vtype_t type, const std::optional<std::string_view>& text) {
    auto& part = add(type);
    part.mem.ptr = text ? const_cast<char*>(text->data()) : nullptr;
    part.mem.size = text ? text->size() : 0;
  };
  add(RD_KAFKA_VTYPE_TOPIC).cstr = topic.c_str();
  add(RD_KAFKA_VTYPE_PARTITION).i32 = message.partition.value_or(RD_KAFKA_PARTITION_UA);
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  bytes(RD_KAFKA_VTYPE_KEY, message.key);
  bytes(RD_KAFKA_VTYPE_VALUE, message.value);
  add(RD_KAFKA_VTYPE_TIMESTAMP).i64 =
      message.time ? std::chrono::floor<Producer::Wait>(message.time->time_since_epoch()).count()
                   : 0;
  add(RD_KAFKA_VTYPE_OPAQUE).ptr = refused;
  return parts;
}

}  // namespace

Producer::Producer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Producer::~Producer() = default;

Result<std::unique_ptr<Producer>> Producer::make(const Options& options) {
  auto state = std::make_unique<State>();
  CW_ASSIGN(state->client, make_client(RD_KAFKA_PRODUCER, options, state->trouble, delivered));
  return std::unique_ptr<Producer>(new Producer(std::move(state)));
}

Result<void> Producer::send(const Outgoing& message, Wait wait) {
  const auto until = Steady::now() + wait;
  const std::string topic(message.topic);
  std::vector<rd_kafka_vu_t> parts = parts_of(message, topic, &state_->refused);
  for (;;) {
    rd_kafka_error_t* refusal =
        rd_kafka_produceva(state_->client.get(), parts.data(), parts.size());
    const auto error = rd_kafka_error_code(refusal);
    if (refusal != nullptr) rd_kafka_error_destroy(refusal);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return fatal("the message cannot be sent to " + topic + ": " + rd_kafka_err2str(error));
    }
    if (Steady::now() >= until) return failure("messages are not taken", error, state_->trouble);
    rd_kafka_poll(state_->client.get(), room_look);
  }
  rd_kafka_poll(state_->client.get(), 0);
  return {};
}

Result<void> Producer::flush(Wait wait) {
  const auto error = rd_kafka_flush(state_->client.get(), milliseconds_of(wait));
  const std::string refused = state_->refused.text();
  if (!refused.empty()) return fatal("a message could not be written: " + refused);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return failure("not all messages have been written", error, state_->trouble);
}

Result<void> Producer::create_topic(const std::string& topic, int32_t partitions, Wait wait) {
  std::array<char, error_bytes> why{};
  const std::unique_ptr<rd_kafka_NewTopic_t, FreeTopic> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, -1, why.data(), why.size()));
  if (wanted == nullptr) return config_error("the topic " + topic + ": " + why.data());
  rd_kafka_t* client = state_->client.get();
  const std::unique_ptr<rd_kafka_AdminOptions_t, FreeAdmin> options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), milliseconds_of(wait), why.data(),
                                            why.size());
  const QueuePtr answers(rd_kafka_queue_new(client));
  std::array<rd_kafka_NewTopic_t*, 1> topics = {wanted.get()};
  rd_kafka_CreateTopics(client, topics.data(), topics.size(), options.get(), answers.get());
  const std::unique_ptr<rd_kafka_event_t, FreeEvent> answer(
      rd_kafka_queue_poll(answers.get(), milliseconds_of(wait)));
  if (answer == nullptr) {
    return failure("the topic " + topic, RD_KAFKA_RESP_ERR__TIMED_OUT, state_->trouble);
  }
  auto error = rd_kafka_event_error(answer.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure("the topic " + topic, error, state_->trouble);
  }
  size_t count = 0;
  const auto* result = rd_kafka_event_CreateTopics_result(answer.get());
  const auto* const* made = rd_kafka_CreateTopics_result_topics(result, &count);
  error = count == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_topic_result_error(made[0]);
  const bool is_there =
      error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
  if (is_there) return {};
  return config_error("the topic " + topic + " cannot be made: " + rd_kafka_err2str(error));
}

}  // namespace clearwell::kafka
