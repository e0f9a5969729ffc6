// One JSON document, cut into tokens by simdjson's first stage.
//
// That stage checks UTF-8, unclosed strings and raw control characters, and finds where every token
// starts: { } [ ] : , a string's opening quote, or the first byte of a number or word. Everything
// else about the grammar is checked by whoever walks the tokens, since a token's kind is only known
// from its first byte. We walk them ourselves instead of using simdjson's on-demand objects: those
// do not check what they skip, hide the exact bytes of a value, and read numbers as doubles.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <simdjson.h>

namespace clearwell::decode::json {

inline bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Walks the tokens of a Document; cheap to copy. Reading at the end gives NUL, which no token
// starts with.
class Cursor {
 public:
  Cursor() = default;
  Cursor(std::string_view text, const uint32_t* first, const uint32_t* last)
      : text_(text), next_(first), last_(last) {}

  bool at_end() const { return next_ == last_; }
  char peek() const { return at_end() ? '\0' : text_[*next_]; }
  // REQUIRES: not at the end (of all that follow).
  void advance() { ++next_; }
  const char* position() const { return text_.data() + *next_; }

  // Takes the token if it is `c`.
  bool take(char c) {
    if (peek() != c) return false;
    advance();
    return true;
  }
  // Takes the token and gives its bytes: up to the next token, blanks at its end cut off.
  std::string_view take_token() {
    const uint32_t start = *next_++;
    size_t end = at_end() ? text_.size() : *next_;
    while (is_blank(text_[end - 1])) --end;
    return text_.substr(start, end - start);
  }
  // Takes a string (REQUIRES: peek() is a quote) and gives the bytes between its quotes, escapes as
  // they are.
  std::string_view take_string() {
    const std::string_view token = take_token();
    return token.substr(1, token.size() - 2);
  }
  // The bytes from `start` (an earlier position()) to the end of the last token taken.
  std::string_view taken_since(const char* start) const {
    const char* end = text_.data() + (at_end() ? text_.size() : *next_);
    while (is_blank(end[-1])) --end;
    return {start, static_cast<size_t>(end - start)};
  }

 private:
  std::string_view text_;
  const uint32_t* next_ = nullptr;
  const uint32_t* last_ = nullptr;
};

class Document {
 public:
  // Cuts `text` into tokens. False: it is no JSON (diagnose() says why). The text must stay; the
  // cursor is valid until the next load().
  bool load(std::string_view text, Cursor& cursor);
  // Whether the text has a backslash anywhere: if not, no string in it needs unescaping.
  bool has_escapes() const { return has_escapes_; }

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_;
  bool has_escapes_ = false;
};

// The text after a byte order mark, which is tolerated (Windows tools write it) although RFC 8259
// does not want it.
std::string_view without_mark(std::string_view text);

}  // namespace clearwell::decode::json
