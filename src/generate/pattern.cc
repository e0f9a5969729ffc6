#include "generate/pattern.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "batch/text.h"

namespace clearwell::generate {
namespace {

constexpr int most_repeats = 1000;  // RE2's own limit
constexpr int deepest = 200;

using Range = std::pair<char32_t, char32_t>;

// What a negated class, and the dot, draw from: letters of several scripts among them, no controls.
const std::vector<Range>& drawn_from() {
  static const std::vector<Range> ranges = {
      {' ', '~'}, {' ', '~'}, {' ', '~'}, {0xE0, 0xF6}, {0x3B1, 0x3C9}};
  return ranges;
}

void append_utf8(char32_t point, std::string& out) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

// The ranges of \d, \w, \s (lower case), or of a [:name:]; nothing if there is no such class.
std::optional<std::vector<Range>> named_class(std::string_view name) {
  if (name == "d" || name == "digit") return {{{'0', '9'}}};
  if (name == "w" || name == "word") return {{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}}};
  if (name == "s" || name == "space") return {{{' ', ' '}, {'\t', '\t'}}};
  if (name == "blank") return {{{' ', ' '}}};
  if (name == "alpha" || name == "L") return {{{'a', 'z'}, {'A', 'Z'}}};
  if (name == "alnum") return {{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}}};
  if (name == "upper" || name == "Lu") return {{{'A', 'Z'}}};
  if (name == "lower" || name == "Ll") return {{{'a', 'z'}}};
  if (name == "punct" || name == "P") return {{{'!', '/'}, {':', '@'}}};
  if (name == "xdigit") return {{{'0', '9'}, {'a', 'f'}}};
  if (name == "N" || name == "Nd") return {{{'0', '9'}}};
  if (name == "print" || name == "ascii") return {{{' ', '~'}}};
  if (name == "graph") return {{{'!', '~'}}};
  return std::nullopt;
}

}  // namespace

struct Pattern::Node {
  enum class Kind { Nothing, Class, Sequence, Choice, Repeat };
  Kind kind = Kind::Nothing;
  std::vector<Range> ranges;  // Class
  bool negated = false;
  std::vector<std::unique_ptr<Node>> parts;  // Sequence, Choice; Repeat: one
  int least = 0, most = 0;                   // Repeat; most < 0: no end

  bool holds(char32_t point) const {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
      return point >= range.first && point <= range.second;
    });
  }

  void sample(Random& random, int stretch, std::string& out) const {
    switch (kind) {
      case Kind::Nothing:
        return;
      case Kind::Class:
        return character(random, out);
      case Kind::Sequence:
        for (const auto& part : parts) part->sample(random, stretch, out);
        return;
      case Kind::Choice:
        return parts[random.below(parts.size())]->sample(random, stretch, out);
      case Kind::Repeat:
        break;
    }
    const int64_t most_now = most < 0 ? least + stretch : most;
    const int64_t times = random.between(least, std::max<int64_t>(least, most_now));
    for (int64_t i = 0; i < times; ++i) parts.front()->sample(random, stretch, out);
  }

  void character(Random& random, std::string& out) const {
    static constexpr int tries = 200;
    const std::vector<Range>& from = negated ? drawn_from() : ranges;
    for (int i = 0; i < tries; ++i) {
      const Range& range = random.pick(from);
      const auto point = static_cast<char32_t>(
          random.between(static_cast<int64_t>(range.first), static_cast<int64_t>(range.second)));
      if (point >= 0xD800 && point < 0xE000) continue;
      if (negated && holds(point)) continue;
      return append_utf8(point, out);
    }
  }
};

