# The programs: clearwell itself, the examples' simulators, and the benchmarks.
file(GLOB _main CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cli/main.cc")
if(_main)
  add_executable(clearwell ${_main})
  target_compile_definitions(clearwell PRIVATE CLEARWELL_VERSION="${PROJECT_VERSION}")
  target_link_libraries(clearwell PRIVATE clearwell_cli clearwell_options)
endif()

# examples/<name>/simulator/*.cc → simulators/<name>-simulator. A simulator plays
# the senders, so it may know nothing of Clearwell but base/; examples/common/ is what
# simulators share.
file(GLOB _common CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/common/*.cc")
add_library(simulators_common STATIC ${_common})
target_include_directories(simulators_common PUBLIC "${PROJECT_SOURCE_DIR}/examples/common")
target_link_libraries(simulators_common PRIVATE
  clearwell_options fmt::fmt CLI11::CLI11 PkgConfig::RDKAFKA)
file(GLOB _simulator_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*/simulator/*.cc")
set(_simulators "")
foreach(_source IN LISTS _simulator_sources)
  string(REGEX REPLACE ".*/examples/([^/]+)/simulator/[^/]+$" "\\1" _example "${_source}")
  list(APPEND _simulators ${_example})
  list(APPEND _sources_of_${_example} "${_source}")
endforeach()
list(REMOVE_DUPLICATES _simulators)
foreach(_example IN LISTS _simulators)
  add_executable(${_example}-simulator ${_sources_of_${_example}})
  set_target_properties(${_example}-simulator PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/simulators")
  target_include_directories(${_example}-simulator PRIVATE
    "${PROJECT_SOURCE_DIR}/examples/${_example}/simulator")
  target_link_libraries(${_example}-simulator PRIVATE
    simulators_common clearwell_base clearwell_options
    fmt::fmt nlohmann_json::nlohmann_json CLI11::CLI11 Boost::headers Threads::Threads)
endforeach()

# bench/<name>_bench.cc → bench/<name>_bench, a Google Benchmark program.
file(GLOB _benches CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*_bench.cc")
if(_benches)
  find_package(benchmark REQUIRED)
endif()
foreach(_source IN LISTS _benches)
  get_filename_component(_name "${_source}" NAME_WE)
  add_executable(${_name} "${_source}")
  set_target_properties(${_name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
  target_link_libraries(${_name} PRIVATE clearwell_cli clearwell_options benchmark::benchmark_main)
endforeach()

# bench/<name>/*.cc → bench/<name>, a program that bench/run needs.
file(GLOB _bench_programs CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*/*.cc")
foreach(_source IN LISTS _bench_programs)
  get_filename_component(_name "${_source}" NAME_WE)
  add_executable(${_name} "${_source}")
  set_target_properties(${_name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
  target_link_libraries(${_name} PRIVATE clearwell_cli clearwell_options)
endforeach()
