// A Kafka cluster of one broker within the test's process, up in milliseconds: librdkafka's own.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "drivers/kafka/producer.h"

namespace clearwell::sources {

class MockKafka {
 public:
  MockKafka();
  ~MockKafka();
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  // One for all tests that need none of their own: topics differ by the test's folder.
  static MockKafka& shared();
  static std::string topic_of(const std::string& folder);

  std::string brokers() const;
  void create(const std::string& topic, int partitions);  // does nothing if it is there
  void send(const clearwell::kafka::Outgoing& message);
  void flush();
  void down();
  void up();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clearwell::sources
