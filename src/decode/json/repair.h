// Changes one value of a JSON payload and leaves every other byte as it is, so that numbers, texts
// and order of the rest survive exactly.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clearwell::decode {

// `path` as reasons write it: "cart[2].quantity". A key that is missing in its object is added at
// the object's end. `value` is JSON, or else taken as a text. Config error if the payload is no
// JSON or the path leads nowhere.
Result<std::string> repair_json(std::string_view payload, const std::string& path,
                                const std::string& value);

}  // namespace clearwell::decode
