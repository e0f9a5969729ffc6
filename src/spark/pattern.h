// Regular expressions of RE2, in which contracts are written, as Java's, which Spark has.
#pragma once

#include <string>

#include "base/result.h"

namespace clearwell::spark {

// A pattern that finds in Java what `pattern` finds in RE2. Config error that names what has no
// equal: classes of Unicode, flags, word borders. REQUIRES: RE2 can compile it.
Result<std::string> java_pattern(const std::string& pattern);

}  // namespace clearwell::spark
