// Producer: writes messages into Kafka, each once and in order, as generators and tests need it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "drivers/kafka/client.h"

namespace clearwell::kafka {

struct Outgoing {
  std::string_view topic;
  std::optional<int32_t> partition = {};  // none: by the key, or any
  std::optional<std::string_view> key = {};
  std::optional<std::string_view> value = {};  // none: a tombstone
  std::optional<Instant> time = {};            // none: now
};

class Producer {
 public:
  using Wait = std::chrono::milliseconds;

  // Config error for bad properties. Asks no broker.
  static Result<std::unique_ptr<Producer>> make(const Options& options);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Hands a message over; waits for room in the client's bounded queue. Retryable if there is none
  // within `wait`; Fatal for a message that the client refuses (too large).
  Result<void> send(const Outgoing& message, Wait wait);
  // Waits until all that was sent is written. Fatal if a message could not be.
  Result<void> flush(Wait wait);

  // Makes a topic that there is not yet. Retryable if the brokers do not answer, else a Config
  // error.
  Result<void> create_topic(const std::string& topic, int32_t partitions, Wait wait);

 private:
  struct State;
  explicit Producer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace clearwell::kafka
