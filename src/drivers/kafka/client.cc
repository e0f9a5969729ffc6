#include "drivers/kafka/client.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "drivers/kafka/state.h"

namespace clearwell::kafka {
namespace {

constexpr size_t error_bytes = 512;

// What a user cannot set, and what we set: positions are the warehouse's.
constexpr std::array<std::pair<const char*, const char*>, 7> consumer_settings = {{
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},
    {"enable.partition.eof", "true"},
    {"allow.auto.create.topics", "false"},
    // Nobody joins the group: these only limit how long an answer of its coordinator is waited for.
    {"session.timeout.ms", "2000"},
    {"heartbeat.interval.ms", "500"},
}};
// A message is written once, in the order of sending, whatever is sent again.
constexpr std::array<std::pair<const char*, const char*>, 1> producer_settings = {
    {{"enable.idempotence", "true"}}};
constexpr std::array<const char*, 2> named_otherwise = {"bootstrap.servers", "group.id"};

bool is_reserved(const std::string& name) {
  const auto is_it = [&](const auto& setting) { return name == setting.first; };
  return std::any_of(consumer_settings.begin(), consumer_settings.end(), is_it) ||
         std::any_of(producer_settings.begin(), producer_settings.end(), is_it);
}

std::string fault_of(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  for (const char* other : named_otherwise) {
    if (name == other) return "the property " + name + " is a key of its own: brokers, group";
  }
  if (is_reserved(name)) {
    return "the property " + name + " is Clearwell's: positions are kept in the warehouse";
  }
  std::array<char, error_bytes> why{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size())) {
    case RD_KAFKA_CONF_OK:
      return "";
    case RD_KAFKA_CONF_UNKNOWN:
      return "the Kafka client has no property " + name +
             "; its names are those of librdkafka, such as security.protocol";
    case RD_KAFKA_CONF_INVALID:
      break;
  }
  return "the property " + name + " cannot have the value that it is given";
}

void log_line(const rd_kafka_t* /*client*/, int level, const char* facility, const char* text) {
  if (!log_enabled(LogLevel::Debug)) return;
  log_debug("kafka " + std::to_string(level) + " " + facility + ": " + text);
}

void note_error(rd_kafka_t* /*client*/, int error, const char* text, void* opaque) {
  const auto code = static_cast<rd_kafka_resp_err_t>(error);
  static_cast<Trouble*>(opaque)->note(std::string(rd_kafka_err2str(code)) + ": " + text);
}

template <typename Settings>
void set_all(rd_kafka_conf_t* conf, const Settings& settings) {
  for (const auto& [name, value] : settings) {
    const auto done = rd_kafka_conf_set(conf, name, value, nullptr, 0);
    CW_ASSERT(done == RD_KAFKA_CONF_OK);
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> properties_of(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> properties;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    CW_ASSERT(equals != std::string::npos);
    properties.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return properties;
}

std::vector<std::string> faults_of(const Options& options) {
  std::vector<std::string> faults;
  const ConfPtr conf(rd_kafka_conf_new());
  for (const auto& [name, value] : options.properties) {
    std::string fault = fault_of(conf.get(), name, value);
    if (!fault.empty()) faults.push_back(std::move(fault));
  }
  return faults;
}

Result<ClientPtr> make_client(rd_kafka_type_t type, const Options& options, Trouble& trouble,
                              Delivered delivered) {
  ConfPtr conf(rd_kafka_conf_new());
  for (const auto& [name, value] : options.properties) {
    const std::string fault = fault_of(conf.get(), name, value);
    if (!fault.empty()) return config_error(fault);
  }
  const bool consumes = type == RD_KAFKA_CONSUMER;
  if (consumes) set_all(conf.get(), consumer_settings);
  if (!consumes) set_all(conf.get(), producer_settings);
  std::vector<std::pair<const char*, const char*>> own = {
      {"bootstrap.servers", options.brokers.c_str()}, {"client.id", "clearwell"}};
  if (consumes) own.emplace_back("group.id", options.group.c_str());
  set_all(conf.get(), own);
  rd_kafka_conf_set_log_cb(conf.get(), log_line);
  rd_kafka_conf_set_error_cb(conf.get(), note_error);
  rd_kafka_conf_set_opaque(conf.get(), &trouble);
  if (delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), delivered);
  std::array<char, error_bytes> why{};
  ClientPtr client(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (client == nullptr) {
    return config_error(std::string("the Kafka client cannot be set up: ") + why.data());
  }
  [[maybe_unused]] const auto* taken = conf.release();  // it is the client's now
  return client;
}

Error failure(const std::string& what, rd_kafka_resp_err_t error, const Trouble& trouble) {
  const std::string more = trouble.text();
  return retryable(what + ": " + rd_kafka_err2str(error) + (more.empty() ? "" : " (" + more + ")"));
}

}  // namespace clearwell::kafka
