#include "sources/kafka/envelope.h"

#include <nlohmann/json.hpp>

#include "base/time.h"
#include "batch/text.h"

namespace clearwell::sources::kafka {
namespace {

using Json = nlohmann::ordered_json;

Json text_of(const std::optional<std::string_view>& bytes) {
  if (!bytes) return nullptr;
  if (batch::utf8_valid_prefix(*bytes) == bytes->size()) return std::string(*bytes);
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\\x";
  for (const char c : *bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace

std::string wrap(const clearwell::kafka::Message& message,
                 const std::vector<clearwell::kafka::Header>& headers) {
  if (message.value && !Json::accept(*message.value)) return std::string(*message.value);
  Json named = Json::object();
  for (const clearwell::kafka::Header& header : headers) {
    named[std::string(text_of(header.name))] = text_of(header.value);
  }
  Json time;
  if (message.timestamp_ms) {
    time = to_iso8601(Instant(std::chrono::milliseconds(*message.timestamp_ms)));
  }
  std::string out = "{\"key\":" + text_of(message.key).dump();
  out += ",\"timestamp\":" + time.dump();
  out += ",\"headers\":" + (headers.empty() ? Json(nullptr) : named).dump();
  out += ",\"value\":";
  out += message.value.value_or("null");
  return out + "}";
}

}  // namespace clearwell::sources::kafka
