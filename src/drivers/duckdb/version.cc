#include "drivers/duckdb/version.h"

#include <duckdb.h>

namespace clearwell::duckdb {

std::string library_version() {
  const std::string version = duckdb_library_version();
  return version.starts_with('v') ? version.substr(1) : version;
}

}  // namespace clearwell::duckdb
