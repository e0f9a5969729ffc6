// JSON's escapes.
#pragma once

#include <string>
#include <string_view>

namespace clearwell::decode::json {

// Appends the text that `raw` (the bytes between the quotes) stands for. False if an escape is
// wrong: unknown, \u without four hex digits, or a surrogate without its other half.
bool unescape(std::string_view raw, std::string& out);

// Length of the well-formed escape at the start of `raw` (2, 6, or 12 for a pair of surrogates), or
// 0. `point` is the character it stands for.
size_t read_escape(std::string_view raw, uint32_t& point);

// Whether all escapes are well-formed; `nul` is set if one of them is U+0000.
bool check_escapes(std::string_view raw, bool& nul);

}  // namespace clearwell::decode::json
