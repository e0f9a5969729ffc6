#include "kafka_sender.h"

#include <array>
#include <stdexcept>

#include <librdkafka/rdkafka.h>

namespace simulators {
namespace {

constexpr int patience = 30'000;  // milliseconds, for an answer of the brokers

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("kafka: " + what); }

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, name, value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK) {
    fail(why.data());
  }
}

void note_refusal(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  auto* refused = static_cast<std::string*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) *refused = rd_kafka_err2str(message->err);
}

}  // namespace

struct KafkaSender::State {
  std::string topic;
  std::string refused;  // why a message could not be written
  rd_kafka_t* client = nullptr;

  void make_topic(int partitions) const {
    std::array<char, 512> why{};
    rd_kafka_NewTopic_t* wanted =
        rd_kafka_NewTopic_new(topic.c_str(), partitions, -1, why.data(), why.size());
    if (wanted == nullptr) fail(why.data());
    rd_kafka_queue_t* answers = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &wanted, 1, nullptr, answers);
    rd_kafka_event_t* answer = rd_kafka_queue_poll(answers, patience);
    size_t count = 0;
    const auto* result = answer == nullptr ? nullptr : rd_kafka_event_CreateTopics_result(answer);
    const auto* const* made =
        result == nullptr ? nullptr : rd_kafka_CreateTopics_result_topics(result, &count);
    const auto error =
        count == 1 ? rd_kafka_topic_result_error(made[0]) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (answer != nullptr) rd_kafka_event_destroy(answer);
    rd_kafka_queue_destroy(answers);
    rd_kafka_NewTopic_destroy(wanted);
    const bool is_there =
        error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
    if (!is_there) fail("topic " + topic + ": " + rd_kafka_err2str(error));
  }
};

KafkaSender::KafkaSender(const std::string& brokers, std::string topic, int partitions)
    : state_(std::make_unique<State>()) {
  state_->topic = std::move(topic);
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "enable.idempotence", "true");
  rd_kafka_conf_set_dr_msg_cb(conf, note_refusal);
  rd_kafka_conf_set_opaque(conf, &state_->refused);
  std::array<char, 512> why{};
  state_->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
  if (state_->client == nullptr) fail(why.data());
  state_->make_topic(partitions);
}

KafkaSender::~KafkaSender() { rd_kafka_destroy(state_->client); }

void KafkaSender::send(int partition, const std::optional<std::string>& value,
                       std::optional<int64_t> milliseconds) {
  std::array<rd_kafka_vu_t, 5> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = state_->topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = partition;
  parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[2].u.i = RD_KAFKA_MSG_F_COPY;
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  // It is copied, not changed.
  parts[3].u.mem.ptr = value ? const_cast<char*>(value->data()) : nullptr;
  parts[3].u.mem.size = value ? value->size() : 0;
  parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  parts[4].u.i64 = milliseconds.value_or(0);
  for (;;) {
    rd_kafka_error_t* refusal = rd_kafka_produceva(state_->client, parts.data(), parts.size());
    const auto error = rd_kafka_error_code(refusal);
    if (refusal != nullptr) rd_kafka_error_destroy(refusal);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(rd_kafka_err2str(error));
    rd_kafka_poll(state_->client, 50);
    if (!state_->refused.empty()) fail(state_->refused);
  }
  rd_kafka_poll(state_->client, 0);
}

void KafkaSender::flush() {
  const auto error = rd_kafka_flush(state_->client, patience);
  if (!state_->refused.empty()) fail(state_->refused);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_err2str(error));
}

}  // namespace simulators
