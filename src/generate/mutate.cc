#include "generate/mutate.h"

#include <algorithm>
#include <cctype>

namespace clearwell::generate {
namespace {

using config::FieldType;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Does the SQL have the name as a word of its own?
bool names(const std::string& sql, const std::string& name) {
  for (size_t at = sql.find(name); at != std::string::npos; at = sql.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool starts = at == 0 || !is_word(sql[at - 1]);
    if (starts && (end == sql.size() || !is_word(sql[end]))) return true;
  }
  return false;
}

bool is_number(FieldType type) {
  return type == FieldType::Integer || type == FieldType::Decimal || type == FieldType::Double;
}
bool is_time(FieldType type) {
  return type == FieldType::Date || type == FieldType::Timestamp ||
         type == FieldType::LocalTimestamp;
}

bool is_valid(const Rules& rules, const Value& value) {
  return value.is_present() && broken_rules(rules, value).empty();
}

}  // namespace

Mutator::Mutator(const Maker& maker, const std::string& sql) : maker_(maker) {
  const std::string text = lower(sql);
  bool any = false;
  for (const Rules& rules : maker.rules()) {
    named_.push_back(names(text, lower(rules.field->name)));
    any = any || named_.back();
  }
  if (!any) named_.assign(named_.size(), true);
  for (size_t at = 0; at < sql.size(); ++at) {
    if (sql[at] == '\'') {
      const size_t end = std::min(sql.find('\'', at + 1), sql.size());
      texts_.push_back(sql.substr(at + 1, end - at - 1));
      at = end;
    } else if (std::isdigit(static_cast<unsigned char>(sql[at])) != 0) {
      const size_t end = std::min(sql.find_first_not_of("0123456789.", at), sql.size());
      if (at == 0 || !is_word(sql[at - 1])) {
        numbers_.push_back(sql.substr(at, end - at));
        numbers_.push_back("-" + numbers_.back());
      }
      at = end - 1;
    }
  }
}

void Mutator::collect(const std::vector<Rules>& rules, Value& object, bool top,
                      std::vector<Leaf>& out) const {
  for (size_t i = 0; i < rules.size(); ++i) {
    if (top && !named_[i]) continue;
    Value& value = object.children[i];
    if (!rules[i].is_container()) {
      out.push_back({&rules[i], &value});
    } else if (value.kind == Value::Kind::Object) {
      collect(rules[i].children, value, false, out);
    } else if (value.kind == Value::Kind::List) {
      out.push_back({&rules[i], &value});
      const Rules& item = rules[i].children.front();
      for (Value& element : value.children) {
        if (element.kind == Value::Kind::Object) collect(item.children, element, false, out);
        if (!item.is_container()) out.push_back({&item, &element});
      }
    } else {
      out.push_back({&rules[i], &value});
    }
  }
}

Result<Value> Mutator::from_literal(const Rules& rules, Random& random) const {
  const bool number = is_number(rules.field->type);
  const std::vector<std::string>& from = number ? numbers_ : texts_;
  if (from.empty()) return Value{};
  Value value = scalar(rules, random.pick(from), random);
  batch::Scalar read;
  if (!number || !value.plain || random.chance(0.3)) return value;
  if (rules.codec.parse(value.text, read) != batch::ValueFault::None) return value;
  const auto moved = shifted(rules, read, random.between(-2, 2), random);
  return moved ? scalar(rules, *moved, random) : value;
}

// The value of another field of the same type, or a little more or less.
Result<Value> Mutator::from_neighbour(const Leaf& leaf, const std::vector<Leaf>& all,
                                      Random& random) const {
  const Leaf& other = random.pick(all);
  batch::Scalar read;
  const bool usable = other.rules->field->type == leaf.rules->field->type && other.value->plain &&
                      other.rules->codec.parse(other.value->text, read) == batch::ValueFault::None;
  if (!usable) return Value{};
  const FieldType type = leaf.rules->field->type;
  if (!is_number(type) && !is_time(type)) return scalar(*leaf.rules, other.value->text, random);
  const int64_t step = random.chance(0.5) ? 1 : 100'000;
  const auto moved = shifted(*leaf.rules, read, random.between(-1, 1) * step, random);
  return moved ? scalar(*leaf.rules, *moved, random) : Value{};
}

Result<Value> Mutator::another(const Leaf& leaf, const std::vector<Leaf>& all,
                               Random& random) const {
  const bool single = !leaf.rules->is_container() && !leaf.rules->field->reference;
  if (single && random.chance(0.3)) return maker_.edge(*leaf.rules, random);
  if (single && random.chance(0.7)) {
    for (int i = 0; i < 8; ++i) {
      const bool literal = random.chance(0.5);
      CW_ASSIGN(Value value,
                literal ? from_literal(*leaf.rules, random) : from_neighbour(leaf, all, random));
      if (is_valid(*leaf.rules, value)) return value;
      if (random.chance(0.3)) break;
    }
  }
  return maker_.any(*leaf.rules, random);
}

Result<void> Mutator::change(Value& record, Random& random) const {
  std::vector<Leaf> all;
  collect(maker_.rules(), record, true, all);
  if (all.empty()) return {};
  const Leaf leaf = random.pick(all);
  CW_ASSIGN(Value value, another(leaf, all, random));
  *leaf.value = std::move(value);
  // A list may have new items now, so leaves are collected anew.
  return random.chance(0.4) ? change(record, random) : Result<void>();
}

}  // namespace clearwell::generate
