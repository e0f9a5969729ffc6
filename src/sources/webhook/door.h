// Who may deliver: a token, or a signature over the body (HMAC-SHA256). Several secrets are valid
// at a time, so that they can be changed without losing a delivery. Compared in constant time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clearwell::sources::webhook {

struct Door {
  std::vector<std::string> tokens;   // of "Authorization: Bearer TOKEN"; none: not asked for
  std::string signature_header;      // empty: not asked for
  std::vector<std::string> secrets;  // of signatures

  // `authorization` and `signature`: values of those headers, empty if absent. A signature is hex
  // digits, perhaps after "sha256=".
  bool opens(std::string_view authorization, std::string_view signature,
             std::string_view body) const;
};

}  // namespace clearwell::sources::webhook
