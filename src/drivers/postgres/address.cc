#include "drivers/postgres/address.h"

#include <memory>

#include <libpq-fe.h>

namespace clearwell::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

void take(const Options& options, Address& out) {
  for (const PQconninfoOption* one = options.get(); one != nullptr && one->keyword != nullptr;
       ++one) {
    if (one->val == nullptr || *one->val == '\0') continue;
    const std::string name = one->keyword;
    if (name == "host") out.host = one->val;
    if (name == "port") out.port = one->val;
    if (name == "dbname") out.database = one->val;
    if (name == "user") out.user = one->val;
    if (name == "password") out.password = one->val;
    if (name == "sslmode") out.ssl_mode = one->val;
  }
}

}  // namespace

Result<Address> address_of(const std::string& url) {
  char* message = nullptr;
  const Options given(PQconninfoParse(url.c_str(), &message));
  if (!given) {
    Error error = config_error(message != nullptr ? message : "out of memory");
    PQfreemem(message);
    return error;
  }
  Address out;
  take(Options(PQconndefaults()), out);
  take(given, out);
  if (out.database.empty()) out.database = out.user;
  return out;
}

}  // namespace clearwell::postgres
