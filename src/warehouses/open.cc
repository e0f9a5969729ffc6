// The component table of warehouses.
#include "warehouses/duckdb/duckdb_warehouse.h"
#include "warehouses/postgres/postgres_warehouse.h"

namespace clearwell::warehouses {
namespace {

using Opener = Result<std::unique_ptr<Warehouse>> (*)(const std::string& rest, const Place& place,
                                                      const config::Limits& limits, Access access);

Result<std::unique_ptr<Warehouse>> open_duckdb(const std::string& rest, const Place& place,
                                               const config::Limits& limits, Access access) {
  const std::string path = rest.starts_with('/') ? rest : place.folder + "/" + rest;
  return DuckdbWarehouse::open(path, limits, access);
}

// The rest is what libpq takes after the scheme: //user@host:port/database?parameters.
Result<std::unique_ptr<Warehouse>> open_postgres(const std::string& rest, const Place& place,
                                                 const config::Limits&, Access access) {
  return PostgresWarehouse::open("postgres:" + rest, place.schema, access);
}

// One line for each.
constexpr std::string_view scheme_names[] = {"duckdb:", "postgres:"};
constexpr Opener openers[] = {open_duckdb, open_postgres};
// As libpq spells it, too.
constexpr std::string_view postgres_alias = "postgresql:";

}  // namespace

std::span<const std::string_view> schemes() { return scheme_names; }

Result<std::unique_ptr<Warehouse>> open(const Place& place, const config::Limits& limits,
                                        Access access) {
  std::string url = place.url;
  if (url.starts_with(postgres_alias)) url.replace(0, postgres_alias.size(), "postgres:");
  for (size_t i = 0; i < std::size(scheme_names); ++i) {
    if (!url.starts_with(scheme_names[i]) || url.size() == scheme_names[i].size()) continue;
    return openers[i](url.substr(scheme_names[i].size()), place, limits, access);
  }
  return config_error("warehouse: " + place.url +
                      " is none that this program knows; expected duckdb:PATH, for example "
                      "duckdb:warehouse.duckdb, or postgres://USER@HOST/DATABASE");
}

}  // namespace clearwell::warehouses
