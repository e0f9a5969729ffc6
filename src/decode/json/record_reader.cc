#include "decode/json/record_reader.h"

#include <algorithm>
#include <utility>

#include "config/project.h"
#include "decode/decoder.h"
#include "decode/json/diagnose.h"
#include "decode/json/number.h"
#include "decode/json/strings.h"

namespace clearwell::decode::json {
namespace {

using batch::ValueFault;
using config::FieldType;

std::string expected_kind(const Node& node) {
  switch (node.type) {
    case FieldType::Text:
      return "must be a text";
    case FieldType::Integer:
      return "must be an integer";
    case FieldType::Decimal:
    case FieldType::Double:
      return "must be a number";
    case FieldType::Boolean:
      return "must be true or false";
    case FieldType::Date:
      return "must be a date, written as a text";
    case FieldType::Timestamp:
    case FieldType::LocalTimestamp:
      return "must be a date and time, written as a text";
    case FieldType::Uuid:
      return "must be a UUID, written as a text";
    case FieldType::Json:
      return "must be a JSON value";
    case FieldType::List:
      return "must be a list";
    case FieldType::Object:
      return "must be an object";
  }
  return "";
}

// "a text \"foo\"", "a number 5", "a list". `shown` is the value, cut.
std::string found_kind(char first, const std::string& shown) {
  switch (first) {
    case '"':
      return "a text \"" + shown + "\"";
    case '[':
      return "a list";
    case '{':
      return "an object";
    case 't':
    case 'f':
      return shown;
    default:
      return "a number " + shown;
  }
}

// "; did you mean address?" for a key near to one of the object's fields.
std::string did_you_mean(const Node& node, std::string_view key) {
  constexpr size_t longest = 100;
  if (key.size() > longest) return "";
  std::vector<std::string> names;
  for (const Node& child : node.children) names.push_back(child.field->name);
  const std::optional<std::string> name = config::nearest(std::string(key), names);
  return name ? "; did you mean " + *name + "?" : "";
}

bool is_text_type(FieldType type) {
  return type == FieldType::Text || type == FieldType::Uuid || type == FieldType::Date ||
         type == FieldType::Timestamp || type == FieldType::LocalTimestamp;
}

}  // namespace

RecordReader::RecordReader(const config::Kind& kind, Plan& plan)
    : plan_(plan), unknown_fields_(kind.unknown_fields) {
  notes_absent_ = std::any_of(kind.loads.begin(), kind.loads.end(), [](const config::Load& load) {
    return load.mode == config::LoadMode::Patch;
  });
}

std::optional<batch::Reason> RecordReader::read(std::string_view payload, uint64_t row) {
  reasons_.clear();
  more_reasons_ = 0;
  duplicate_.reset();
  depth_ = 0;
  extra_.clear();
  absent_.clear();

  const bool tokens = document_.load(without_mark(payload), cursor_);
  const bool is_object = tokens && cursor_.peek() == '{';
  if (is_object && object(plan_.root(), row) && cursor_.at_end()) {
    if (auto& extra = plan_.extra()) {
      if (extra_.empty()) {
        extra->set_null(row);
      } else {
        extra->set_text_copy(row, "{" + extra_ + "}");
      }
    }
    return std::nullopt;
  }
  std::optional<batch::Reason> reason = diagnose(payload);
  if (reason) return reason;
  if (tokens && !is_object) return not_an_object(payload);
  return duplicate_ ? std::move(duplicate_) : refused(payload);
}

bool RecordReader::value(Node& node, uint64_t row) {
  const char first = cursor_.peek();
  if (node.type == FieldType::Json && first != 'n') return any_json(node, row);
  switch (first) {
    case '"':
      return text(node, row);
    case '{':
      return node.type == FieldType::Object ? object(node, row) : mismatch(node, row);
    case '[':
      return node.type == FieldType::List ? list(node, row) : mismatch(node, row);
    case 't':
    case 'f':
    case 'n':
      return word(node, row);
    case '\0':
      return false;
    default:
      return number(node, row);
  }
}

bool RecordReader::object(Node& node, uint64_t row) {
  if (++depth_ > max_depth) return false;
  ++node.stamp;
  cursor_.advance();
  size_t expected = 0, found = 0;
  if (!cursor_.take('}')) {
    do {
      if (!member(node, row, expected, found)) return false;
    } while (cursor_.take(','));
    if (!cursor_.take('}')) return false;
  }
  if (found < node.children.size()) absent_fields(node, row);
  for (duckdb::Column& take : node.takes) take.set_null(row);
  --depth_;
  return true;
}

bool RecordReader::member(Node& node, uint64_t row, size_t& expected, size_t& found) {
  if (cursor_.peek() != '"') return false;
  const std::string_view raw = cursor_.take_string();
  std::string_view key = raw;
  if (document_.has_escapes() && !key_text(raw, key)) return false;
  if (!cursor_.take(':')) return false;
  const int index = node.keys.find(node.children, key, expected);
  if (index < 0) return unknown(node, raw, key);
  Node& child = node.children[static_cast<size_t>(index)];
  if (child.seen == node.stamp) {
    std::string path = path_of(child);
    std::string message = path + " stands twice in the record";
    duplicate_ = {"json.duplicate_key", std::move(path), "", std::move(message)};
    return false;
  }
  child.seen = node.stamp;
  expected = static_cast<size_t>(index) + 1;
  ++found;
  return value(child, row);
}

bool RecordReader::key_text(std::string_view raw, std::string_view& key) {
  if (raw.find('\\') == std::string_view::npos) return true;
  key_.clear();
  if (!unescape(raw, key_)) return false;
  key = key_;
  return true;
}

bool RecordReader::unknown(Node& node, std::string_view raw_key, std::string_view key) {
  const bool keep = unknown_fields_ == config::UnknownFields::Keep && &node == &plan_.root();
  const bool refuse = unknown_fields_ == config::UnknownFields::Refuse;
  if (cursor_.at_end()) return false;
  const char* start = cursor_.position();
  nul_ = key.find('\0') != std::string_view::npos;
  if (!skip()) return false;
  if (keep && !nul_) {
    if (!extra_.empty()) extra_ += ',';
    extra_.append("\"").append(raw_key).append("\":").append(cursor_.taken_since(start));
  } else if ((keep || refuse) && !full()) {
    std::string path = join_path(path_of(node), batch::printable(key));
    std::string message =
        path + (refuse ? " is not a field of the contract" + did_you_mean(node, key)
                       : " must not contain the character U+0000");
    add(refuse ? "field.unknown" : "field.format", std::move(path), cursor_.taken_since(start),
        std::move(message));
  }
  return true;
}

bool RecordReader::list(Node& node, uint64_t row) {
  if (++depth_ > max_depth) return false;
  cursor_.advance();
  const uint64_t start = node.used;
  if (!cursor_.take(']')) {
    Node& item = node.children[0];
    do {
      node.index = node.used - start;
      const uint64_t element = append(node);
      if (!value(item, element)) return false;
    } while (cursor_.take(','));
    if (!cursor_.take(']')) return false;
  }
  node.column.data<duckdb::ListEntry>()[row] = {start, node.used - start};
  --depth_;
  return true;
}

bool RecordReader::text(Node& node, uint64_t row) {
  const std::string_view raw = cursor_.take_string();
  std::string_view text = raw;
  bool copy = false;
  if (document_.has_escapes() && raw.find('\\') != std::string_view::npos) {
    unescaped_.clear();
    if (!unescape(raw, unescaped_)) return false;
    text = unescaped_;
    copy = true;
  }
  if (node.field->empty_is_null || is_text_type(node.type)) {
    if (node.codec.cleans()) {
      text = node.codec.clean(text, cleaned_);
      copy = copy || text.data() == cleaned_.data();
    }
    if (node.field->empty_is_null && text.empty()) return null(node, row), true;
  }
  if (!is_text_type(node.type)) return report_mismatch(node, row, '"', text), true;
  if (node.type == FieldType::Text && !copy) return node.column.set_text(row, text), true;
  parse_into(node, row, text, copy);
  return true;
}

bool RecordReader::number(Node& node, uint64_t row) {
  const std::string_view token = cursor_.take_token();
  if (number_prefix(token) != token.size()) return false;
  switch (node.type) {
    case FieldType::Integer: {
      int64_t integer = 0;
      const ValueFault fault = batch::parse_integer(token, integer);
      if (fault == ValueFault::None) return node.column.data<int64_t>()[row] = integer, true;
      const char* code = fault == ValueFault::NotInteger ? "field.type" : code_of(fault);
      report(node, code, token, explain(fault, *node.field));
      set_null(node, row);
      return true;
    }
    case FieldType::Decimal:
    case FieldType::Double:
      return parse_into(node, row, token, false), true;
    default:
      break;
  }
  if (node.codec.takes_epoch()) return parse_into(node, row, token, false), true;
  return report_mismatch(node, row, '0', token), true;
}

bool RecordReader::word(Node& node, uint64_t row) {
  const std::string_view token = cursor_.take_token();
  if (token == "null") return null(node, row), true;
  const bool yes = token == "true";
  if (!yes && token != "false") return false;
  if (node.type == FieldType::Boolean) return node.column.data<uint8_t>()[row] = yes, true;
  return report_mismatch(node, row, 't', token), true;
}

bool RecordReader::any_json(Node& node, uint64_t row) {
  if (cursor_.at_end()) return false;
  const char* start = cursor_.position();
  nul_ = false;
  if (!skip()) return false;
  const std::string_view bytes = cursor_.taken_since(start);
  if (!nul_) return node.column.set_text(row, bytes), true;
  report(node, "field.format", bytes, explain(ValueFault::NulByte, *node.field));
  set_null(node, row);
  return true;
}

bool RecordReader::skip() {
  switch (cursor_.peek()) {
    case '\0':
      return false;
    case '{':
      return skip_container('}');
    case '[':
      return skip_container(']');
    case '"': {
      const std::string_view raw = cursor_.take_string();
      return !document_.has_escapes() || check_escapes(raw, nul_);
    }
    default:
      break;
  }
  const std::string_view token = cursor_.take_token();
  if (token == "true" || token == "false" || token == "null") return true;
  return !token.empty() && number_prefix(token) == token.size();
}

bool RecordReader::skip_container(char end) {
  if (++depth_ > max_depth) return false;
  cursor_.advance();
  if (!cursor_.take(end)) {
    do {
      if (end == '}') {
        if (cursor_.peek() != '"') return false;
        const std::string_view key = cursor_.take_string();
        if (document_.has_escapes() && !check_escapes(key, nul_)) return false;
        if (!cursor_.take(':')) return false;
      }
      if (!skip()) return false;
    } while (cursor_.take(','));
    if (!cursor_.take(end)) return false;
  }
  --depth_;
  return true;
}

bool RecordReader::mismatch(Node& node, uint64_t row) {
  const char first = cursor_.peek();
  const char* start = cursor_.position();
  if (!skip()) return false;
  report_mismatch(node, row, first, cursor_.taken_since(start));
  return true;
}

void RecordReader::parse_into(Node& node, uint64_t row, std::string_view text, bool copy) {
  batch::Scalar scalar;
  const ValueFault fault = node.codec.parse(text, scalar);
  if (fault == ValueFault::None) return node.codec.store(scalar, node.column, row, copy);
  report(node, code_of(fault), text, explain(fault, *node.field));
  set_null(node, row);
}

void RecordReader::null(Node& node, uint64_t row) {
  set_null(node, row);
  if (node.type == FieldType::Object) {
    for (const Node& child : node.children) note_absent(child);
  }
  if (node.nullable || full()) return;
  std::string path = path_of(node);
  std::string message = path + " is null, but must have a value";
  add("field.null", std::move(path), "null", std::move(message));
}

void RecordReader::absent_fields(Node& node, uint64_t row) {
  for (Node& child : node.children) {
    if (child.seen == node.stamp) continue;
    note_absent(child);
    if (child.fallback) {
      set_fallback(child, row);
      continue;
    }
    set_null(child, row);
    if (!child.field->required && !child.field->key) continue;
    if (full()) continue;
    std::string path = path_of(child);
    std::string message = path + " is missing";
    add("field.missing", std::move(path), "", std::move(message));
  }
}

void RecordReader::note_absent(const Node& node) {
  if (!notes_absent_ || !node.number) return;
  absent_.push_back(*node.number);
  if (node.type != FieldType::Object) return;
  for (const Node& child : node.children) note_absent(child);
}

void RecordReader::report(const Node& node, const char* code, std::string_view found,
                          std::string_view clause) {
  if (full()) return;
  std::string path = path_of(node);
  std::string shown = batch::printable(found);
  std::string message = path + " is " + (shown.empty() ? "empty" : shown) + ", but ";
  message += clause;
  add(code, std::move(path), shown, std::move(message));
}

void RecordReader::report_mismatch(Node& node, uint64_t row, char first, std::string_view token) {
  set_null(node, row);
  if (full()) return;
  std::string path = path_of(node);
  const std::string shown = batch::printable(token);
  std::string message = path + " is " + found_kind(first, shown) + ", but " + expected_kind(node);
  add("field.type", std::move(path), shown, std::move(message));
}

void RecordReader::add(const char* code, std::string path, std::string_view value,
                       std::string message) {
  reasons_.push_back({code, std::move(path), batch::printable(value), std::move(message)});
}

}  // namespace clearwell::decode::json
