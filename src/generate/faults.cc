#include "generate/faults.h"

#include <algorithm>
#include <set>
#include <utility>

namespace clearwell::generate {
namespace {

using config::Field;
using config::FieldType;
using Kind = Fault::Kind;

bool has_format(FieldType type) {
  return type != FieldType::Integer && type != FieldType::Double && type != FieldType::Boolean &&
         type != FieldType::List && type != FieldType::Object;
}

bool has_range(const Field& field) {
  switch (field.type) {
    case FieldType::Integer:
    case FieldType::Decimal:
    case FieldType::Double:
      return true;
    case FieldType::Date:
    case FieldType::Timestamp:
    case FieldType::LocalTimestamp:
      return field.parse.empty();
    default:
      return false;
  }
}

class Lister {
 public:
  explicit Lister(const config::Kind& kind)
      : refuse_(kind.unknown_fields == config::UnknownFields::Refuse) {
    if (refuse_) out_.push_back({Kind::Unknown, "field.unknown", "unexpected", {}, 0});
    fields(kind.fields, "", {});
  }
  std::vector<Fault> take() { return std::move(out_); }

 private:
  void fields(const std::vector<Field>& fields, const std::string& prefix,
              const std::vector<size_t>& way) {
    for (size_t i = 0; i < fields.size(); ++i) {
      std::vector<size_t> steps = way;
      steps.push_back(i);
      std::string path = prefix;
      if (!path.empty()) path += '.';
      path += fields[i].name;
      one(fields[i], path, steps, false);
    }
  }

  void one(const Field& field, const std::string& path, const std::vector<size_t>& steps,
           bool item) {
    const auto add = [&](bool possible, Kind kind, const char* code) {
      if (possible) out_.push_back({kind, code, path, steps, 0});
    };
    add(!item && (field.required || field.key) && !field.default_value, Kind::Missing,
        "field.missing");
    add(!field.nullable, Kind::Null, "field.null");
    add(field.type != FieldType::Json, Kind::Type, "field.type");
    add(has_format(field.type), Kind::Format, "field.format");
    add(has_range(field), Kind::Range, "field.range");
    add(field.min.has_value(), Kind::Min, "field.min");
    add(field.max.has_value(), Kind::Max, "field.max");
    add(field.min_length.value_or(0) > (field.empty_is_null ? 1 : 0), Kind::MinLength,
        "field.min_length");
    add(field.max_length.has_value(), Kind::MaxLength, "field.max_length");
    add(field.pattern.has_value(), Kind::Pattern, "field.pattern");
    add(!field.values.empty() && field.type != FieldType::Boolean, Kind::Value, "field.value");
    add(field.min_items.value_or(0) > 0, Kind::MinItems, "field.min_items");
    add(field.max_items.has_value(), Kind::MaxItems, "field.max_items");
    add(field.reference.has_value(), Kind::Reference, "reference.missing");
    if (field.type == FieldType::Object) {
      if (refuse_) {
        out_.push_back({Kind::Unknown, "field.unknown", path + ".unexpected", steps, 0});
      }
      fields(field.children, path, steps);
    } else if (field.type == FieldType::List) {
      std::vector<size_t> inner = steps;
      inner.push_back(0);
      one(field.children.front(), path + "[]", inner, true);
    }
  }

