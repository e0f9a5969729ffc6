// UTF-8 texts: counting, and the cleaning that a contract may ask for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clearwell::batch {

// Length of the valid UTF-8 sequence that starts at `at` (1..4), or 0 if there is none (also for
// overlong forms, surrogates and numbers above U+10FFFF). REQUIRES: at < text.size().
size_t utf8_sequence(std::string_view text, size_t at);

// Offset of the first byte that is not part of valid UTF-8, or text.size().
size_t utf8_valid_prefix(std::string_view text);

// Number of code points. REQUIRES: valid UTF-8.
int64_t code_points(std::string_view text);

// Without white space at both ends: ASCII's, every character with Unicode's White_Space property
// (no-break spaces and U+3000 among them), and a byte order mark. Never copies.
std::string_view trim(std::string_view text);

// In place. Letters of ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic whose other case is one
// letter of the same length; all others stay (ß, ı, İ and scripts beyond these). No locale.
void to_lower(std::string& text);
void to_upper(std::string& text);

}  // namespace clearwell::batch
