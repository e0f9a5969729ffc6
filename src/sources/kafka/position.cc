#include "sources/kafka/position.h"

#include <limits>

#include <nlohmann/json.hpp>

namespace clearwell::sources::kafka {

std::string to_text(const Position& position) {
  nlohmann::ordered_json json;
  if (!position.cluster.empty()) json["cluster"] = position.cluster;
  json["topic"] = position.topic;
  json["partition"] = position.partition;
  json["offset"] = position.offset;
  if (position.missed > 0) json["missed"] = position.missed;
  return json.dump();
}

Result<Position> parse_position(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto number = [&](const char* key, int64_t most) {
    return json.contains(key) && json[key].is_number_integer() && json[key] >= 0 &&
           json[key] <= most;
  };
  const auto word = [&](const char* key) { return json.contains(key) && json[key].is_string(); };
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  if (!json.is_object() || !word("topic") || !number("offset", most) ||
      !number("partition", std::numeric_limits<int32_t>::max()) ||
      (json.contains("cluster") && !word("cluster")) ||
      (json.contains("missed") && !number("missed", most))) {
    return config_error("the stored position is none of this source: " + text);
  }
  Position position;
  if (json.contains("cluster")) position.cluster = json["cluster"];
  position.topic = json["topic"];
  position.partition = json["partition"];
  position.offset = json["offset"];
  if (json.contains("missed")) position.missed = json["missed"];
  return position;
}

}  // namespace clearwell::sources::kafka
