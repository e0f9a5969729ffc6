# Finds DuckDB's C library and header: DuckDB::DuckDB, DuckDB_VERSION.
#
# DUCKDB_ROOT (CMake or environment) names a prefix with lib/ and include/ of
# your own; otherwise what `./dev setup` has put under .deps/ is used, then the
# system. Header and library must be of one version, and the library's SONAME
# does not say which. So the configure step (1) takes the address of every
# function that the header declares, which fails to link against an older
# library, and (2) asks the library for its version, which must be of the same
# minor release as cmake/duckdb.pin. The answer is cached per library file.

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_LIST_DIR}/duckdb.pin")
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/duckdb.pin" _pin REGEX "^DUCKDB_VERSION=")
string(REPLACE "DUCKDB_VERSION=" "" DUCKDB_PINNED_VERSION "${_pin}")

if(NOT DUCKDB_ROOT AND DEFINED ENV{DUCKDB_ROOT})
  set(DUCKDB_ROOT "$ENV{DUCKDB_ROOT}")
endif()
set(_duckdb_hints "${DUCKDB_ROOT}")
if(NOT DUCKDB_ROOT)
  set(_duckdb_hints "${PROJECT_SOURCE_DIR}/.deps/duckdb-${DUCKDB_PINNED_VERSION}")
endif()

# Not kept in the cache: a changed DUCKDB_ROOT or pin must take effect at once.
unset(DuckDB_INCLUDE_DIR CACHE)
unset(DuckDB_LIBRARY CACHE)
find_path(DuckDB_INCLUDE_DIR duckdb.h HINTS ${_duckdb_hints} PATH_SUFFIXES include)
find_library(DuckDB_LIBRARY duckdb HINTS ${_duckdb_hints} PATH_SUFFIXES lib)

if(DuckDB_INCLUDE_DIR AND DuckDB_LIBRARY)
  file(SHA256 "${DuckDB_INCLUDE_DIR}/duckdb.h" _header_hash)
  file(SIZE "${DuckDB_LIBRARY}" _library_size)
  file(TIMESTAMP "${DuckDB_LIBRARY}" _library_time)
  set(_duckdb_probe "${_header_hash} ${DuckDB_LIBRARY} ${_library_size} ${_library_time}")
  if(NOT _duckdb_probe STREQUAL "${DUCKDB_PROBED}")
    file(READ "${DuckDB_INCLUDE_DIR}/duckdb.h" _header)
    string(REGEX MATCHALL "DUCKDB_C_API[^;(]*[ *](duckdb_[a-z0-9_]+)\\(" _declared "${_header}")
    set(_addresses "")
    foreach(_line IN LISTS _declared)
      string(REGEX REPLACE ".*[ *](duckdb_[a-z0-9_]+)\\($" "\\1" _name "${_line}")
      string(APPEND _addresses "    reinterpret_cast<void*>(&${_name}),\n")
    endforeach()
    set(_probe_file "${CMAKE_BINARY_DIR}/CMakeFiles/duckdb_probe.cc")
    file(WRITE "${_probe_file}" "#include <duckdb.h>\n#include <cstdio>\n"
      "void* volatile declared[] = {\n${_addresses}};\n"
      "int main() { std::puts(duckdb_library_version()); }\n")
    try_run(_run _compiled "${CMAKE_BINARY_DIR}/CMakeFiles/duckdb_probe" "${_probe_file}"
      CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${DuckDB_INCLUDE_DIR}"
      LINK_LIBRARIES "${DuckDB_LIBRARY}"
      COMPILE_OUTPUT_VARIABLE _compile_output
      RUN_OUTPUT_VARIABLE _run_output)
    if(NOT _compiled)
      message(FATAL_ERROR "DuckDB: ${DuckDB_INCLUDE_DIR}/duckdb.h and ${DuckDB_LIBRARY} do not "
        "belong together: a program that names every declared function does not link.\n"
        "${_compile_output}")
    endif()
    string(STRIP "${_run_output}" _run_output)
    string(REGEX REPLACE "^v" "" _found_version "${_run_output}")
    set(DUCKDB_PROBED "${_duckdb_probe}" CACHE INTERNAL "the header and library last probed")
    set(DUCKDB_PROBED_VERSION "${_found_version}" CACHE INTERNAL "what that library says it is")
  endif()
  set(DuckDB_VERSION "${DUCKDB_PROBED_VERSION}")

  string(REGEX MATCH "^[0-9]+\\.[0-9]+" _pinned_minor "${DUCKDB_PINNED_VERSION}")
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" _found_minor "${DuckDB_VERSION}")
  if(NOT _found_minor STREQUAL _pinned_minor)
    message(FATAL_ERROR "DuckDB: ${DuckDB_LIBRARY} is ${DuckDB_VERSION}; Clearwell is written "
      "for ${DUCKDB_PINNED_VERSION}. Point DUCKDB_ROOT to that release, or leave it unset and "
      "run ./dev setup.")
  elseif(NOT DuckDB_VERSION STREQUAL DUCKDB_PINNED_VERSION)
    message(WARNING "DuckDB ${DuckDB_VERSION} instead of the tested ${DUCKDB_PINNED_VERSION}.")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB
  REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR
  VERSION_VAR DuckDB_VERSION
  REASON_FAILURE_MESSAGE "run ./dev setup, or set DUCKDB_ROOT")

if(DuckDB_FOUND AND NOT TARGET DuckDB::DuckDB)
  # Linked where it will run: beside the programs, so that a build folder can be moved.
  set(_beside "${CMAKE_BINARY_DIR}/libduckdb.so")
  if(NOT "${DUCKDB_BESIDE}" STREQUAL "${_duckdb_probe}" OR NOT EXISTS "${_beside}")
    file(REMOVE "${_beside}")
    file(REAL_PATH "${DuckDB_LIBRARY}" _real_library)
    file(CREATE_LINK "${_real_library}" "${_beside}" COPY_ON_ERROR)
    set(DUCKDB_BESIDE "${_duckdb_probe}" CACHE INTERNAL "the library placed in the build folder")
  endif()
  add_library(DuckDB::DuckDB SHARED IMPORTED)
  set_target_properties(DuckDB::DuckDB PROPERTIES
    IMPORTED_LOCATION "${_beside}"
    INTERFACE_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}")
endif()
