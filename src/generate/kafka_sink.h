// Where generated records go into Kafka: each a message, with the contract's key as its key, so
// that the records of one key lie in one partition in the order in which they were delivered.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "drivers/kafka/producer.h"
#include "generate/sink.h"

namespace clearwell::generate {

struct KafkaTarget {
  kafka::Options cluster;
  // Of pipelines; those of others are left out, and get a Place without a path.
  std::map<const config::Pipeline*, std::string> topics;
};

// `to`: "kafka", the topics that the pipeline and those it refers to read from the same brokers; or
// "kafka://HOST:PORT,…/TOPIC", for the records of this pipeline alone. A Config error for anything
// else, and for a pipeline that names no single topic.
Result<KafkaTarget> kafka_target(const std::string& to, const config::Project& project,
                                 const config::Pipeline& pipeline);
// Its places are a topic and the number of the message among ours. A Config error for properties of
// the client that are wrong; brokers that are not there are told by write() or flush().
Result<std::unique_ptr<Sink>> kafka_sink(KafkaTarget target);

}  // namespace clearwell::generate
