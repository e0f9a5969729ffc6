#include "generate/maker.h"

#include <algorithm>

namespace clearwell::generate {
namespace {

using config::Field;
using config::FieldType;

constexpr int tries = 200;
constexpr int64_t most_items_drawn = 20;

Error not_found(const Field& field) {
  return config_error("field '" + field.name + "': no valid value was found in " +
                      std::to_string(tries) + " tries; give some under `examples: [...]`");
}

}  // namespace

Result<Maker> Maker::make(const config::Kind& kind, double edges) {
  Maker out;
  CW_ASSIGN(out.rules_, compile_rules(kind.fields));
  CW_TRY(out.compile_patterns(out.rules_));
  out.edges_ = edges;
  return out;
}

Result<void> Maker::compile_patterns(const std::vector<Rules>& rules) {
  for (const Rules& one : rules) {
    CW_TRY(compile_patterns(one.children));
    const Field& field = *one.field;
    if (!field.pattern || !field.examples.empty() || !field.values.empty()) continue;
    auto pattern = Pattern::parse(*field.pattern);
    if (!pattern.ok()) {
      Error error = std::move(pattern).error();
      error.message += "; give values under `examples: [...]`";
      return std::move(error).context("field '" + field.name + "'");
    }
    patterns_.emplace(&field, std::move(*pattern));
  }
  return {};
}

Result<Value> Maker::record(Random& random) const {
  Value out;
  out.kind = Value::Kind::Object;
  for (const Rules& rules : rules_) {
    CW_ASSIGN(Value value, any(rules, random));
    out.children.push_back(std::move(value));
  }
  return out;
}

Result<Value> Maker::any(const Rules& rules, Random& random) const {
  const Field& field = *rules.field;
  Value out;
  const bool may_lack = !field.key && (!field.required || field.default_value);
  if (may_lack && random.chance(0.2)) return out;
  if (field.nullable && !field.key && random.chance(0.1)) {
    out.kind = Value::Kind::Null;
    return out;
  }
  if (!field.reference || !parents_ || parents_(field)) return present(rules, random);
  if (field.nullable) out.kind = Value::Kind::Null;
  if (field.nullable || may_lack) return out;
  return present(rules, random);
}

Result<Value> Maker::present(const Rules& rules, Random& random) const {
  if (rules.field->type == FieldType::List) return list(rules, random);
  if (rules.field->type == FieldType::Object) return object(rules, random);
  if (rules.field->reference && parents_) return parent(rules, random);
  return own(rules, random);
}

Result<Value> Maker::own(const Rules& rules, Random& random) const {
  return find(rules, random.chance(edges_) ? Draw::Edge : Draw::Usual, random);
}

Result<Value> Maker::find(const Rules& rules, Draw draw, Random& random) const {
  const auto found = patterns_.find(rules.field);
  const Pattern* pattern = found == patterns_.end() ? nullptr : &found->second;
  for (int i = 0; i < tries; ++i) {
    // Ends of what the type allows may be forbidden by another rule.
    const Draw now = i < tries / 2 ? draw : Draw::Usual;
    Value value = scalar(rules, draw_text(rules, pattern, now, i, random), random);
    if (!value.is_present()) continue;
    if (!rules.field->examples.empty() || broken_rules(rules, value).empty()) return value;
  }
  return not_found(*rules.field);
}

Result<Value> Maker::parent(const Rules& rules, Random& random) const {
  for (int i = 0; i < tries; ++i) {
    const std::optional<std::string> text = parents_(*rules.field);
    if (!text) {
      return config_error("field '" + rules.field->name + "': there is no row of " +
                          rules.field->reference->table + " to refer to");
    }
    Value value = scalar(rules, *text, random);
    if (value.is_present() && broken_rules(rules, value).empty()) return value;
  }
  return not_found(*rules.field);
}

Result<Value> Maker::list(const Rules& rules, Random& random) const {
  const Field& field = *rules.field;
  const int64_t most_allowed = field.max_items.value_or(INT64_MAX);
  const int64_t least = std::max(field.min_items.value_or(0), std::min<int64_t>(1, most_allowed));
  int64_t most = std::min(most_allowed, std::max<int64_t>(least, 4));
  int64_t items = random.between(least, most);
  if (random.chance(edges_)) {
    most = std::min(most_allowed, std::max(least, most_items_drawn));
    items = random.chance(0.5) ? field.min_items.value_or(0) : most;
  }
  Value out;
  out.kind = Value::Kind::List;
  for (int64_t i = 0; i < items; ++i) {
    CW_ASSIGN(Value item, any(rules.children.front(), random));
    out.children.push_back(std::move(item));
  }
  return out;
}

Result<Value> Maker::object(const Rules& rules, Random& random) const {
  Value out;
  out.kind = Value::Kind::Object;
  for (const Rules& child : rules.children) {
    CW_ASSIGN(Value value, any(child, random));
    out.children.push_back(std::move(value));
  }
  return out;
}

}  // namespace clearwell::generate
