#include "sources/webhook/body.h"

namespace clearwell::sources::webhook {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const size_t start = text.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

std::vector<std::string_view> lines_of(std::string_view body) {
  std::vector<std::string_view> out;
  while (!body.empty()) {
    const size_t end = body.find('\n');
    const std::string_view line = trimmed(body.substr(0, end));
    if (!line.empty()) out.push_back(line);
    if (end == std::string_view::npos) break;
    body.remove_prefix(end + 1);
  }
  return out;
}

// Where elements end in an array: only brackets and strings matter for that. What an element is
// worth, the decoder judges.
class Elements {
 public:
  explicit Elements(std::string_view inside) : inside_(inside) {}

  // False if brackets or quotes do not match.
  bool split(std::vector<std::string_view>& out) {
    for (size_t at = 0; at < inside_.size(); ++at) {
      if (!take(at, out)) return false;
    }
    if (depth_ != 0 || quoted_) return false;
    const std::string_view last = trimmed(inside_.substr(start_));
    if (!last.empty()) out.push_back(last);
    return !last.empty() || out.empty();
  }

 private:
  bool take(size_t& at, std::vector<std::string_view>& out) {
    const char c = inside_[at];
    if (quoted_) {
      if (c == '\\') ++at;
      quoted_ = c != '"';
      return true;
    }
    quoted_ = c == '"';
    if (c == '[' || c == '{') ++depth_;
    if (c == ']' || c == '}') --depth_;
    if (depth_ < 0) return false;
    if (c != ',' || depth_ > 0) return true;
    const std::string_view element = trimmed(inside_.substr(start_, at - start_));
    start_ = at + 1;
    if (element.empty()) return false;
    out.push_back(element);
    return true;
  }

  std::string_view inside_;
  size_t start_ = 0;
  int depth_ = 0;
  bool quoted_ = false;
};

}  // namespace

std::vector<std::string_view> records_of(std::string_view body, BodyKind kind) {
  const std::string_view text = trimmed(body);
  std::vector<std::string_view> out;
  if (kind == BodyKind::Lines) out = lines_of(text);
  if (kind == BodyKind::Array && text.starts_with('[') && text.ends_with(']') && text.size() > 1) {
    if (Elements(text.substr(1, text.size() - 2)).split(out)) {
      return out;  // also none: an empty array holds no record
    }
    out.clear();
  }
  if (out.empty()) out.push_back(kind == BodyKind::Record ? body : text);
  return out;
}

}  // namespace clearwell::sources::webhook