  const bool refuse_;
  std::vector<Fault> out_;
};

std::string wrong_type(FieldType type, Random& random) {
  static const std::vector<std::string> for_text = {"12345", "true", "[]", "{}"};
  static const std::vector<std::string> for_number = {"\"12\"", "true", "[1]", "{}"};
  switch (type) {
    case FieldType::Text:
      return random.pick(for_text);
    case FieldType::Date:  // numbers may be seconds since 1970
    case FieldType::Timestamp:
    case FieldType::LocalTimestamp:
    case FieldType::Uuid:
      return random.chance(0.5) ? "true" : "[]";
    case FieldType::Boolean:
      return random.chance(0.5) ? "\"true\"" : "1";
    case FieldType::List:
      return random.chance(0.5) ? "\"none\"" : "{}";
    case FieldType::Object:
      return random.chance(0.5) ? "\"none\"" : "[]";
    default:
      return random.pick(for_number);
  }
}

std::string bad_time(const Field& field, Random& random) {
  static const std::vector<std::string> dates = {"2023-02-30", "2023-13-01", "yesterday",
                                                 "2023-04-31"};
  static const std::vector<std::string> times = {"2023-02-30T12:00:00", "2023-05-01T25:00:00",
                                                 "2023-05-01T23:59:60", "2023-05-01 12:60:00",
                                                 "noon"};
  // Skipped when clocks are put forward, in Europe, America and Sydney.
  static const std::vector<std::string> skipped = {"2023-03-26T02:30:00", "2023-03-26T01:30:00",
                                                   "2023-03-12T02:30:00", "2023-10-01T02:30:00"};
  if (field.type == FieldType::Date) return random.pick(dates);
  if (field.type == FieldType::LocalTimestamp && field.parse.empty() && random.chance(0.3)) {
    return "2023-05-01T12:00:00Z";
  }
  if (field.type == FieldType::Timestamp && field.zone != "UTC" && random.chance(0.5)) {
    return random.pick(skipped);
  }
  return random.pick(times);
}

Value bad_format(const Rules& rules, Random& random) {
  const Field& field = *rules.field;
  switch (field.type) {
    case FieldType::Text:
      return scalar(rules, std::string("nul\0here", 8), random);
    case FieldType::Decimal:
      return scalar(rules, "0." + std::string(static_cast<size_t>(field.scale), '0') + "1", random);
    case FieldType::Uuid:
      return scalar(
          rules, random.chance(0.5) ? "not-a-uuid" : "123e4567-e89b-12d3-a456-42661417400", random);
    case FieldType::Json:
      return unreadable("\"nul\\u0000here\"", "field.format");
    default:
      return scalar(rules, bad_time(field, random), random);
  }
}

Value bad_range(const Rules& rules, Random& random) {
  const Field& field = *rules.field;
  switch (field.type) {
    case FieldType::Integer:
      return scalar(rules, random.chance(0.5) ? "9223372036854775808" : "-9223372036854775809",
                    random);
    case FieldType::Decimal:
      return scalar(rules,
                    "1" + std::string(static_cast<size_t>(field.precision - field.scale), '0'),
                    random);
    case FieldType::Double:
      return scalar(rules, random.chance(0.5) ? "1e999" : "-1e999", random);
    case FieldType::Date:
      return scalar(rules, "0000-01-01", random);
    default:
      return scalar(rules, "0000-01-01T00:00:00", random);
  }
}

// The first `count` characters. REQUIRES: valid UTF-8.
std::string first_characters(const std::string& text, int64_t count) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (starts && count-- == 0) break;
  }
  return text.substr(0, at);
}

// A text near to a valid one.
std::string mutated(std::string text, Random& random) {
  static const std::vector<std::string> pieces = {"!", " ", "_", "x", "0", "\n", "ß"};
  const size_t at = text.empty() ? 0 : random.below(text.size());
  const bool inside = at < text.size() && (static_cast<unsigned char>(text[at]) & 0x80) == 0;
  switch (random.below(5)) {
    case 0:
      return inside ? text.erase(at, 1) : text + "!";
    case 1:
      return inside ? text.replace(at, 1, random.pick(pieces)) : "?" + text;
    case 2:
      return text + random.pick(pieces);
    case 3:
      return "no such thing";
    default:
      return text.empty() ? "?" : "";
  }
}

class Breaker {
 public:
  Breaker(const Maker& maker, const Fault& fault, Random& random)
      : maker_(maker), fault_(fault), random_(random) {}

  Result<std::optional<std::string>> at_record(Value& record) {
    if (fault_.steps.empty()) return unknown(record, "");
    return inside(maker_.rules(), record, 0, "");
  }

 private:
  using Place = Result<std::optional<std::string>>;

  // `object` is there; the step of this level chooses among its fields.
  Place inside(const std::vector<Rules>& rules, Value& object, size_t level,
               const std::string& prefix) {
    const size_t step = fault_.steps[level];
    const std::string& name = rules[step].field->name;
    return at_value(rules[step], object.children[step], level,
                    prefix.empty() ? name : prefix + "." + name);
  }

  Place at_value(const Rules& rules, Value& value, size_t level, const std::string& path) {
    const bool last = level + 1 == fault_.steps.size();
    if (last && fault_.kind != Kind::Unknown) return leaf(rules, value, path);
    const bool usable = value.is_present() && value.fault.empty() &&
                        (rules.field->type == FieldType::Object || !value.children.empty());
    if (!usable) {
      CW_ASSIGN(value, maker_.present(rules, random_));
    }
    if (last) return unknown(value, path);
    if (rules.field->type == FieldType::Object) {
      return inside(rules.children, value, level + 1, path);
    }
    if (value.children.empty()) return std::optional<std::string>();
    const size_t at = random_.below(value.children.size());
    return at_value(rules.children.front(), value.children[at], level + 1,
                    path + "[" + std::to_string(at) + "]");
  }

