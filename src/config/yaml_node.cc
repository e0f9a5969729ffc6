#include "config/yaml_node.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/phrases.h"

namespace clearwell::config {

namespace {

constexpr size_t most_nodes = 100'000;

size_t count_nodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlNode::Member& member : node.members) count += count_nodes(member.value);
  return count;
}

// Where each line begins: the library counts columns in bytes, people in characters.
class Lines {
 public:
  Lines(const std::string& text, std::string file) : text_(text), file_(std::move(file)) {
    starts_.push_back(0);
    for (size_t i = 0; i < text.size(); i++) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  // False if a quoted scalar begins at `from` and runs to the end of the text: the library takes
  // that without a word.
  bool is_closed(const YAML::Mark& from) const {
    size_t start = starts_[static_cast<size_t>(from.line)] + static_cast<size_t>(from.column);
    // The mark of a value with an anchor or a tag is theirs.
    while (start < text_.size() && (text_[start] == '&' || text_[start] == '!')) {
      start = std::min(text_.find_first_of(" \t\r\n", start), text_.size());
      start = std::min(text_.find_first_not_of(" \t\r\n", start), text_.size());
    }
    if (start >= text_.size() || (text_[start] != '"' && text_[start] != '\'')) return true;
    const char quote = text_[start];
    for (size_t i = start + 1; i < text_.size(); i++) {
      const bool doubled = quote == '\'' && text_[i] == quote && text_[i + 1] == quote;
      if ((quote == '"' && text_[i] == '\\') || doubled) {
        i++;
      } else if (text_[i] == quote) {
        return true;
      }
    }
    return false;
  }

  Mark mark(const YAML::Mark& from) const {
    if (from.line < 0 || static_cast<size_t>(from.line) >= starts_.size()) return {file_, 0, 0};
    const size_t start = starts_[static_cast<size_t>(from.line)];
    const size_t end = std::min(start + static_cast<size_t>(from.column), text_.size());
    if (counted_from_ != start || counted_to_ > end) {
      counted_from_ = counted_to_ = start;
      column_ = 1;
    }
    for (; counted_to_ < end; counted_to_++) {
      if ((static_cast<unsigned char>(text_[counted_to_]) & 0xC0) != 0x80) column_++;
    }
    return {file_, from.line + 1, column_};
  }

 private:
  const std::string& text_;
  std::string file_;
  std::vector<size_t> starts_;
  // Marks mostly come in order: the next one in the line of the last is counted from there, else
  // a long line of many values would take quadratic time.
  mutable size_t counted_from_ = 0, counted_to_ = 0;
  mutable int column_ = 1;
};

// Builds the tree from the parser's events.
class Builder : public YAML::EventHandler {
 public:
  Builder(const Lines& lines, Faults& faults) : lines_(lines), faults_(faults) {}

  YamlNode take_root() { return std::move(root_); }
  bool too_large() const { return nodes_ > most_nodes; }
  const std::optional<Mark>& unclosed() const { return unclosed_; }

