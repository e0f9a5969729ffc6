// What consumers and producers of Kafka share: how a client is set up. rd_kafka is known to this
// folder alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace clearwell::kafka {

struct Options {
  std::string brokers;  // "host:9092,other:9092"
  std::string group;    // consumers: under which positions are told to Kafka
  // Of librdkafka, in their order: security.protocol, sasl.password … They may not change what the
  // exactly-once promise rests on (group, offsets, end of partition).
  std::vector<std::pair<std::string, std::string>> properties;
};

// Properties out of texts "name=value", as config::KeyKind::TextMap gives them.
std::vector<std::pair<std::string, std::string>> properties_of(
    const std::vector<std::string>& texts);

// What is wrong with the properties, a sentence each; values are never shown, since they may be
// secrets. Asks no broker.
std::vector<std::string> faults_of(const Options& options);

}  // namespace clearwell::kafka
