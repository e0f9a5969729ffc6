#include "spark/pattern.h"

#include <string_view>

namespace clearwell::spark {
namespace {

class Translation {
 public:
  explicit Translation(std::string_view pattern) : rest_(pattern) {}

  // Characters that mean the same go as they are. `.` is any but a newline in RE2 and (?d) makes it
  // so in Java; ^ and $ are the text's ends and never those of its last line.
  Result<std::string> run() {
    while (!rest_.empty()) {
      const char c = take();
      if (c == '\\') {
        CW_TRY(escape(false));
      } else if (c == '[') {
        CW_TRY(char_class());
      } else if (c == '^') {
        out_ += "\\A";
      } else if (c == '$') {
        out_ += "\\z";
      } else if (c == '(' && rest_.starts_with("?") && !rest_.starts_with("?:")) {
        return differs("a group with flags or a name, (?…)");
      } else {
        out_ += c;
      }
    }
    return "(?d)" + out_;
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  static Error differs(const std::string& what) {
    return config_error(what + " is not the same in Java's regular expressions, which Spark has");
  }

  Result<void> escape(bool in_class) {
    const char c = take();
    if (c == 'd' || c == 'D' || c == 'w' || c == 'W') {
      out_ += std::string("\\") + c;
    } else if (c == 's' || c == 'S') {  // Java's has the vertical tab as well
      if (in_class && c == 'S') return differs("\\S in a class");
      if (in_class) {
        out_ += "\\t\\n\\f\\r ";
      } else {
        out_ += c == 's' ? "[\\t\\n\\f\\r ]" : "[^\\t\\n\\f\\r ]";
      }
    } else if (c == 'A' || c == 'z' || c == 't' || c == 'n' || c == 'r' || c == 'f') {
      out_ += std::string("\\") + c;
    } else if (static_cast<unsigned char>(c) < 0x80 &&
               !std::isalnum(static_cast<unsigned char>(c))) {
      out_ += std::string("\\") + c;
    } else {
      return differs(std::string("\\") + c);
    }
    return {};
  }

  // In Java a class may hold classes, and && is their intersection.
  Result<void> char_class() {
    out_ += '[';
    if (rest_.starts_with("^")) out_ += take();
    bool first = true;
    while (!rest_.empty()) {
      const char c = take();
      if (c == ']' && !first) {
        out_ += ']';
        return {};
      }
      first = false;
      if (c == '\\') {
        CW_TRY(escape(true));
      } else if (c == '[' && rest_.starts_with(":")) {
        return differs("a class such as [:alpha:]");
      } else {
        if (c == '[' || c == ']' || c == '&' || c == '^') out_ += '\\';
        out_ += c;
      }
    }
    return differs("an open class");
  }

  std::string_view rest_;
  std::string out_;
};

}  // namespace

Result<std::string> java_pattern(const std::string& pattern) { return Translation(pattern).run(); }

}  // namespace clearwell::spark