  // The library fixes these names.
  // NOLINTBEGIN(readability-identifier-naming)
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (count(1)) finish(make(YamlNode::Kind::Null, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (too_large()) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      unsupported(lines_.mark(mark), "an alias inside its own anchor goes in a circle; remove it");
      if (count(1)) finish(make(YamlNode::Kind::Null, mark), 0);
      return;
    }
    if (count(count_nodes(found->second))) finish(YamlNode(found->second), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    if (!lines_.is_closed(mark) && !unclosed_) unclosed_ = lines_.mark(mark);
    if (!count(1)) return;
    YamlNode node = make(YamlNode::Kind::Scalar, mark);
    node.text = value;
    finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(YamlNode::Kind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(YamlNode::Kind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { end(); }
  // NOLINTEND(readability-identifier-naming)

 private:
  // A list or map that has begun. A map's key waits in `key` for its value.
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    std::string key;
    Mark key_mark;
    std::unordered_map<std::string, int> lines;  // key → the line where it stands
  };

  // False once the document is too large: from then on it is only parsed, not built.
  bool count(size_t more) {
    nodes_ += more;
    return !too_large();
  }

  YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark) const {
    YamlNode node;
    node.kind = kind;
    node.mark = lines_.mark(mark);
    return node;
  }

  void unsupported(Mark mark, std::string message) {
    faults_.add(std::move(mark), "yaml_unsupported", std::move(message));
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    const bool usual = tag.empty() || tag == "!" || tag == "?" || tag.starts_with("tag:yaml.org");
    if (!usual) {
      unsupported(lines_.mark(mark), "the tag " + in_quotes(tag) + " is not supported; remove it");
    }
  }

  void start(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    check_tag(mark, tag);
    if (!count(1)) return;
    Frame frame;
    frame.node = make(kind, mark);
    frame.anchor = anchor;
    stack_.push_back(std::move(frame));
  }

  void end() {
    if (too_large()) return;
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    finish(std::move(frame.node), frame.anchor);
  }

  void finish(YamlNode node, YAML::anchor_t anchor) {
    // The copy is counted: anchors nested in one another copy the same nodes again and again.
    if (anchor != 0) {
      if (!count(count_nodes(node))) return;
      anchors_.insert_or_assign(anchor, node);
    }
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      take_key(frame, node);
    } else {
      add_member(frame, std::move(node));
    }
  }

  void take_key(Frame& frame, const YamlNode& node) {
    if (!node.is_scalar()) {
      unsupported(node.mark, "a key must be a plain text, not " + shown(node));
    }
    frame.has_key = true;
    frame.key = node.text;
    frame.key_mark = node.mark;
  }

  void add_member(Frame& frame, YamlNode value) {
    frame.has_key = false;
    if (value.kind == YamlNode::Kind::Null) value.mark = frame.key_mark;
    if (frame.key == "<<") {
      unsupported(frame.key_mark, "merge keys (<<) are not supported; write the keys out");
      return;
    }
    const auto [first, is_new] = frame.lines.emplace(frame.key, frame.key_mark.line);
    if (!is_new) {
      faults_.add(frame.key_mark, "duplicate_key",
                  "the key " + in_quotes(frame.key) + " stands here twice, first in line " +
                      std::to_string(first->second) + "; keep one of them");
      return;
    }
    frame.node.members.push_back({std::move(frame.key), frame.key_mark, std::move(value)});
  }

  const Lines& lines_;
  Faults& faults_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  YamlNode root_;
  std::optional<Mark> unclosed_;  // where a quoted scalar begins that never ends
  size_t nodes_ = 0;
};

// What the library says when it stumbles over the commonest mistakes, and the cure.
std::string explain(const std::string& message) {
  std::string text = "not valid YAML: " + message;
  if (message.find("tab") != std::string::npos) return text + "; indent with spaces";
  if (message.find("flow") != std::string::npos) return text + "; a bracket or brace is not closed";
  if (message.find("alias") != std::string::npos || message.find("anchor") != std::string::npos) {
    return text + "; put a value that begins with * or & in quotes";
  }
  if (message == YAML::ErrorMsg::UNKNOWN_TOKEN) return text + "; put the value in quotes";
  return text + "; look at the indentation, quotes and colons here and in the line above";
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::Null:
      return "nothing";
    case YamlNode::Kind::Scalar:
      return in_quotes(node.replaced ? node.written : node.text);
    case YamlNode::Kind::List:
      return "a list";
    case YamlNode::Kind::Map:
      return "a mapping";
  }
  return "";
}

std::optional<YamlNode> parse_yaml(const std::string& text, const std::string& file,
                                   Faults& faults) {
  const Lines lines(text, file);
  Builder builder(lines, faults);
  std::optional<YamlNode> root;
  try {
    std::istringstream input(text);
    YAML::Parser parser(input);
    if (parser.HandleNextDocument(builder)) root = builder.take_root();
    Faults ignored;
    Builder rest(lines, ignored);
    if (root && parser.HandleNextDocument(rest)) {
      const Mark begins = rest.too_large() ? Mark{file, 0, 0} : rest.take_root().mark;
      faults.add(begins, "yaml_unsupported",
                 "a second document begins here; put it into a file of its own");
    }
  } catch (const YAML::Exception& error) {
    faults.add(lines.mark(error.mark), "yaml_syntax", explain(error.msg));
    return std::nullopt;
  }
  if (builder.unclosed()) {
    faults.add(*builder.unclosed(), "yaml_syntax",
               "not valid YAML: the quote that begins here is never closed; close it");
    return std::nullopt;
  }
  if (builder.too_large()) {
    faults.add({file, 0, 0}, "file_too_large",
               "more than " + std::to_string(most_nodes) +
                   " keys and values, anchors and aliases written out; split it");
    return std::nullopt;
  }
  if (!root || root->kind == YamlNode::Kind::Null) {
    faults.add({file, 0, 0}, "empty_file", "the file has no content; fill it or delete it");
    return std::nullopt;
  }
  return root;
}

}  // namespace clearwell::config
