#include "tests/unit/sources/mock_kafka.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

namespace clearwell::sources {

using std::chrono::milliseconds;

struct MockKafka::State {
  rd_kafka_t* owner = nullptr;
  rd_kafka_mock_cluster_t* cluster = nullptr;
  std::unique_ptr<clearwell::kafka::Producer> producer;
  std::set<std::string> topics;
};

MockKafka::MockKafka() : state_(std::make_unique<State>()) {
  state_->owner = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0);
  state_->cluster = rd_kafka_mock_cluster_new(state_->owner, 1);
  auto producer =
      clearwell::kafka::Producer::make({.brokers = brokers(), .group = "", .properties = {}});
  EXPECT_TRUE(producer.ok());
  state_->producer = std::move(producer).value();
}

MockKafka::~MockKafka() {
  state_->producer.reset();
  rd_kafka_mock_cluster_destroy(state_->cluster);
  rd_kafka_destroy(state_->owner);
}

MockKafka& MockKafka::shared() {
  static MockKafka kafka;
  return kafka;
}

std::string MockKafka::topic_of(const std::string& folder) {
  std::string topic = folder;
  std::replace(topic.begin(), topic.end(), '/', '.');
  return "t" + topic;
}

std::string MockKafka::brokers() const { return rd_kafka_mock_cluster_bootstraps(state_->cluster); }

void MockKafka::create(const std::string& topic, int partitions) {
  if (!state_->topics.insert(topic).second) return;
  EXPECT_EQ(rd_kafka_mock_topic_create(state_->cluster, topic.c_str(), partitions, 1),
            RD_KAFKA_RESP_ERR_NO_ERROR);
}

void MockKafka::send(const clearwell::kafka::Outgoing& message) {
  const auto sent = state_->producer->send(message, milliseconds(5000));
  EXPECT_TRUE(sent.ok()) << sent.error().message;
}

void MockKafka::flush() {
  const auto written = state_->producer->flush(milliseconds(10'000));
  EXPECT_TRUE(written.ok()) << written.error().message;
}

void MockKafka::down() { rd_kafka_mock_broker_set_down(state_->cluster, 1); }
void MockKafka::up() { rd_kafka_mock_broker_set_up(state_->cluster, 1); }

}  // namespace clearwell::sources
