#include "config/models.h"

#include <algorithm>

#include "config/grammar.h"
#include "config/mapping.h"
#include "config/phrases.h"
#include "config/placeholders.h"

namespace clearwell::config {

namespace {

constexpr const char* blanks = " \t\r";

std::string trimmed(const std::string& text) {
  const size_t start = text.find_first_not_of(blanks);
  if (start == std::string::npos) return "";
  return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

bool is_model_key(const std::string& word) {
  const std::vector<Key>& keys = model_spec().keys;
  return std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.name == word; });
}

bool looks_like_key(const std::string& word) {
  std::vector<std::string> names;
  for (const Key& key : model_spec().keys) names.push_back(key.name);
  return is_model_key(word) || nearest(word, names).has_value();
}

// The head of a model as a mapping, so that it is checked as YAML is.
class Head {
 public:
  Head(std::string file, Faults& faults) : file_(std::move(file)), faults_(faults) {
    node_.kind = YamlNode::Kind::Map;
    node_.mark = {file_, 1, 1};
  }

  // Reads one line; false if it is the first line of SQL.
  bool read(const std::string& line, int number) {
    const std::string text = trimmed(line);
    if (text.empty()) return true;
    if (!text.starts_with("--")) return false;
    const size_t colon = line.find(':');
    if (colon == std::string::npos) return true;
    const size_t start = line.find_first_not_of("- \t");
    const std::string word = start < colon ? trimmed(line.substr(start, colon - start)) : "";
    if (is_identifier(word) && looks_like_key(word)) add(line, number, word, {start, colon});
    return true;
  }

  const YamlNode& node() const { return node_; }

 private:
  struct Columns {
    size_t word, colon;
  };

  void add(const std::string& line, int number, const std::string& word, Columns at) {
    const Mark mark{file_, number, static_cast<int>(at.word) + 1};
    if (node_.find(word) != nullptr) {
      faults_.add(mark, "duplicate_key",
                  "the key " + in_quotes(word) + " stands twice at the head; keep one of them");
      return;
    }
    YamlNode value;
    value.mark = mark;
    value.text = trimmed(line.substr(at.colon + 1));
    if (!value.text.empty()) {
      value.kind = YamlNode::Kind::Scalar;
      value.mark.column = static_cast<int>(line.find_first_not_of(blanks, at.colon + 1)) + 1;
    }
    node_.members.push_back({word, mark, std::move(value)});
  }

  std::string file_;
  Faults& faults_;
  YamlNode node_;
};

// Placeholders line by line, so that a fault points to its line.
std::string replace_lines(const std::vector<std::string>& lines, const std::string& file,
                          Placeholders& placeholders) {
  std::string sql;
  for (size_t i = 0; i < lines.size(); i++) {
    const size_t dollar = lines[i].find("${");
    const int column = dollar == std::string::npos ? 1 : static_cast<int>(dollar) + 1;
    bool open = false;
    sql += placeholders.replace(lines[i], {file, static_cast<int>(i) + 1, column}, TextKind::Sql,
                                open);
    sql += '\n';
  }
  return sql;
}

// "name" or "schema.name".
bool is_table_name(const std::string& text) {
  const std::vector<std::string> parts = split(text, '.');
  return parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), is_plain_name);
}

// Without the end that a statement may have but a SELECT inside another may not.
void cut_end(std::string& sql) {
  const size_t last = sql.find_last_not_of(" \t\r\n;");
  sql.resize(last == std::string::npos ? 0 : last + 1);
}

}  // namespace

std::optional<Model> read_model(const std::string& file, const std::string& text,
                                const ModelDefaults& defaults, Faults& faults) {
  Model model;
  model.mark = {file, 1, 1};
  const size_t start = file.rfind('/') + 1;
  model.name = file.substr(start, file.rfind('.') - start);

  const std::vector<std::string> lines = split(text, '\n');
  Head head(file, faults);
  size_t first = 0;
  while (first < lines.size() && head.read(lines[first], static_cast<int>(first) + 1)) first++;
  const Mapping keys =
      check_mapping(head.node(), "the head of this model", model_spec().keys, faults);
  model.materialized =
      keys.settings.text("materialized") == "view" ? Materialization::View : Materialization::Table;
  model.every = keys.settings.has("every") ? keys.settings.duration("every") : defaults.every;
  if (keys.has("every") && model.materialized == Materialization::View) {
    faults.add(keys.given.at("every"), "bad_combination",
               "'every' is for tables; a view is always up to date; remove one of them");
  }
  if (!is_table_name(model.name)) {
    faults.add({file, 0, 0}, "bad_name",
               "a model is called like its file, but " + in_quotes(model.name) +
                   " is not of the form [a-z][a-z0-9_]*, or two of these with a dot between them "
                   "for schema.name; rename the file");
    return std::nullopt;
  }
  if (first == lines.size()) {
    faults.add({file, 0, 0}, "empty_file", "the model has no SQL; write one SELECT");
    return std::nullopt;
  }
  Placeholders placeholders(defaults.folder, nullptr, faults);
  model.sql = replace_lines(lines, file, placeholders);
  cut_end(model.sql);
  return model;
}

}  // namespace clearwell::config
