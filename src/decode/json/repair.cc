#include "decode/json/repair.h"

#include <nlohmann/json.hpp>
#include <simdjson.h>

namespace clearwell::decode {
namespace {

namespace ondemand = simdjson::ondemand;

// "cart[2].quantity" → {"cart", "2", "quantity"} as JSON pointer steps (RFC 6901).
std::vector<std::string> steps_of(const std::string& path) {
  std::vector<std::string> steps(1);
  for (char c : path) {
    if (c == '.' || c == '[') {
      if (!steps.back().empty()) steps.emplace_back();
    } else if (c == '~') {
      steps.back() += "~0";
    } else if (c == '/') {
      steps.back() += "~1";
    } else if (c != ']') {
      steps.back() += c;
    }
  }
  return steps;
}

std::string pointer_to(const std::vector<std::string>& steps, size_t count) {
  std::string pointer;
  for (size_t i = 0; i < count; ++i) pointer += "/" + steps[i];
  return pointer;
}

// The bytes of the value at `pointer`, or nothing if there is none.
std::string_view find(ondemand::document& document, const std::string& pointer) {
  document.rewind();
  ondemand::value value;
  const auto error =
      pointer.empty() ? document.get_value().get(value) : document.at_pointer(pointer).get(value);
  if (error != simdjson::SUCCESS) return {};
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return {};
  std::string_view raw;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return {};
    if (object.raw_json().get(raw) != simdjson::SUCCESS) return {};
  } else if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return {};
    if (array.raw_json().get(raw) != simdjson::SUCCESS) return {};
  } else {
    raw = value.raw_json_token();
    while (!raw.empty() && std::isspace(static_cast<unsigned char>(raw.back())) != 0) {
      raw.remove_suffix(1);
    }
  }
  return raw;
}

}  // namespace

Result<std::string> repair_json(std::string_view payload, const std::string& path,
                                const std::string& value) {
  const bool is_json = nlohmann::json::accept(value);
  const std::string text = is_json ? value : nlohmann::json(value).dump();
  const simdjson::padded_string padded(payload);
  ondemand::parser parser;
  ondemand::document document;
  if (!nlohmann::json::accept(payload) ||
      parser.iterate(padded).get(document) != simdjson::SUCCESS) {
    return config_error(
        "the payload is no JSON, so no value of it can be set: export it, mend it "
        "and send it again");
  }
  const std::vector<std::string> steps = steps_of(path);
  std::string out(payload);
  const std::string_view old = find(document, pointer_to(steps, steps.size()));
  if (!old.empty()) {
    out.replace(static_cast<size_t>(old.data() - padded.data()), old.size(), text);
    return out;
  }
  const std::string_view parent = find(document, pointer_to(steps, steps.size() - 1));
  if (parent.empty() || parent.front() != '{') {
    return config_error("the payload has no place " + path);
  }
  const bool empty = parent.find_first_not_of(" \t\r\n", 1) == parent.size() - 1;
  const size_t end = static_cast<size_t>(parent.data() - padded.data()) + parent.size() - 1;
  out.insert(end, (empty ? "" : ", ") + nlohmann::json(steps.back()).dump() + ": " + text);
  return out;
}

}  // namespace clearwell::decode
