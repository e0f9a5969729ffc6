# What every file of ours is compiled with: clearwell_options, linked by all targets.
add_library(clearwell_options INTERFACE)

target_compile_options(clearwell_options INTERFACE
  -Wall -Wextra -Wpedantic
  -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  -Wcast-align -Wunused -Wformat=2 -Wimplicit-fallthrough
  -Wconversion -Wno-sign-conversion    # narrowing loses data; signedness alone only makes noise
  -Wno-missing-field-initializers      # designated initialisers leave the rest to its defaults
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(clearwell_options INTERFACE
    -Wshadow=local -Wduplicated-cond -Wlogical-op)
  # g++ 12 sees overflows and uninitialised values in the inlined standard library
  # once it optimises; they are false, and would only teach people to ignore it.
  target_compile_options(clearwell_options INTERFACE
    -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
    -Wno-maybe-uninitialized)
endif()
if(CLEARWELL_WERROR)
  target_compile_options(clearwell_options INTERFACE -Werror)
endif()

# CLEARWELL_SANITIZE is a list for -fsanitize=, e.g. "address,undefined".
if(CLEARWELL_SANITIZE)
  target_compile_options(clearwell_options INTERFACE
    -fsanitize=${CLEARWELL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(clearwell_options INTERFACE -fsanitize=${CLEARWELL_SANITIZE})
endif()
if(CLEARWELL_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "CLEARWELL_FUZZ needs clang (libFuzzer): use ./dev fuzz")
  endif()
  target_compile_options(clearwell_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