class Pattern::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::unique_ptr<Node>> parse() {
    auto node = choice(0);
    if (!failed_.empty() || at_ < text_.size()) {
      return config_error("the pattern " + std::string(text_) + " is not understood at character " +
                          std::to_string(at_ + 1) +
                          (failed_.empty() ? std::string() : ": " + failed_));
    }
    return node;
  }

 private:
  using NodePtr = std::unique_ptr<Node>;
  using Kind = Node::Kind;

  static NodePtr make(Kind kind) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    return node;
  }
  static NodePtr of_class(std::vector<Range> ranges, bool negated) {
    auto node = make(Kind::Class);
    node->ranges = std::move(ranges);
    node->negated = negated;
    return node;
  }
  bool end() const { return at_ >= text_.size() || !failed_.empty(); }
  bool sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool take(std::string_view what) {
    if (!sees(what)) return false;
    at_ += what.size();
    return true;
  }
  void fail(const char* why) {
    if (failed_.empty()) failed_ = why;
  }
  char32_t character() {
    const size_t length = std::max<size_t>(batch::utf8_sequence(text_, at_), 1);
    char32_t point = static_cast<unsigned char>(text_[at_]);
    if (length > 1) {
      point &= 0x7FU >> length;
      for (size_t i = 1; i < length; ++i) {
        point = point << 6 | (static_cast<unsigned char>(text_[at_ + i]) & 0x3FU);
      }
    }
    at_ += length;
    return point;
  }

  NodePtr choice(int depth) {
    if (depth > deepest) fail("it is nested too deep");
    auto node = make(Kind::Choice);
    do {
      node->parts.push_back(sequence(depth));
    } while (!end() && take("|"));
    return node;
  }

  NodePtr sequence(int depth) {
    auto node = make(Kind::Sequence);
    while (!end() && !sees("|") && !sees(")")) {
      NodePtr part = atom(depth);
      while (!end() && repeat(part)) {
      }
      node->parts.push_back(std::move(part));
    }
    return node;
  }

  // Wraps `part` if a repetition follows.
  bool repeat(NodePtr& part) {
    int least = 0, most = -1;
    if (take("+")) {
      least = 1;
    } else if (take("?")) {
      most = 1;
    } else if (!take("*") && !counts(least, most)) {
      return false;
    }
    take("?");
    auto node = make(Kind::Repeat);
    node->least = least;
    node->most = most;
    node->parts.push_back(std::move(part));
    part = std::move(node);
    return true;
  }

  // "{3}", "{3,}", "{3,5}"; anything else stands for itself.
  bool counts(int& least, int& most) {
    if (!sees("{")) return false;
    const size_t close = text_.find('}', at_);
    if (close == std::string_view::npos) return false;
    const std::string_view inside = text_.substr(at_ + 1, close - at_ - 1);
    const size_t comma = inside.find(',');
    if (!number(inside.substr(0, comma), least)) return false;
    most = least;
    if (comma != std::string_view::npos) {
      const std::string_view upper = inside.substr(comma + 1);
      most = -1;
      if (!upper.empty() && !number(upper, most)) return false;
    }
    at_ = close + 1;
    return true;
  }

  static bool number(std::string_view text, int& out) {
    const std::string digits(text);
    const char* last = digits.c_str() + digits.size();
    const auto [stop, error] = std::from_chars(digits.c_str(), last, out);
    return error == std::errc() && stop == last && out >= 0 && out <= most_repeats;
  }

  NodePtr atom(int depth) {
    if (take("(")) return group(depth);
    if (take("[")) return bracket();
    if (take(".")) return of_class({}, true);
    if (take("^") || take("$")) return make(Kind::Nothing);
    if (take("\\")) return escape();
    const char32_t point = character();
    return of_class({{point, point}}, false);
  }

  NodePtr group(int depth) {
    if (take("?")) {
      if (take("P<") || take("<")) {
        at_ = std::min(text_.find('>', at_), text_.size() - 1) + 1;
      } else {
        const size_t stop = text_.find_first_of(":)", at_);
        if (stop == std::string_view::npos) return fail("a group has no end"), make(Kind::Nothing);
        at_ = stop + 1;
        if (text_[stop] == ')') return make(Kind::Nothing);  // (?i)
      }
    }
    NodePtr node = choice(depth + 1);
    if (!take(")")) fail("a group has no end");
    return node;
  }

  // After a backslash, outside of brackets.
  NodePtr escape() {
    if (end()) return fail("it ends in a backslash"), make(Kind::Nothing);
    for (const char* anchor : {"b", "B", "A", "z"}) {
      if (take(anchor)) return make(Kind::Nothing);
    }
    std::vector<Range> ranges;
    bool negated = false;
    escaped(ranges, negated);
    return of_class(std::move(ranges), negated);
  }

  // A class or a character after a backslash.
  void escaped(std::vector<Range>& ranges, bool& negated) {
    const char c = text_[at_];
    if (std::string_view("dwsDWS").find(c) != std::string_view::npos) {
      ++at_;
      negated = c < 'a';
      const char name = static_cast<char>(c | 0x20);
      const auto found = named_class(std::string_view(&name, 1));
      ranges.insert(ranges.end(), found->begin(), found->end());
      return;
    }
    if (c == 'p' || c == 'P') return property(ranges, negated);
    const char32_t point = escaped_character();
    ranges.emplace_back(point, point);
  }

  void property(std::vector<Range>& ranges, bool& negated) {
    negated = text_[at_++] == 'P';
    std::string_view name = text_.substr(at_, 1);
    if (take("{")) {
      const size_t close = std::min(text_.find('}', at_), text_.size());
      name = text_.substr(at_, close - at_);
      at_ = std::min(close + 1, text_.size());
    } else {
      at_ = std::min(at_ + 1, text_.size());
    }
    const auto found = named_class(name);
    if (!found) return fail("this class of characters is not known");
    ranges.insert(ranges.end(), found->begin(), found->end());
  }

  char32_t escaped_character() {
    static constexpr std::string_view letters = "tnrfva", values = "\t\n\r\f\v\a";
    const size_t letter = letters.find(text_[at_]);
    if (letter != std::string_view::npos) return ++at_, static_cast<char32_t>(values[letter]);
    if (!take("x")) return character();
    const bool braces = take("{");
    const size_t stop = braces ? std::min(text_.find('}', at_), text_.size()) : at_ + 2;
    uint32_t point = 0;
    const std::string_view digits = text_.substr(at_, stop - at_);
    const std::string text(digits);
    std::from_chars(text.c_str(), text.c_str() + text.size(), point, 16);
    at_ = std::min(stop + (braces ? 1 : 0), text_.size());
    return point;
  }

  NodePtr bracket() {
    const bool negated = take("^");
    std::vector<Range> ranges;
    for (bool first = true; !end() && (first || !sees("]")); first = false) member(ranges);
    if (!take("]")) fail("a class has no end");
    if (ranges.empty()) fail("a class is empty");
    return of_class(std::move(ranges), negated);
  }

  void member(std::vector<Range>& ranges) {
    if (take("[:")) {
      const size_t close = text_.find(":]", at_);
      const auto found = named_class(text_.substr(at_, close - at_));
      if (!found) return fail("this class of characters is not known");
      ranges.insert(ranges.end(), found->begin(), found->end());
      at_ = close + 2;
      return;
    }
    const bool single = !sees("\\");
    char32_t low = 0;
    if (single) {
      low = character();
    } else {
      at_ += 1;
      if (end()) return fail("it ends in a backslash");
      const size_t before = ranges.size();
      bool negated = false;
      escaped(ranges, negated);
      if (negated) return fail("a negated class inside a class");
      const bool one = ranges.size() == before + 1 && ranges.back().first == ranges.back().second;
      if (!one) return;
      low = ranges.back().first;
      ranges.pop_back();
    }
    char32_t high = low;
    if (sees("-") && !sees("-]")) {
      ++at_;
      high = take("\\") ? escaped_character() : character();
    }
    ranges.emplace_back(low, std::max(low, high));
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string failed_;
};

Pattern::Pattern(std::unique_ptr<Node> root) : root_(std::move(root)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::parse(std::string_view expression) {
  CW_ASSIGN(std::unique_ptr<Node> root, Parser(expression).parse());
  return Pattern(std::move(root));
}

std::string Pattern::sample(Random& random, int stretch) const {
  std::string out;
  root_->sample(random, stretch, out);
  return out;
}

}  // namespace clearwell::generate
