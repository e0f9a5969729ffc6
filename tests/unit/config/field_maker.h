// Fields of contracts for tests, without YAML.
#pragma once

#include <string>
#include <utility>

#include "config/contract.h"

namespace clearwell::testing {

inline config::Field field(std::string name, config::FieldType type) {
  config::Field out;
  out.name = std::move(name);
  out.type = type;
  return out;
}

}  // namespace clearwell::testing