  Place unknown(Value& object, const std::string& path) {
    if (object.kind != Value::Kind::Object) return std::optional<std::string>();
    object.extras.emplace_back("unexpected", random_.chance(0.5) ? "1" : "{\"a\":[null]}");
    return std::optional(path.empty() ? std::string("unexpected") : path + ".unexpected");
  }

  Place leaf(const Rules& rules, Value& value, const std::string& path) {
    CW_ASSIGN(std::optional<Value> broken, broken_value(rules, value));
    if (!broken) return std::optional<std::string>();
    if (fault_.kind != Kind::Reference) {
      const std::vector<std::string> codes = broken_rules(rules, *broken);
      if (std::find(codes.begin(), codes.end(), fault_.code) == codes.end()) {
        return std::optional<std::string>();
      }
    }
    value = std::move(*broken);
    return std::optional(path);
  }

  Result<std::optional<Value>> broken_value(const Rules& rules, const Value& old) {
    Value out;
    switch (fault_.kind) {
      case Kind::Missing:
        return std::optional(out);
      case Kind::Null:
        out.kind = Value::Kind::Null;
        return std::optional(out);
      case Kind::Type:
        return std::optional(unreadable(wrong_type(rules.field->type, random_), "field.type"));
      case Kind::Format:
        return std::optional(bad_format(rules, random_));
      case Kind::Range:
        return std::optional(bad_range(rules, random_));
      case Kind::Min:
        return beyond(rules, *rules.min, -1 - static_cast<int64_t>(random_.below(9)));
      case Kind::Max:
        return beyond(rules, *rules.max, 1 + static_cast<int64_t>(random_.below(9)));
      case Kind::MinItems:
      case Kind::MaxItems:
        return wrong_count(rules, old);
      case Kind::Reference: {
        CW_ASSIGN(out, maker_.own(rules, random_));
        return std::optional(out);
      }
      default:
        return wrong_text(rules);
    }
  }

  Result<std::optional<Value>> beyond(const Rules& rules, const batch::Scalar& limit,
                                      int64_t steps) {
    const int64_t nearest = steps < 0 ? -1 : 1;
    for (const int64_t distance : {steps, nearest}) {
      const auto text = shifted(rules, limit, distance, random_);
      if (text) return std::optional(scalar(rules, *text, random_));
    }
    return std::optional<Value>();
  }

  Result<std::optional<Value>> wrong_count(const Rules& rules, const Value& old) {
    static constexpr int64_t most_made = 10'000;
    const Field& field = *rules.field;
    const bool few = fault_.kind == Kind::MinItems;
    const int64_t count =
        few ? static_cast<int64_t>(random_.below(static_cast<uint64_t>(*field.min_items)))
            : *field.max_items + 1;
    if (count > most_made) return std::optional<Value>();
    Value out = old;
    if (out.kind != Value::Kind::List) out = Value{};
    out.kind = Value::Kind::List;
    if (static_cast<int64_t>(out.children.size()) > count) {
      out.children.resize(static_cast<size_t>(count));
    }
    while (static_cast<int64_t>(out.children.size()) < count) {
      CW_ASSIGN(Value item, maker_.present(rules.children.front(), random_));
      out.children.push_back(std::move(item));
    }
    return std::optional(std::move(out));
  }

  // MinLength, MaxLength, Pattern and Value, of any type.
  Result<std::optional<Value>> wrong_text(const Rules& rules) {
    const Field& field = *rules.field;
    CW_ASSIGN(const Value valid, maker_.own(rules, random_));
    std::string text = valid.text;
    switch (fault_.kind) {
      case Kind::MinLength:
        text = first_characters(
            text, static_cast<int64_t>(random_.below(static_cast<uint64_t>(*field.min_length))));
        break;
      case Kind::MaxLength: {
        const auto most = static_cast<size_t>(*field.max_length);
        if (most > 1'000'000) return std::optional<Value>();
        text += std::string(most + 1, 'x');
        text = first_characters(text, *field.max_length + 1);
        break;
      }
      case Kind::Value:
        if (field.type == FieldType::Text) {
          text = mutated(text, random_);
          break;
        }
        return other_value(rules);
      default:
        text = mutated(text, random_);
    }
    return std::optional(scalar(rules, text, random_));
  }

