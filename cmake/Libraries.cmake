# The libraries we use, and which folder of src/ links which (CLEARWELL_USES_<folder>).
# A folder's libraries are visible to the folders above it.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(DuckDB REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_package(Boost 1.74 REQUIRED)  # headers: Asio, Beast
find_package(OpenSSL REQUIRED)

set(CLEARWELL_USES_base Threads::Threads fmt::fmt spdlog::spdlog nlohmann_json::nlohmann_json
  PkgConfig::XXHASH date::date date::date-tz)
set(CLEARWELL_USES_config yaml-cpp PkgConfig::RE2)
set(CLEARWELL_USES_drivers DuckDB::DuckDB $<LINK_ONLY:PkgConfig::LIBPQ>
  $<LINK_ONLY:PkgConfig::RDKAFKA>)
set(CLEARWELL_USES_sources ZLIB::ZLIB Boost::headers OpenSSL::SSL)
set(CLEARWELL_USES_decode simdjson::simdjson)
set(CLEARWELL_USES_cli CLI11::CLI11)

# Nobody but its driver sees libpq's headers.
file(GLOB _postgres CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/drivers/postgres/*.cc")
set_source_files_properties(${_postgres} PROPERTIES INCLUDE_DIRECTORIES "${LIBPQ_INCLUDE_DIRS}")
