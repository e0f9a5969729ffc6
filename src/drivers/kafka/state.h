// RAII over librdkafka's handles, and the set-up of a client: for this folder alone.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <librdkafka/rdkafka.h>

#include "drivers/kafka/client.h"

namespace clearwell::kafka {

struct FreeConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
struct FreeList {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
struct FreeQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct FreeMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
// Members of groups leave at once, and nothing is waited for: what must be waited for has been.
struct FreeClient {
  void operator()(rd_kafka_t* client) const {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
};
using ConfPtr = std::unique_ptr<rd_kafka_conf_t, FreeConf>;
using ListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, FreeList>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, FreeQueue>;
using MetadataPtr = std::unique_ptr<const rd_kafka_metadata_t, FreeMetadata>;
using ClientPtr = std::unique_ptr<rd_kafka_t, FreeClient>;

// The last thing that went wrong with the connection to the brokers. From any thread.
class Trouble {
 public:
  void note(const std::string& text) {
    const std::lock_guard lock(mutex_);
    text_ = text;
  }
  void clear() { note(""); }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// `type`: RD_KAFKA_CONSUMER or RD_KAFKA_PRODUCER. Its callbacks write into `trouble`, which must
// outlive it. `delivered` (producers): called for every message that was written or given up. A
// Config error tells what is wrong with the options.
using Delivered = void (*)(rd_kafka_t*, const rd_kafka_message_t*, void*);
Result<ClientPtr> make_client(rd_kafka_type_t type, const Options& options, Trouble& trouble,
                              Delivered delivered = nullptr);

// "cannot list the topics: Local: Timed out (…:9092: Connect failed)": Retryable.
Error failure(const std::string& what, rd_kafka_resp_err_t error, const Trouble& trouble);

}  // namespace clearwell::kafka
