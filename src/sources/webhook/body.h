// The records of a request's body.
#pragma once

#include <string_view>
#include <vector>

namespace clearwell::sources::webhook {

enum class BodyKind {
  Record,  // the whole body is one record
  Lines,   // each line that is not blank is one (NDJSON)
  Array,   // each element of a JSON array is one; what is no array is one record as a whole
};

// Views into `body`: of Record the very bytes that came, else without the blanks around them. None
// for an empty array; an empty body is one empty record, which quarantine tells of.
std::vector<std::string_view> records_of(std::string_view body, BodyKind kind);

}  // namespace clearwell::sources::webhook