  // A value of the type that is not among `values`.
  Result<std::optional<Value>> other_value(const Rules& rules) {
    Field free = *rules.field;
    free.values.clear();
    free.examples.clear();
    const std::vector<Field> fields = {free};
    CW_ASSIGN(const std::vector<Rules> compiled, compile_rules(fields));
    const std::string text = draw_text(compiled.front(), nullptr, Draw::Usual, 0, random_);
    return std::optional(scalar(rules, text, random_));
  }

  const Maker& maker_;
  const Fault& fault_;
  Random& random_;
};

}  // namespace

bool loads_own_parents(const config::Pipeline& pipeline) {
  std::set<std::string> tables;
  for (const config::Kind& kind : pipeline.kinds) {
    for (const config::Load& load : kind.loads) tables.insert(load.table);
  }
  bool found = false;
  for (const config::Kind& kind : pipeline.kinds) {
    config::for_each_field(kind.fields, "", [&](const Field& field, const std::string&) {
      found = found || (field.reference && tables.contains(field.reference->table));
    });
  }
  return found;
}

std::vector<Fault> list_faults(const config::Pipeline& pipeline, const config::Kind& kind) {
  std::vector<Fault> out = Lister(kind).take();
  for (size_t i = 0; i < kind.checks.size(); ++i) {
    // `stop` would end the run before the records behind it.
    if (kind.checks[i].action == config::CheckAction::Stop) continue;
    out.push_back({Kind::Check, "check." + kind.checks[i].name, "", {}, i});
  }
  const bool conflicts = !kind.loads.empty() && !kind.count_conflicts &&
                         kind.loads.front().mode == config::LoadMode::Insert;
  if (conflicts) out.push_back({Kind::Conflict, "key.conflict", "", {}, 0});
  for (const char* code : {"json.incomplete", "json.syntax", "json.root", "json.utf8", "json.depth",
                           "json.duplicate_key"}) {
    out.push_back({Kind::Damage, code, "", {}, 0});
  }
  if (!pipeline.route.empty()) {
    out.push_back({Kind::Route, "route.missing", "", {}, 0});
    out.push_back({Kind::Route, "route.unknown", "", {}, 0});
  }
  return out;
}

Result<std::optional<std::string>> break_field(const Maker& maker, const Fault& fault,
                                               Value& record, Random& random) {
  return Breaker(maker, fault, random).at_record(record);
}

std::string lengthened(const std::string& bytes, int64_t size) {
  const int64_t missing = size - static_cast<int64_t>(bytes.size());
  return "{" + std::string(static_cast<size_t>(std::max<int64_t>(missing, 0)), ' ') +
         bytes.substr(1);
}

std::optional<std::string> damage(std::string_view code, const std::string& bytes,
                                  const std::string& key, Random& random) {
  if (bytes.size() < 3 || bytes.front() != '{' || bytes.back() != '}') return std::nullopt;
  if (code == "json.incomplete") return bytes.substr(0, 1 + random.below(bytes.size() - 1));
  if (code == "json.root") {
    static const std::vector<std::string> roots = {"42", "\"text\"", "null", "true"};
    return random.chance(0.5) ? "[" + bytes + "]" : random.pick(roots);
  }
  if (code == "json.depth") {
    return "{\"deep\":" + std::string(70, '[') + std::string(70, ']') + "," + bytes.substr(1);
  }
  if (bytes.size() < 4) return std::nullopt;  // an empty object
  if (code == "json.utf8") {
    static const std::vector<std::string> bad = {"\xFF", "\xC3(", "\xED\xA0\x80"};
    return bytes.substr(0, 2) + random.pick(bad) + bytes.substr(2);
  }
  if (code == "json.duplicate_key") {
    if (key.empty()) return std::nullopt;
    return bytes.substr(0, bytes.size() - 1) + "," + json_string(key) + ":null}";
  }
  switch (random.below(4)) {  // json.syntax
    case 0:
      return bytes.substr(0, bytes.size() - 1) + ",}";
    case 1:
      return bytes + " {}";
    case 2:
      return "{" + bytes.substr(2);  // the quote that opens the first key
    default:
      return bytes.substr(0, bytes.size() - 1) + ",\"n\":NaN}";
  }
}

}  // namespace clearwell::generate
