// The type of a field as users write it: "text", "decimal(12,2)".
#pragma once

#include <optional>
#include <string>

#include "config/contract.h"
#include "config/mapping.h"

namespace clearwell::config {

struct TypeText {
  FieldType type = FieldType::Text;
  int precision = 0, scale = 0;
};

// None, and a fault at `mark` about `what` ("field 'price'"), if there is no such type. What people
// know from elsewhere (string, int, array) is answered with our name for it.
std::optional<TypeText> read_type(const std::string& text, const Mark& mark,
                                  const std::string& what, Faults& faults);

// As users write it, without precision and scale.
std::string type_name(FieldType type);

// Adds a fault for every option in `given` that does not go with the field's type.
void check_options(FieldType type, const Mapping& given, const std::string& what, Faults& faults);

// Adds a fault if the smallest value, length or count allowed is above the largest.
void check_ranges(const Field& field, const Mapping& given, const std::string& what,
                  Faults& faults);

}  // namespace clearwell::config
