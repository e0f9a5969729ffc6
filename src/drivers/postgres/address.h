// Where a PostgreSQL URL leads, for programs that do not take one.
#pragma once

#include <string>

#include "base/result.h"

namespace clearwell::postgres {

struct Address {
  std::string host, port, database, user, password, ssl_mode;
};

// What the URL leaves out comes from the PG* variables and libpq's defaults, as when connecting;
// service and password files are not read. Config error if libpq cannot read it.
Result<Address> address_of(const std::string& url);

}  // namespace clearwell::postgres
