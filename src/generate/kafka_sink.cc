#include "generate/kafka_sink.h"

#include "base/glob.h"

namespace clearwell::generate {
namespace {

constexpr std::string_view scheme = "kafka://";
constexpr std::chrono::seconds patience{30};  // for brokers that take nothing

class KafkaSink : public Sink {
 public:
  KafkaSink(KafkaTarget target, std::unique_ptr<kafka::Producer> producer)
      : target_(std::move(target)), producer_(std::move(producer)) {}

  Place place(const Delivery& delivery) override {
    const auto found = target_.topics.find(delivery.pipeline);
    if (found == target_.topics.end()) return Place{};
    return Place{found->second, ++messages_[found->second]};
  }

  Result<Place> write(const Delivery& delivery) override {
    Place out = place(delivery);
    if (out.line == 0) return out;
    kafka::Outgoing message{.topic = out.path, .value = delivery.bytes};
    if (!delivery.key.empty()) message.key = delivery.key;
    CW_TRY(producer_->send(message, patience));
    return out;
  }

  Result<void> flush() override { return producer_->flush(patience); }

 private:
  KafkaTarget target_;
  std::unique_ptr<kafka::Producer> producer_;
  std::map<std::string, int64_t> messages_;
};

const config::Source* kafka_source(const config::Pipeline& pipeline) {
  for (const config::Source& source : pipeline.sources) {
    if (source.type == "kafka") return &source;
  }
  return nullptr;
}

// The one topic that a source names, if it is one.
std::optional<std::string> single_topic(const config::Source& source) {
  const std::vector<std::string>& topics = source.settings.texts("topic");
  if (topics.size() != 1 || is_pattern(topics.front())) return std::nullopt;
  return topics.front();
}

Result<KafkaTarget> own_target(const config::Project& project, const config::Pipeline& pipeline) {
  const config::Source* own = kafka_source(pipeline);
  if (own == nullptr || !single_topic(*own)) {
    return config_error("--to kafka: the pipeline " + pipeline.name +
                        " reads no Kafka topic, or several; name one: --to "
                        "kafka://HOST:PORT/TOPIC");
  }
  KafkaTarget target;
  target.cluster.brokers = own->settings.text("brokers");
  if (own->settings.has("properties")) {
    target.cluster.properties = kafka::properties_of(own->settings.texts("properties"));
  }
  for (const config::Pipeline& other : project.pipelines) {
    const config::Source* source = kafka_source(other);
    if (source == nullptr || source->settings.text("brokers") != target.cluster.brokers) continue;
    const auto topic = single_topic(*source);
    if (topic) target.topics[&other] = *topic;
  }
  return target;
}

}  // namespace

Result<KafkaTarget> kafka_target(const std::string& to, const config::Project& project,
                                 const config::Pipeline& pipeline) {
  if (to == "kafka") return own_target(project, pipeline);
  const size_t slash = to.find('/', scheme.size());
  if (!to.starts_with(scheme) || slash == std::string::npos || slash == scheme.size() ||
      slash + 1 == to.size()) {
    return config_error("--to: '" + to + "' must be kafka, or kafka://HOST:PORT/TOPIC");
  }
  KafkaTarget target;
  target.cluster.brokers = to.substr(scheme.size(), slash - scheme.size());
  target.topics[&pipeline] = to.substr(slash + 1);
  return target;
}

Result<std::unique_ptr<Sink>> kafka_sink(KafkaTarget target) {
  CW_ASSIGN(std::unique_ptr<kafka::Producer> producer, kafka::Producer::make(target.cluster));
  return std::unique_ptr<Sink>(std::make_unique<KafkaSink>(std::move(target), std::move(producer)));
}

}  // namespace clearwell::generate
