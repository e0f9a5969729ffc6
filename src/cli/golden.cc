#include "cli/golden.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace clearwell::cli {
namespace {

constexpr std::string_view block_end = "----";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Would the line, or what is left of it behind backslashes, end a block?
bool looks_like_end(std::string_view line) {
  const size_t first = std::min(line.find_first_not_of('\\'), line.size());
  return line.substr(first).starts_with(block_end);
}

std::string protect(const std::string& line) { return looks_like_end(line) ? "\\" + line : line; }
std::string unprotect(const std::string& line) {
  return looks_like_end(line) ? line.substr(1) : line;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

// Of a `bytes` block; nothing for a bad escape.
std::optional<std::string> unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') continue;
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    uint8_t byte = 0;
    switch (text[i]) {
      case 'n':
        out += '\n';
        continue;
      case 'r':
        out += '\r';
        continue;
      case 't':
        out += '\t';
        continue;
      case '\\':
        out += '\\';
        continue;
      case 'x':
        break;
      default:
        return std::nullopt;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const char* first = text.data() + i + 1;
    if (std::from_chars(first, first + 2, byte, 16).ptr != first + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

struct Word {
  std::string_view name;
  Step::Kind kind;
  bool block;
};
constexpr std::array words = {
    Word{"env", Step::Kind::Env, false},         Word{"clock", Step::Kind::Clock, false},
    Word{"project", Step::Kind::Project, false}, Word{"delete", Step::Kind::Delete, false},
    Word{"folder", Step::Kind::Folder, false},   Word{"mtime", Step::Kind::Mtime, false},
    Word{"file", Step::Kind::File, true},        Word{"append", Step::Kind::Append, true},
    Word{"bytes", Step::Kind::Bytes, true},      Word{"$", Step::Kind::Command, true},
};

class Parser {
 public:
  explicit Parser(const std::string& text) : lines_(lines_of(text)) {}

  Result<Scenario> parse() {
    while (at_ < lines_.size()) {
      const std::string_view line = trimmed(lines_[at_]);
      ++at_;
      if (!line.empty() && !line.starts_with('#')) CW_TRY(directive(line));
    }
    return std::move(scenario_);
  }

 private:
  Error wrong(size_t line, const std::string& what) const {
    return config_error(fmt::format("line {}: {}", line, what));
  }

  Result<void> directive(std::string_view line) {
    const std::string_view name = line.substr(0, line.find(' '));
    const std::string_view argument = trimmed(line.substr(name.size()));
    if (argument.empty()) return wrong(at_, fmt::format("'{}' needs an argument", name));
    if (name == "batches") {
      if (argument != "any" && argument != "fixed") return wrong(at_, "batches any, or fixed");
      scenario_.any_batches = argument == "any";
      return {};
    }
    const auto* word = std::find_if(words.begin(), words.end(),
                                    [name](const Word& one) { return one.name == name; });
    if (word == words.end()) return wrong(at_, fmt::format("unknown directive '{}'", name));
    Step step;
    step.kind = word->kind;
    step.line = at_;
    step.argument = argument;
    if (word->block) CW_TRY(block(step));
    scenario_.steps.push_back(std::move(step));
    return {};
  }

  Result<void> block(Step& step) {
    step.block_first = at_ + 1;
    while (at_ < lines_.size() && !lines_[at_].starts_with(block_end)) {
      step.content += unprotect(lines_[at_++]) + "\n";
    }
    if (at_ == lines_.size()) {
      return wrong(step.line, fmt::format("no line '{}' ends this block", block_end));
    }
    CW_TRY(end(step, trimmed(std::string_view(lines_[at_]).substr(block_end.size()))));
    step.block_last = ++at_;
    if (step.kind != Step::Kind::Bytes) return {};
    auto bytes = unescape(step.content);
    if (!bytes) return wrong(step.line, "bytes: a backslash begins \\n, \\r, \\t, \\\\ or \\xNN");
    step.content = *std::move(bytes);
    return {};
  }

  // What stands behind "----".
  Result<void> end(Step& step, std::string_view rest) {
    if (rest.empty()) return {};
    const size_t line = at_ + 1;
    static constexpr std::string_view exit = "exit ";
    if (step.kind != Step::Kind::Command || !rest.starts_with(exit)) {
      return wrong(line, "a block ends with '----', or with '---- exit N' for a command");
    }
    const std::string number(rest.substr(exit.size()));
    const char* last = number.data() + number.size();
    if (number.empty() || std::from_chars(number.data(), last, step.exit).ptr != last) {
      return wrong(line, "exit needs a number");
    }
    return {};
  }

  std::vector<std::string> lines_;
  size_t at_ = 0;  // the next line, from 0
  Scenario scenario_;
};

// Length of the longest common subsequence of every pair of tails.
std::vector<std::vector<uint32_t>> common_tails(const std::vector<std::string>& a,
                                                const std::vector<std::string>& b) {
  std::vector<std::vector<uint32_t>> length(a.size() + 1, std::vector<uint32_t>(b.size() + 1, 0));
  for (size_t i = a.size(); i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;) {
      length[i][j] =
          a[i] == b[j] ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
    }
  }
  return length;
}

std::vector<std::string> marked_lines(const std::vector<std::string>& a,
                                      const std::vector<std::string>& b) {
  const auto length = common_tails(a, b);
  std::vector<std::string> out;
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back("  " + a[i++]);
      ++j;
    } else if (i < a.size() && (j == b.size() || length[i + 1][j] >= length[i][j + 1])) {
      out.push_back("- " + a[i++]);
    } else {
      out.push_back("+ " + b[j++]);
    }
  }
  return out;
}

}  // namespace

Result<Scenario> parse_scenario(const std::string& text) { return Parser(text).parse(); }

std::string rewrite(const std::string& text, const Scenario& scenario,
                    const std::vector<Outcome>& outcomes) {
  const std::vector<std::string> lines = lines_of(text);
  std::string out;
  size_t at = 0, outcome = 0;  // the next line of the old text, the next command's outcome
  const auto keep_until = [&](size_t line) {
    while (at < std::min(line, lines.size())) out += lines[at++] + "\n";
  };
  for (const Step& step : scenario.steps) {
    if (step.kind != Step::Kind::Command) continue;
    keep_until(step.block_first - 1);
    const Outcome& now = outcomes.at(outcome++);
    for (const std::string& line : lines_of(now.output)) out += protect(line) + "\n";
    out += now.exit == 0 ? "----\n" : fmt::format("---- exit {}\n", now.exit);
    at = step.block_last;
  }
  keep_until(lines.size());
  return out;
}

std::string difference(const std::string& expected, const std::string& actual) {
  static constexpr size_t limit = 2000, context = 2;
  std::vector<std::string> a = lines_of(expected), b = lines_of(actual);
  if (a.size() > limit || b.size() > limit) {
    return fmt::format("- {} lines\n+ {} lines, too many to compare\n", a.size(), b.size());
  }
  const std::vector<std::string> all = marked_lines(a, b);
  std::vector<bool> shown(all.size(), false);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].starts_with("  ")) continue;
    const size_t end = std::min(all.size(), i + context + 1);
    for (size_t j = i - std::min(i, context); j < end; ++j) shown[j] = true;
  }
  std::string out;
  for (size_t i = 0; i < all.size(); ++i) {
    if (shown[i]) {
      out += all[i] + "\n";
    } else if (i == 0 || shown[i - 1]) {
      out += "  …\n";
    }
  }
  return out;
}

}  // namespace clearwell::cli
