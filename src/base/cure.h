// What a person can do about a fault of the operating system.
#pragma once

#include <string>

namespace clearwell {

// Does the message hold words of the operating system for a fault of files, disks or descriptors,
// which trying again may mend ("Input/output error")? Libraries wrap what it said.
bool is_of_files(const std::string& message);

// The message with the cure behind it, if it holds words of the operating system that have one
// ("No space left on device"): "…: No space left on device (make room on that disk)".
std::string with_cure(std::string message);

}  // namespace clearwell
