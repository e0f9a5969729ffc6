#include "sources/webhook/door.h"

#include <algorithm>
#include <cstdint>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace clearwell::sources::webhook {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hmac_hex(const std::string& secret, std::string_view body) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest, &size);
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += "0123456789abcdef"[digest[i] >> 4];
    out += "0123456789abcdef"[digest[i] & 15];
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// No early end: how long it takes must not tell which of the secrets it was.
template <typename Matches>
bool any_of(const std::vector<std::string>& secrets, Matches matches) {
  bool found = false;
  for (const std::string& secret : secrets) found = matches(secret) || found;
  return found;
}

}  // namespace

bool Door::opens(std::string_view authorization, std::string_view signature,
                 std::string_view body) const {
  bool open = true;
  if (!tokens.empty()) {
    open = any_of(tokens,
                  [&](const std::string& token) { return same(authorization, "Bearer " + token); });
  }
  if (signature_header.empty()) return open;
  constexpr std::string_view prefix = "sha256=";
  if (signature.starts_with(prefix)) signature.remove_prefix(prefix.size());
  const std::string given = lower(signature);
  return any_of(secrets,
                [&](const std::string& secret) { return same(given, hmac_hex(secret, body)); }) &&
         open;
}

}  // namespace clearwell::sources::webhook
