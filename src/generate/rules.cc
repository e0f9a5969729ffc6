#include "generate/rules.h"

#include <algorithm>

#include "batch/text.h"

namespace clearwell::generate {
namespace {

using batch::Scalar;
using batch::ValueFault;
using config::Field;
using config::FieldType;

Result<Scalar> limit(const batch::ValueCodec& codec, const std::string& text) {
  Scalar out;
  if (codec.parse(text, out) == ValueFault::None) return out;
  return config_error("field '" + codec.field().name + "': \"" + text + "\" is no value of it");
}

Result<Rules> compile_one(const Field& field) {
  Rules rules;
  rules.field = &field;
  CW_ASSIGN(rules.children, compile_rules(field.children));
  if (rules.is_container()) return rules;
  CW_ASSIGN(rules.codec, batch::ValueCodec::make(field));
  if (field.pattern) rules.pattern = std::make_unique<re2::RE2>(*field.pattern, re2::RE2::Quiet);
  if (field.min) {
    CW_ASSIGN(rules.min, limit(rules.codec, *field.min));
  }
  if (field.max) {
    CW_ASSIGN(rules.max, limit(rules.codec, *field.max));
  }
  for (const std::string& text : field.values) {
    CW_ASSIGN(const Scalar value, limit(rules.codec, text));
    rules.values.push_back(value);
  }
  return rules;
}

void break_text_rules(const Rules& rules, const std::string& text, std::vector<std::string>& out) {
  const Field& field = *rules.field;
  const int64_t length = batch::code_points(text);
  if (field.min_length && length < *field.min_length) out.emplace_back("field.min_length");
  if (field.max_length && length > *field.max_length) out.emplace_back("field.max_length");
  if (rules.pattern && !re2::RE2::FullMatch(text, *rules.pattern)) {
    out.emplace_back("field.pattern");
  }
}

void break_scalar_rules(const Rules& rules, const Value& value, std::vector<std::string>& out) {
  if (!value.fault.empty()) return out.push_back(value.fault);
  Scalar found;
  if (rules.codec.parse(value.text, found) != ValueFault::None) return;
  if (rules.field->type == FieldType::Text) break_text_rules(rules, value.text, out);
  if (rules.min && rules.codec.compare(found, *rules.min) < 0) out.emplace_back("field.min");
  if (rules.max && rules.codec.compare(found, *rules.max) > 0) out.emplace_back("field.max");
  const bool allowed = rules.values.empty() ||
                       std::any_of(rules.values.begin(), rules.values.end(), [&](const Scalar& v) {
                         return rules.codec.compare(found, v) == 0;
                       });
  if (!allowed) out.emplace_back("field.value");
}

// Walks a record beside its rules.
class Walk {
 public:
  Walk(const config::Kind& kind, std::vector<std::string>& out)
      : refuse_(kind.unknown_fields == config::UnknownFields::Refuse), out_(out) {}

  void object(const std::vector<Rules>& rules, const Value& value, const std::string& prefix) {
    for (size_t i = 0; i < rules.size(); ++i) {
      one(rules[i], value.children[i], below(prefix, rules[i].field->name));
    }
    if (!refuse_) return;
    for (const auto& [key, json] : value.extras) add("field.unknown", below(prefix, key));
  }

 private:
  static std::string below(std::string path, const std::string& name) {
    if (!path.empty()) path += '.';
    return path += name;
  }

  void add(std::string code, const std::string& path) {
    out_.push_back(code.append("@").append(path));
  }

  void one(const Rules& rules, const Value& value, const std::string& path) {
    for (const std::string& code : broken_rules(rules, value)) add(code, path);
    if (value.kind == Value::Kind::Object) object(rules.children, value, path);
    if (value.kind != Value::Kind::List) return;
    for (size_t i = 0; i < value.children.size(); ++i) {
      std::string place = path;
      place.append("[").append(std::to_string(i)).append("]");
      one(rules.children.front(), value.children[i], place);
    }
  }

  const bool refuse_;
  std::vector<std::string>& out_;
};

}  // namespace

Result<std::vector<Rules>> compile_rules(const std::vector<Field>& fields) {
  std::vector<Rules> out;
  for (const Field& field : fields) {
    CW_ASSIGN(Rules rules, compile_one(field));
    out.push_back(std::move(rules));
  }
  return out;
}

bool is_written_as_text(FieldType type) {
  return type == FieldType::Text || type == FieldType::Uuid || type == FieldType::Date ||
         type == FieldType::Timestamp || type == FieldType::LocalTimestamp;
}

Value scalar(const Rules& rules, const std::string& text, Random& random) {
  const Field& field = *rules.field;
  Value out;
  out.kind = Value::Kind::Scalar;
  const bool as_text = is_written_as_text(field.type);
  out.token = as_text ? json_string(text, random) : text;
  std::string buffer;
  out.text = as_text ? std::string(rules.codec.clean(text, buffer)) : text;
  if (as_text && field.empty_is_null && out.text.empty()) {
    out.kind = Value::Kind::Null;
    return out;
  }
  Scalar read;
  const ValueFault fault = rules.codec.parse(out.text, read);
  if (fault != ValueFault::None) {
    const bool fraction = fault == ValueFault::NotInteger;
    out.fault = fraction ? "field.type" : batch::code_of(fault);
    return out;
  }
  out.plain = rules.codec.to_text(read);
  return out;
}

Value unreadable(std::string token, std::string code) {
  Value out;
  out.kind = Value::Kind::Scalar;
  out.token = std::move(token);
  out.fault = std::move(code);
  return out;
}

std::vector<std::string> broken_rules(const Rules& rules, const Value& value) {
  const Field& field = *rules.field;
  std::vector<std::string> out;
  switch (value.kind) {
    case Value::Kind::Absent:
      if ((field.required || field.key) && !field.default_value) out.emplace_back("field.missing");
      break;
    case Value::Kind::Null:
      if (!field.nullable) out.emplace_back("field.null");
      break;
    case Value::Kind::Scalar:
      if (rules.is_container()) {
        out.push_back(value.fault);
      } else {
        break_scalar_rules(rules, value, out);
      }
      break;
    case Value::Kind::List: {
      const auto items = static_cast<int64_t>(value.children.size());
      if (field.min_items && items < *field.min_items) out.emplace_back("field.min_items");
      if (field.max_items && items > *field.max_items) out.emplace_back("field.max_items");
      break;
    }
    case Value::Kind::Object:
      break;
  }
  return out;
}

std::vector<std::string> broken_fields(const config::Kind& kind, const std::vector<Rules>& rules,
                                       const Value& record) {
  std::vector<std::string> out;
  Walk(kind, out).object(rules, record, "");
  return out;
}

}  // namespace clearwell::generate
