// Sends messages into a topic of a Kafka cluster. All functions throw std::runtime_error.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace simulators {

class KafkaSender {
 public:
  // Makes the topic with so many partitions if there is none of that name.
  KafkaSender(const std::string& brokers, std::string topic, int partitions);
  ~KafkaSender();
  KafkaSender(const KafkaSender&) = delete;
  KafkaSender& operator=(const KafkaSender&) = delete;

  // Without a value: a tombstone. `milliseconds` since 1970; none: now.
  void send(int partition, const std::optional<std::string>& value,
            std::optional<int64_t> milliseconds = std::nullopt);
  // Waits until all is written.
  void flush();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace simulators
