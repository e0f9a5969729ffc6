#include "decode/csv/row_reader.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "batch/text.h"

namespace clearwell::decode::csv {
namespace {

using batch::CsvFault;
using batch::CsvValue;
using batch::Reason;
using batch::ValueFault;

constexpr size_t excerpt_bytes = 20;

Reason not_utf8(std::string_view payload) {
  const size_t at = batch::utf8_valid_prefix(payload);
  constexpr std::string_view hex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(payload[at]);
  std::string message = "byte " + std::to_string(at);
  if (payload.starts_with("\xFF\xFE") || payload.starts_with("\xFE\xFF")) {
    message += " begins a text in UTF-16; it must be sent in UTF-8: ";
  } else {
    message += std::string(" (0x") + hex[byte >> 4] + hex[byte & 15] + ") is not UTF-8: ";
  }
  std::string shown =
      batch::printable(payload.substr(at - std::min(at, excerpt_bytes), 2 * excerpt_bytes));
  message += shown;
  return {"csv.utf8", "", std::move(shown), std::move(message)};
}

Reason broken_quote(CsvFault fault, std::string_view payload, size_t at) {
  std::string shown = batch::printable(payload.substr(at, 2 * excerpt_bytes));
  const std::string where = std::to_string(at) + ": " + shown;
  if (fault == CsvFault::UnclosedQuote) {
    return {"csv.unclosed_quote", "", std::move(shown),
            "the quote is not closed that opens at byte " + where};
  }
  return {"csv.quote", "", std::move(shown),
          "a delimiter must follow the closing quote, at byte " + where};
}

// Another kind of value than the type has, as in JSON; else a value that is written wrongly.
const char* code_for(ValueFault fault) {
  const bool other_kind = fault == ValueFault::NotInteger || fault == ValueFault::NotNumber ||
                          fault == ValueFault::NotBoolean;
  return other_kind ? "field.type" : code_of(fault);
}

}  // namespace

RowReader::RowReader(const config::Kind& kind, Plan& plan, batch::CsvFormat format)
    : plan_(plan), format_(std::move(format)) {
  std::vector<Node>& fields = plan_.root().children;
  for (const std::string& column : format_.columns) {
    const int index = plan_.root().keys.find(fields, column, nodes_.size());
    nodes_.push_back(index < 0 ? nullptr : &fields[static_cast<size_t>(index)]);
  }
  for (Node& field : fields) {
    if (std::find(nodes_.begin(), nodes_.end(), &field) == nodes_.end()) missing_.push_back(&field);
  }
  notes_absent_ = std::any_of(kind.loads.begin(), kind.loads.end(), [](const config::Load& load) {
    return load.mode == config::LoadMode::Patch;
  });
}

std::optional<Reason> RowReader::read(std::string_view payload, uint64_t row) {
  reasons_.clear();
  more_reasons_ = 0;
  absent_.clear();
  extra_.clear();
  if (auto broken = split(payload)) return broken;
  for (size_t i = 0; i < values_.size(); ++i) {
    if (nodes_[i] != nullptr) {
      value(*nodes_[i], row, values_[i]);
    } else if (plan_.extra()) {
      unknown(format_.columns[i], values_[i]);
    }
  }
  for (Node* field : missing_) absent_field(*field, row);
  for (duckdb::Column& take : plan_.root().takes) take.set_null(row);
  if (auto& extra = plan_.extra()) {
    if (extra_.empty()) {
      extra->set_null(row);
    } else {
      extra->set_text_copy(row, "{" + extra_ + "}");
    }
  }
  return std::nullopt;
}

std::optional<Reason> RowReader::split(std::string_view payload) {
  if (!simdjson::validate_utf8(payload.data(), payload.size())) return not_utf8(payload);
  size_t at = 0;
  const CsvFault fault = batch::split_csv(format_, payload, values_, at);
  if (fault != CsvFault::None) return broken_quote(fault, payload, at);
  if (values_.size() != nodes_.size()) return wrong_count(payload);
  if (format_.header && repeats_header()) {
    return Reason{"csv.header", "", batch::printable(payload),
                  "the row repeats the header; is the file made of several ones?"};
  }
  return std::nullopt;
}

bool RowReader::repeats_header() {
  for (size_t i = 0; i < values_.size(); ++i) {
    if (batch::csv_text(values_[i], format_.quote, unquoted_) != format_.columns[i]) return false;
  }
  return true;
}

Reason RowReader::wrong_count(std::string_view payload) const {
  const std::string found = std::to_string(values_.size());
  std::string message = "the row has " + found + (values_.size() == 1 ? " value" : " values") +
                        ", but must have " + std::to_string(nodes_.size()) + ": " +
                        batch::printable(batch::header_text(format_));
  return {"csv.columns", "", batch::printable(payload), std::move(message)};
}

bool RowReader::is_null(const CsvValue& value) const {
  return !value.quoted &&
         std::find(format_.nulls.begin(), format_.nulls.end(), value.text) != format_.nulls.end();
}

void RowReader::value(Node& node, uint64_t row, const CsvValue& value) {
  if (is_null(value)) return null(node, row, value.text);
  std::string_view text = batch::csv_text(value, format_.quote, unquoted_);
  bool copy = value.doubled;
  if (node.codec.cleans()) {
    text = node.codec.clean(text, cleaned_);
    copy = copy || text.data() == cleaned_.data();
  }
  if (node.field->empty_is_null && text.empty()) return null(node, row, text);
  batch::Scalar scalar;
  const ValueFault fault = node.codec.parse(text, scalar);
  if (fault == ValueFault::None) return node.codec.store(scalar, node.column, row, copy);
  report(node, fault, text);
  set_null(node, row);
}

void RowReader::null(Node& node, uint64_t row, std::string_view written) {
  if (node.fallback) return set_fallback(node, row);
  set_null(node, row);
  if (node.nullable) return;
  const std::string& name = node.field->name;
  const std::string is = written.empty() ? "empty" : batch::printable(written) + ", a null";
  add("field.null", name, written, name + " is " + is + ", but must have a value");
}

void RowReader::absent_field(Node& node, uint64_t row) {
  if (notes_absent_ && node.number) absent_.push_back(*node.number);
  if (node.fallback) return set_fallback(node, row);
  set_null(node, row);
  if (!node.field->required && !node.field->key) return;
  add("field.missing", node.field->name, "", node.field->name + " is missing");
}

void RowReader::unknown(const std::string& name, const CsvValue& value) {
  if (is_null(value)) return;
  const std::string_view text = batch::csv_text(value, format_.quote, unquoted_);
  if (text.find('\0') != std::string_view::npos) {
    return add("field.format", name, text, name + " must not contain the character U+0000");
  }
  if (!extra_.empty()) extra_ += ',';
  extra_ += nlohmann::json(name).dump() + ":" + nlohmann::json(std::string(text)).dump();
}

void RowReader::report(const Node& node, ValueFault fault, std::string_view found) {
  const std::string& name = node.field->name;
  const std::string shown = batch::printable(found);
  add(code_for(fault), name, found,
      name + " is " + (shown.empty() ? "empty" : shown) + ", but " + explain(fault, *node.field));
}

void RowReader::add(const char* code, std::string path, std::string_view value,
                    std::string message) {
  if (reasons_.size() >= kept) {
    ++more_reasons_;
  } else {
    reasons_.push_back({code, std::move(path), batch::printable(value), std::move(message)});
  }
}

}  // namespace clearwell::decode::csv
