#include "decode/json/diagnose.h"

#include <algorithm>
#include <array>
#include <string>

#include "batch/text.h"
#include "decode/decoder.h"
#include "decode/json/document.h"
#include "decode/json/number.h"
#include "decode/json/strings.h"

namespace clearwell::decode::json {
namespace {

constexpr size_t excerpt_before = 20, excerpt_after = 20;

struct Finding {
  const char* code = nullptr;  // none: well-formed
  size_t offset = 0;
  std::string expected;  // "a value", or a whole sentence part
};

// Reads one JSON value and what follows it. No recursion: open lists and objects are kept in a
// small stack.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Finding read() {
    if (!value()) return finding_;
    while (depth_ > 0) {
      if (!next_in_container()) return finding_;
    }
    skip_blanks();
    if (at_ < text_.size()) fail("nothing more, since the value ends before");
    return finding_;
  }

 private:
  bool fail(std::string expected, const char* code = "json.syntax") {
    finding_ = {at_ >= text_.size() ? "json.incomplete" : code, at_, std::move(expected)};
    return false;
  }
  bool fail_at(size_t offset, std::string expected) {
    at_ = offset;
    return fail(std::move(expected));
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool sees(char c) const { return at_ < text_.size() && text_[at_] == c; }

  // Reads a scalar whole, or opens a container.
  bool value() {
    skip_blanks();
    if (at_ == text_.size()) return fail("a value");
    switch (text_[at_]) {
      case '{':
      case '[':
        return open();
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool open() {
    if (depth_ == max_depth) {
      return fail("at most " + std::to_string(max_depth) + " levels of nesting", "json.depth");
    }
    open_[static_cast<size_t>(depth_++)] = text_[at_++];
    fresh_ = true;
    return true;
  }

  // One step in the innermost container: an element, a member, or its end.
  bool next_in_container() {
    const bool object = open_[static_cast<size_t>(depth_ - 1)] == '{';
    const char end = object ? '}' : ']';
    skip_blanks();
    if (sees(end)) {
      ++at_;
      --depth_;
      fresh_ = false;
      return true;
    }
    if (!fresh_) {
      if (!sees(',')) return fail(object ? "\",\" or \"}\"" : "\",\" or \"]\"");
      ++at_;
      skip_blanks();
    }
    fresh_ = false;
    if (object) {
      if (!sees('"')) return fail("a field's name in double quotes");
      if (!string()) return false;
      skip_blanks();
      if (!sees(':')) return fail("\":\"");
      ++at_;
    }
    return value();
  }

  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) {
        return fail("no control character inside a text (write it as an escape)");
      }
      if (c != '\\') continue;
      uint32_t point = 0;
      const size_t length = read_escape(text_.substr(at_), point);
      if (length == 0) return bad_escape();
      at_ += length - 1;
    }
    return fail("the closing quote of a text");
  }

  // An escape that the payload's end cuts off is incomplete rather than wrong.
  bool bad_escape() {
    const std::string_view rest = text_.substr(at_);
    if (rest.size() < 12 && rest.find('"') == std::string_view::npos) {
      const bool may_go_on =
          rest.size() == 1 ||
          (rest[1] == 'u' &&
           rest.substr(2).find_first_not_of("0123456789abcdefABCDEF\\u") == std::string_view::npos);
      if (may_go_on) return fail_at(text_.size(), "the rest of an escape");
    }
    return fail("a valid escape (\\uD800 to \\uDFFF only as pairs)");
  }

  bool word(std::string_view expected) {
    const std::string_view rest = text_.substr(at_, expected.size());
    if (rest == expected) return at_ += expected.size(), end_of_scalar();
    if (expected.starts_with(rest)) return fail_at(text_.size(), "the rest of a word");
    return fail("a value (true, false or null in lower case)");
  }

  bool number() {
    const size_t length = number_prefix(text_.substr(at_));
    if (length == 0) {
      const std::string_view rest = text_.substr(at_);
      if (rest == "-") return fail_at(text_.size(), "the rest of a number");
      if (rest[0] == '\0') return fail("a value instead of the byte 0x00");
      return fail("a value (NaN, Infinity and words without quotes are none)");
    }
    at_ += length;
    for (const std::string_view cut : {".", "e", "E", "e+", "e-", "E+", "E-"}) {
      if (text_.substr(at_) == cut) return fail_at(text_.size(), "the rest of a number");
    }
    return end_of_scalar();
  }

