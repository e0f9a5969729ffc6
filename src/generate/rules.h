// The contract's rules as the generator understands them: written apart from validate/ and decode/,
// which the manifest is to be compared with. Only the reading of single values (batch/values.h:
// what is a date, a number, a UUID) is shared.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "base/result.h"
#include "batch/values.h"
#include "config/contract.h"
#include "generate/value.h"

namespace clearwell::generate {

// One field's rules, compiled.
struct Rules {
  const config::Field* field = nullptr;
  batch::ValueCodec codec;  // not for List and Object
  std::unique_ptr<re2::RE2> pattern;
  std::optional<batch::Scalar> min, max;
  std::vector<batch::Scalar> values;
  std::vector<Rules> children;

  bool is_container() const {
    return field->type == config::FieldType::List || field->type == config::FieldType::Object;
  }
};

// REQUIRES: the fields outlive the rules. A Config error names a field that cannot be compiled.
Result<std::vector<Rules>> compile_rules(const std::vector<config::Field>& fields);

// Is a value of this field written as a JSON string?
bool is_written_as_text(config::FieldType type);

// The value that `text` is for the field: written as the field's type is, cleaned and read; with
// `fault` if it cannot be read, Null if cleaning makes it so. Json: text is the JSON.
Value scalar(const Rules& rules, const std::string& text, Random& random);

// The same value under another way of writing, e.g. a text where a number belongs.
Value unreadable(std::string token, std::string code);

// Codes of the rules that the value itself (not its children) breaks, absence and null included.
std::vector<std::string> broken_rules(const Rules& rules, const Value& value);

// "code@path" of all that is wrong with the record's fields: values that cannot be read, broken
// rules, unknown fields if the kind refuses them. Not references, not checks.
std::vector<std::string> broken_fields(const config::Kind& kind, const std::vector<Rules>& rules,
                                       const Value& record);

}  // namespace clearwell::generate
