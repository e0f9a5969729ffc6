// Reads project files as texts: bounded, UTF-8, without a byte order mark.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/fault.h"

namespace clearwell::config {

// The content of folder/file; `file` is the name in marks. None, and a fault, if it cannot be read,
// is over 4 MB, not UTF-8, or has control characters other than tab and line ends.
std::optional<std::string> read_text_file(const std::string& folder, const std::string& file,
                                          Faults& faults);

// Names of the files of folder/sub that end in one of `endings`, as "sub/name", sorted. Hidden
// files are left out. A folder that does not exist has none; one that cannot be read is a fault.
std::vector<std::string> list_files(const std::string& folder, const std::string& sub,
                                    const std::vector<std::string>& endings, Faults& faults);

}  // namespace clearwell::config