  bool end_of_scalar() {
    if (at_ == text_.size() || is_blank(text_[at_])) return true;
    if (std::string_view(",]}").find(text_[at_]) != std::string_view::npos) return true;
    return fail("the end of a number or word");
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  bool fresh_ = false;  // nothing of the innermost container was read yet
  std::array<char, max_depth> open_{};
  Finding finding_;
};

// With what to do about it. Of a whole record in UTF-16 the first byte alone would not tell.
std::string not_utf8(std::string_view payload, size_t offset) {
  if (payload.starts_with("\xFF\xFE") || payload.starts_with("\xFE\xFF")) {
    return " begins a text in UTF-16; it must be sent in UTF-8: ";
  }
  constexpr std::string_view hex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(payload[offset]);
  return std::string(" (0x") + hex[byte >> 4] + hex[byte & 15] + ") is not UTF-8: ";
}

batch::Reason to_reason(const Finding& finding, std::string_view payload, size_t skipped) {
  const size_t start = finding.offset - std::min(finding.offset, excerpt_before);
  std::string excerpt = batch::printable(payload.substr(start, excerpt_before + excerpt_after));
  const std::string where = std::to_string(finding.offset + skipped);
  std::string message;
  if (payload.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    message = "the record is empty";
  } else if (std::string_view(finding.code) == "json.incomplete") {
    message = "the record ends at byte " + where + ", where " + finding.expected + " was due";
  } else if (std::string_view(finding.code) == "json.utf8") {
    message = "byte " + where + not_utf8(payload, finding.offset) + excerpt;
  } else {
    message = "expected " + finding.expected + " at byte " + where + ", near: " + excerpt;
  }
  return {finding.code, "", std::move(excerpt), std::move(message)};
}

// Whether the bytes from `at` on are the beginning of one valid character that was cut off.
bool is_cut_character(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  const auto lead = static_cast<unsigned char>(rest[0]);
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (rest.size() >= length) return false;
  for (const char* tail : {"\x80\x80\x80", "\xA0\x80\x80", "\xBF\xBF\xBF", "\x90\x80\x80"}) {
    std::string whole(rest);
    whole.append(tail + (rest.size() - 1), length - rest.size());
    if (batch::utf8_sequence(whole, 0) == length) return true;
  }
  return false;
}

}  // namespace

std::optional<batch::Reason> source_fault(const batch::Record& record) {
  const std::string size = std::to_string(record.payload.size());
  switch (record.fault) {
    case batch::SourceFault::None:
      return std::nullopt;
    case batch::SourceFault::TooLarge:
      return batch::Reason{"record.too_large", "", "",
                           "the record is larger than limits.record_bytes; its first " + size +
                               " bytes are kept here. Raise that limit in clearwell.yaml, or let "
                               "its sender make smaller records"};
    case batch::SourceFault::Tombstone:
      return batch::Reason{"record.tombstone", "", "",
                           "the message has a key but no value, which says that what it names is "
                           "to be deleted. `envelope: true` of the source lets a contract and "
                           "`delete_when` see it"};
    case batch::SourceFault::Incomplete:
      break;
  }
  std::optional<batch::Reason> found = diagnose(record.payload);
  if (found && found->code == "json.incomplete") return found;
  return batch::Reason{"json.incomplete", "", batch::printable(record.payload),
                       "the source ended inside the record, after " + size + " bytes"};
}

batch::Reason not_an_object(std::string_view payload) {
  const std::string_view text = without_mark(payload);
  const size_t start = text.find_first_not_of(" \t\r\n");
  const char first = start == std::string_view::npos ? '\0' : text[start];
  const char* found = "a number";
  if (first == '[') found = "a list";
  if (first == '"') found = "a text";
  if (first == 't') found = "true";
  if (first == 'f') found = "false";
  if (first == 'n') found = "null";
  return {"json.root", "", batch::printable(text),
          std::string("the record is ") + found + ", but must be an object ({…})"};
}

batch::Reason refused(std::string_view payload) {
  return {"json.syntax", "", batch::printable(payload), "the record is not well-formed JSON"};
}

std::optional<batch::Reason> diagnose(std::string_view payload) {
  const std::string_view text = without_mark(payload);
  const size_t skipped = payload.size() - text.size();
  const size_t valid = batch::utf8_valid_prefix(text);
  // Grammar is judged on the valid part; running into its end means that the bad byte comes first.
  Finding finding = Reader(text.substr(0, valid)).read();
  if (valid < text.size()) {
    const bool reaches_it = finding.code == nullptr || finding.offset >= valid;
    if (reaches_it && !is_cut_character(text, valid)) finding = {"json.utf8", valid, ""};
    if (reaches_it && finding.code == nullptr) finding = {"json.syntax", valid, "nothing more"};
  }
  if (finding.code == nullptr) return std::nullopt;
  return to_reason(finding, text, skipped);
}

}  // namespace clearwell::decode::json
