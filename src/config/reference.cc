#include "config/grammar.h"
#include "config/phrases.h"

namespace clearwell::config {

namespace {

std::string code(const std::string& text) { return "`" + text + "`"; }

std::string kind_text(const Key& key) {
  switch (key.kind) {
    case KeyKind::Text:
      return key.choices.empty() ? "text" : listed(key.choices);
    case KeyKind::Integer:
      return "whole number";
    case KeyKind::Boolean:
      return "true, false";
    case KeyKind::Duration:
      return "duration, such as 30s";
    case KeyKind::Size:
      return "bytes, such as 10MB";
    case KeyKind::Percent:
      return "share, such as 50%";
    case KeyKind::TextList:
      return "one or a list" + (key.choices.empty() ? "" : " of: " + listed(key.choices));
    case KeyKind::TextMap:
      return "a mapping of names to texts";
    case KeyKind::Mapping:
      return "mapping";
    case KeyKind::List:
      return "list of mappings";
    case KeyKind::Any:
      return key.form;
  }
  return "";
}

// A table's cell: the bar would end it.
std::string cell(const std::string& text) {
  std::string result;
  for (char c : text) result += c == '|' ? "\\|" : std::string(1, c);
  return result;
}

std::string default_text(const Key& key) {
  if (key.required) return "required";
  return key.fallback ? code(*key.fallback) : "";
}

void add_rows(const std::vector<Key>& keys, const std::string& prefix, std::string& text) {
  for (const Key& key : keys) {
    text += "| " + code(prefix + key.name) + " | " + cell(kind_text(key)) + " | " +
            default_text(key) + " | " + cell(key.doc) + " |\n";
    const char* inner = key.kind == KeyKind::List ? "[]." : ".";
    add_rows(key.keys, prefix + key.name + inner, text);
  }
}

}  // namespace

std::string reference_markdown(const std::vector<Spec>& specs) {
  std::string text;
  for (const Spec& spec : specs) {
    text += (text.empty() ? "" : "\n") + ("## " + spec.name) + "\n\n" + spec.doc + "\n\n";
    text += "| Key | Value | Default | Meaning |\n|---|---|---|---|\n";
    add_rows(spec.keys, "", text);
  }
  return text;
}

}  // namespace clearwell::config
