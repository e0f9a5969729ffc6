#include "generate/keys.h"

#include <algorithm>

namespace clearwell::generate {
namespace {

using config::Field;
using config::FieldType;

// The way to the field called "payload.id", or an empty one.
std::vector<size_t> way_to(const std::vector<Field>& fields, const std::string& path) {
  const size_t dot = path.find('.');
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name != path.substr(0, dot)) continue;
    if (dot == std::string::npos) return {i};
    if (fields[i].type != FieldType::Object) return {};
    std::vector<size_t> way = way_to(fields[i].children, path.substr(dot + 1));
    if (!way.empty()) way.insert(way.begin(), i);
    return way;
  }
  return {};
}

}  // namespace

void KeyFields::add(const std::vector<Field>& fields, const Way& way, std::vector<Way>& out) {
  for (size_t i = 0; i < fields.size(); ++i) {
    Way here = way;
    here.push_back(i);
    if (fields[i].key) out.push_back(here);
    if (fields[i].type == FieldType::Object) add(fields[i].children, here, out);
  }
}

Result<KeyFields> KeyFields::find(const config::Kind& kind, Evaluator& evaluator) {
  KeyFields out;
  add(kind.fields, {}, out.fields_);
  if (!out.fields_.empty() || kind.loads.empty()) return out;
  for (const std::string& column : kind.loads.front().key) {
    CW_ASSIGN(const std::string path, evaluator.copied(column));
    Way way = way_to(kind.fields, path);
    if (!way.empty()) out.fields_.push_back(std::move(way));
  }
  return out;
}

std::string KeyFields::text(const Value& record) const {
  std::string out;
  for (const Way& way : fields_) {
    const Value* value = &record;
    for (const size_t step : way) {
      if (value->kind != Value::Kind::Object) return "";
      value = &value->children[step];
    }
    if (!value->plain) return "";
    if (&way != &fields_.front()) out += '|';
    out += *value->plain;
  }
  return out;
}

KeyFields::Spot KeyFields::spot(Value& record, const Maker& maker, const Way& way) {
  const std::vector<Rules>* rules = &maker.rules();
  Spot out{nullptr, &record};
  for (const size_t step : way) {
    out = {&(*rules)[step], &out.value->children[step]};
    rules = &out.rules->children;
  }
  return out;
}

Result<void> KeyFields::redraw(Value& record, const Maker& maker, Random& random) const {
  for (const Way& way : fields_) {
    const Spot key = spot(record, maker, way);
    CW_ASSIGN(*key.value, maker.present(*key.rules, random));
  }
  return {};
}

void KeyFields::others(const std::vector<Rules>& rules, Value& object, Way& way,
                       std::vector<Spot>& out) const {
  for (size_t i = 0; i < rules.size(); ++i) {
    way.push_back(i);
    const bool is_key = std::count(fields_.begin(), fields_.end(), way) != 0;
    const bool holds_key = std::any_of(fields_.begin(), fields_.end(), [&](const Way& key) {
      return key.size() > way.size() && std::equal(way.begin(), way.end(), key.begin());
    });
    if (holds_key) {
      others(rules[i].children, object.children[i], way, out);
    } else if (!is_key) {
      out.push_back({&rules[i], &object.children[i]});
    }
    way.pop_back();
  }
}

Result<void> KeyFields::redraw_others(Value& record, const Maker& maker, Random& random) const {
  std::vector<Spot> spots;
  Way way;
  others(maker.rules(), record, way, spots);
  if (spots.empty()) return {};
  const bool all = random.chance(0.5);
  const size_t chosen = random.below(spots.size());
  for (size_t i = 0; i < spots.size(); ++i) {
    if (!all && i != chosen) continue;
    CW_ASSIGN(*spots[i].value, maker.any(*spots[i].rules, random));
  }
  return {};
}

}  // namespace clearwell::generate
