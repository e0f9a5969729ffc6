#include "damage.h"

namespace retail {
namespace {

Damaged truncated(const std::string& json, Random& random) {
  return {json.substr(0, 1 + random.below(json.size() - 1)), "truncated", "json.incomplete"};
}

// A field that no contract knows, with a Latin-1 é: the bytes as a whole are not UTF-8.
Damaged not_utf8(const std::string& json) {
  return {json.substr(0, json.size() - 1) + ", \"note\": \"caf\xe9\"}", "not_utf8", "json.utf8"};
}

Damaged repeated_key(const std::string& json) {
  const size_t end_of_id = json.find(',');
  return {"{" + json.substr(1, end_of_id - 1) + ", " + json.substr(1), "repeated_key",
          "json.duplicate_key@id_"};
}

Damaged wrong_root(const std::string& json, Random& random) {
  static constexpr std::string_view roots[] = {"null", "42", "\"purchase\"", "[]", "true"};
  if (random.chance(0.5)) return {"[" + json + "]", "wrong_root", "json.root"};
  return {std::string(random.pick(roots)), "wrong_root", "json.root"};
}

Damaged syntax(const std::string& json, Random& random) {
  switch (random.below(3)) {
    case 0:
      return {json.substr(0, json.size() - 1) + ",}", "trailing_comma", "json.syntax"};
    case 1:
      return {json + json, "two_in_one", "json.syntax"};
    default:
      break;
  }
  std::string single = json;
  for (char& c : single) c = c == '"' ? '\'' : c;
  return {single, "single_quotes", "json.syntax"};
}

}  // namespace

Damaged damage(const std::string& json, Random& random) {
  switch (random.below(5)) {
    case 0:
      return truncated(json, random);
    case 1:
      return not_utf8(json);
    case 2:
      return repeated_key(json);
    case 3:
      return wrong_root(json, random);
    default:
      return syntax(json, random);
  }
}

}  // namespace retail
