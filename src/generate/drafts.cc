#include "generate/drafts.h"

#include <algorithm>

#include "batch/record_sql.h"

namespace clearwell::generate {
namespace {

using Kind = Fault::Kind;

constexpr size_t most_bases = 4000, most_violators = 64;
constexpr int rounds_for_fault = 40, rounds_for_check = 200, rounds_for_valid = 400;
constexpr int key_tries = 50;

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void sort_unique(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

bool is_field_fault(Kind kind) { return kind <= Kind::Reference; }

std::string path_of(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ".") + part;
  return out;
}

// The JSON that names the kind below route[level - 1]: nested objects, the innermost one empty
// where no name is given. Nothing where there is neither.
std::string route_value(const std::vector<std::string>& route, size_t level,
                        const std::string& name) {
  if (level == route.size()) return name.empty() ? "" : json_string(name);
  const std::string inner = route_value(route, level + 1, name);
  std::string out = "{";
  if (!inner.empty()) out.append(json_string(route[level])).append(":").append(inner);
  return out.append("}");
}

}  // namespace

Drafter::Drafter(const config::Pipeline& pipeline, const config::Kind& kind, Evaluator& evaluator,
                 const Pools& pools, const Options& options)
    : pipeline_(pipeline),
      kind_(kind),
      evaluator_(evaluator),
      pools_(pools),
      options_(options),
      random_(Random::named(options.seed, pipeline.name + "/" + kind.name)),
      faults_(list_faults(pipeline, kind)),
      dead_(faults_.size(), false),
      violators_(kind.checks.size()) {
  for (const config::Check& check : kind.checks) {
    if (check.action != config::CheckAction::Stop) continue;
    note(kind.name + ": check." + check.name +
         ": never broken, since it stops the run before the records behind it");
  }
  if (options.record_bytes > 0) {
    faults_.push_back({Kind::Damage, "record.too_large", "", {}, 0});
    dead_.push_back(false);
  }
  has_versions_ = !kind.loads.empty() && kind.loads.front().mode == config::LoadMode::Upsert;
  if (options.ordered || !loads_own_parents(pipeline)) return;
  has_versions_ = false;
  std::erase_if(faults_, [](const Fault& fault) { return fault.kind == Kind::Conflict; });
  dead_.assign(faults_.size(), false);
}

Result<std::unique_ptr<Drafter>> Drafter::make(const config::Pipeline& pipeline,
                                               const config::Kind& kind, Evaluator& evaluator,
                                               const Pools& pools, const Options& options) {
  std::unique_ptr<Drafter> out(new Drafter(pipeline, kind, evaluator, pools, options));
  CW_ASSIGN(out->maker_, Maker::make(kind, options.edges));
  Drafter* self = out.get();
  out->maker_.set_parents([self](const config::Field& field) {
    const Pool& pool = self->pools_.of(field);
    const bool late = self->use_late_ && pool.has_late();
    return pool.draw(late, self->random_);
  });
  for (const config::Check& check : kind.checks)
    out->mutators_.emplace_back(out->maker_, check.sql);
  CW_ASSIGN(out->key_, KeyFields::find(kind, evaluator));
  return out;
}

Drafter::Slot Drafter::plan() {
  Slot slot;
  if (random_.chance(options_.invalid)) {
    // Each in its turn, so that all have equal shares.
    for (size_t i = 0; i < faults_.size() && !slot.fault; ++i) {
      const size_t at = next_fault_++ % faults_.size();
      const bool needs_base = faults_[at].kind == Kind::Conflict;
      if (!dead_[at] && (!needs_base || !bases_.empty())) slot.fault = at;
    }
    if (slot.fault) return slot;
  }
  if (bases_.empty()) return slot;
  if (random_.chance(options_.duplicates)) {
    slot.how = How::Again;
  } else if (has_versions_ && random_.chance(options_.versions)) {
    slot.how = How::Version;
  }
  return slot;
}

Result<void> Drafter::draw(int64_t count) {
  std::vector<Slot> slots;
  for (int64_t i = 0; i < count; ++i) slots.push_back(plan());
  std::vector<size_t> pending;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].how != How::Again) pending.push_back(i);
  }
  while (!pending.empty()) CW_TRY(try_all(slots, pending));
  for (Slot& slot : slots) {
    if (slot.how != How::Again) {
      CW_TRY(finish(slot));
    } else if (!bases_.empty()) {
      add_again(random_.pick(bases_));
    }
  }
  return {};
}

// Builds every pending slot once and keeps those that came out as planned.
Result<void> Drafter::try_all(std::vector<Slot>& slots, std::vector<size_t>& pending) {
  std::vector<Slot*> built;
  for (const size_t i : pending) {
    Slot& slot = slots[i];
    use_late_ = slot.late_parent = !slot.fault && random_.chance(options_.late);
    CW_ASSIGN(const bool made, build(slot));
    if (made) built.push_back(&slot);
  }
  use_late_ = false;
  CW_TRY(judge(built));
  std::vector<size_t> left;
  std::unordered_set<std::string> taken;  // keys of this round
  for (const size_t i : pending) {
    Slot& slot = slots[i];
    const bool was_built = std::find(built.begin(), built.end(), &slot) != built.end();
    const bool own_key = slot.how == How::Version || slot.key.empty() || keys_exhausted_ ||
                         (slot.fault && faults_[*slot.fault].kind == Kind::Conflict) ||
                         taken.insert(slot.key).second;
    const bool absent =
        slot.absent.empty() || (!keys_.contains(slot.absent) && taken.insert(slot.absent).second);
    if (was_built && own_key && absent && is_good(slot)) continue;
    ++slot.round;
    CW_ASSIGN(const bool again, give_up(slot));
    if (again) left.push_back(i);
  }
  for (const std::string& key : taken) keys_.insert(key);
  pending = std::move(left);
  return {};
}

// Is another round worth it? A fault that is never found makes room for a valid record.
Result<bool> Drafter::give_up(Slot& slot) {
  if (slot.how == How::Version && slot.round > rounds_for_fault) {
    slot = Slot{};
    slot.how = How::Again;
    return false;
  }
  if (!slot.fault) {
    if (slot.round < rounds_for_valid) return true;
    std::string checks;
    for (const size_t check : slot.checks) {
      const bool known = check != Evaluator::failed_check;
      checks +=
          (checks.empty() ? "" : ", ") + (known ? kind_.checks[check].name : "an error in SQL");
    }
    return config_error(kind_.name + ": no valid record was found in " +
                        std::to_string(rounds_for_valid) + " tries" +
                        (checks.empty() ? "" : " (last refused by: " + checks + ")") +
                        "; give the fields that it is about values under `examples: [...]`");
  }
  const Fault& fault = faults_[*slot.fault];
  const int rounds = fault.kind == Kind::Check ? rounds_for_check : rounds_for_fault;
  if (slot.round < rounds && !dead_[*slot.fault]) return true;
  dead_[*slot.fault] = true;
  note(kind_.name + ": " + fault.name() + ": no record with exactly this fault was found in " +
       std::to_string(rounds) + " tries");
  slot = Slot{};
  return true;
}

Result<bool> Drafter::build(Slot& slot) {
  slot.place.clear();
  slot.route = kind_.name;
  if (slot.how == How::Version) return build_version(slot, random_.pick(bases_));
  if (!slot.fault) return build_valid(slot);
  const Fault& fault = faults_[*slot.fault];
  if (fault.kind == Kind::Check) return build_check(slot);
  if (fault.kind == Kind::Conflict) return build_version(slot, random_.pick(bases_));
  return build_fault(slot);
}

Result<bool> Drafter::build_valid(Slot& slot) {
  // Later rounds change what the checks have refused, or what they have let through before.
  const bool refused = slot.round > 2 && !slot.checks.empty() && random_.chance(0.7);
  if (refused && slot.checks.front() != Evaluator::failed_check) {
    CW_TRY(mutators_[slot.checks.front()].change(slot.record, random_));
  } else if (slot.round > 8 && !bases_.empty() && !mutators_.empty() && random_.chance(0.5)) {
    slot.record = random_.pick(bases_).record;
    CW_TRY(mutators_[random_.below(mutators_.size())].change(slot.record, random_));
  } else {
    CW_ASSIGN(slot.record, maker_.record(random_));
  }
  return give_fresh_key(slot.record);
}

// The key of a record that is there, with other content.
Result<bool> Drafter::build_version(Slot& slot, const Base& base) {
  slot.record = base.record;
  CW_TRY(key_.redraw_others(slot.record, maker_, random_));
  return true;
}

Result<bool> Drafter::build_fault(Slot& slot) {
  const Fault& fault = faults_[*slot.fault];
  if (!bases_.empty() && slot.round > 2) {
    slot.record = random_.pick(bases_).record;  // keeps the checks, where they are hard to keep
  } else {
    CW_ASSIGN(slot.record, maker_.record(random_));
  }
  CW_ASSIGN(const bool fresh, give_fresh_key(slot.record));
  if (!fresh && !key_.empty() && !keys_exhausted_) return false;
  if (fault.kind == Kind::Route) {
    slot.route = fault.code == "route.missing" ? "" : "no_such_kind";
    slot.place = path_of(pipeline_.route);
    return true;
  }
  if (!is_field_fault(fault.kind)) return true;  // the bytes are damaged when they are there
  CW_ASSIGN(const std::optional<std::string> place,
            break_field(maker_, fault, slot.record, random_));
  if (!place) return false;
  slot.place = *place;
  return true;
}

Result<bool> Drafter::build_check(Slot& slot) {
  const size_t check = faults_[*slot.fault].index;
  std::vector<Value>& known = violators_[check];
  if (!known.empty() && random_.chance(0.7)) {
    slot.record = random_.pick(known);
  } else if (!bases_.empty() && random_.chance(0.6)) {
    slot.record = random_.pick(bases_).record;
    CW_TRY(mutators_[check].change(slot.record, random_));
  } else {
    CW_ASSIGN(slot.record, maker_.record(random_));
    if (random_.chance(0.7)) CW_TRY(mutators_[check].change(slot.record, random_));
  }
  return give_fresh_key(slot.record);
}

// False: no unused key was found; the record has then one that is in use.
Result<bool> Drafter::give_fresh_key(Value& record) {
  if (key_.empty()) return true;
  for (int i = 0; i < key_tries; ++i) {
    const std::string key = key_.text(record);
    if (!key.empty() && !keys_.contains(key)) return true;
    CW_TRY(key_.redraw(record, maker_, random_));
  }
  keys_exhausted_ = true;
  note(kind_.name + ": its key has so few possible values that keys are repeated");
  return true;
}

std::vector<std::string> Drafter::missing(const Value& record, int phase) const {
  std::vector<std::string> out;
  for_each_value(kind_.fields, record, "",
                 [&](const config::Field& field, const Value& value, const std::string& path) {
                   if (!field.reference || !value.plain) return;
                   const Pool::Entry* entry = pools_.of(field).find(*value.plain);
                   if (entry == nullptr || entry->phase > phase) {
                     out.push_back("reference.missing@" + path);
                   }
                 });
  return out;
}

Result<void> Drafter::judge(std::vector<Slot*>& built) {
  const Evaluator::TakenOf taken = [this](const config::Field& field, const std::string& value) {
    return pools_.taken(field, value);
  };
  std::vector<std::string> documents;
  for (Slot* slot : built) {
    if (!pipeline_.route.empty()) set_route(slot->record, slot->route);
    slot->document = evaluator_.document(slot->record, taken);
    slot->broken = broken_fields(kind_, maker_.rules(), slot->record);
    slot->key = key_.text(slot->record);
    slot->absent.clear();
    if (!slot->fault || faults_[*slot->fault].kind != Kind::Reference) {
      documents.push_back(slot->document);
      continue;
    }
    for_each_value(kind_.fields, slot->record, "",
                   [&](const config::Field&, const Value& value, const std::string& path) {
                     if (path == slot->place) slot->absent = value.plain.value_or("");
                   });
    documents.push_back(slot->document);
  }
  CW_ASSIGN(const auto checks, evaluator_.broken_checks(documents));
  for (size_t i = 0; i < built.size(); ++i) {
    built[i]->checks = checks[i];
    for (const std::string& reason : missing(built[i]->record, 2)) {
      built[i]->broken.push_back(reason);
    }
  }
  return {};
}

bool Drafter::is_good(const Slot& slot) const {
  std::vector<size_t> quarantining;
  for (const size_t check : slot.checks) {
    if (check == Evaluator::failed_check) return false;
    const bool stop = kind_.checks[check].action == config::CheckAction::Stop;
    if (stop) return false;
    quarantining.push_back(check);
  }
  const bool untouched = slot.broken.empty();
  if (!slot.fault) return untouched && quarantining.empty();
  const Fault& fault = faults_[*slot.fault];
  switch (fault.kind) {
    case Kind::Check:
      return untouched && quarantining == std::vector<size_t>{fault.index};
    case Kind::Conflict:
    case Kind::Damage:
    case Kind::Route:
      return untouched && quarantining.empty();
    default:
      return contains(slot.broken, fault.code + "@" + slot.place);
  }
}

// Lets the record name its kind as `name` says, or not at all if it is empty.
void Drafter::set_route(Value& record, const std::string& name) {
  Value* object = &record;
  const std::vector<config::Field>* fields = &kind_.fields;
  const std::vector<Rules>* rules = &maker_.rules();
  for (size_t level = 0; level < pipeline_.route.size(); ++level) {
    const std::string& part = pipeline_.route[level];
    const bool last = level + 1 == pipeline_.route.size();
    const auto at = std::find_if(fields->begin(), fields->end(),
                                 [&](const config::Field& field) { return field.name == part; });
    if (at == fields->end()) {
      std::erase_if(object->extras, [&](const auto& member) { return member.first == part; });
      const std::string json = route_value(pipeline_.route, level + 1, name);
      if (!json.empty()) object->extras.emplace_back(part, json);
      return;
    }
    const auto index = static_cast<size_t>(at - fields->begin());
    Value& value = object->children[index];
    if (last) {
      value = name.empty() ? Value{} : scalar((*rules)[index], name, random_);
      return;
    }
    if (value.kind != Value::Kind::Object) return;
    object = &value;
    fields = &at->children;
    rules = &(*rules)[index].children;
  }
}

Result<void> Drafter::finish(Slot& slot) {
  Draft draft;
  Delivery& delivery = draft.delivery;
  delivery.pipeline = &pipeline_;
  delivery.kind = &kind_;
  delivery.how = slot.how;
  delivery.key = slot.key;
  delivery.bytes = render(kind_.fields, slot.record, random_);
  draft.document = slot.document;
  const Fault* fault = slot.fault ? &faults_[*slot.fault] : nullptr;
  if (fault != nullptr) delivery.fault = fault->name();
  if (fault != nullptr && (fault->kind == Kind::Damage || fault->kind == Kind::Route)) {
    std::string member;
    for (size_t i = 0; i < kind_.fields.size() && member.empty(); ++i) {
      const bool routes = !pipeline_.route.empty() && pipeline_.route[0] == kind_.fields[i].name;
      if (slot.record.children[i].kind != Value::Kind::Absent && !routes) {
        member = kind_.fields[i].name;
      }
    }
    if (fault->kind == Kind::Damage) {
      const auto bytes = fault->code == "record.too_large"
                             ? lengthened(delivery.bytes, options_.record_bytes + 1)
                             : damage(fault->code, delivery.bytes, member, random_);
      if (!bytes) return {};
      delivery.bytes = *bytes;
      if (fault->code == "json.duplicate_key") slot.place = member;
      delivery.key.clear();
    }
    draft.document.clear();
    const std::string reason = slot.place.empty() ? fault->code : fault->code + "@" + slot.place;
    draft.reasons = {{{reason}, {reason}}};
    drawn_.push_back(std::move(draft));
    return {};
  }
  for (int phase = 1; phase <= 2; ++phase) {
    std::vector<std::string>& reasons = draft.reasons[static_cast<size_t>(phase - 1)];
    reasons = slot.broken;
    for (const std::string& reason : missing(slot.record, phase)) reasons.push_back(reason);
    for (const size_t check : slot.checks) {
      if (kind_.checks[check].action != config::CheckAction::Quarantine) continue;
      reasons.push_back("check." + kind_.checks[check].name);
    }
    sort_unique(reasons);
  }
  const bool first = slot.how == How::First && fault == nullptr;
  const bool on_time = draft.reasons[0].empty();
  const bool alone = delivery.key.empty() || !keys_exhausted_;
  if (first && on_time && alone && !bases_.empty()) {
    // Among the first few already, so that small runs have some too.
    const auto due = [&](double share) {
      return share > 0 && (firsts_ == 3 || random_.chance(share));
    };
    ++firsts_;
    if (due(late_share_)) {
      delivery.how = How::Late;
      delivery.phase = 2;
    } else if (random_.chance(half_share_)) {
      delivery.how = How::Whole;
      delivery.phase = 2;
    }
  }
  if (first && on_time && delivery.phase == 1) remember(slot, delivery);
  if (fault != nullptr && fault->kind == Kind::Check) {
    std::vector<Value>& known = violators_[fault->index];
    if (known.size() < most_violators) known.push_back(slot.record);
  }
  drawn_.push_back(std::move(draft));
  return {};
}

// A record that may come again, or lend its key or its values.
void Drafter::remember(const Slot& slot, const Delivery& delivery) {
  Base base{slot.record, delivery.bytes, delivery.key, slot.document};
  if (bases_.size() < most_bases) {
    bases_.push_back(std::move(base));
  } else {
    bases_[random_.below(most_bases)] = std::move(base);
  }
}

void Drafter::add_again(const Base& base) {
  Draft draft;
  draft.delivery.pipeline = &pipeline_;
  draft.delivery.kind = &kind_;
  draft.delivery.how = How::Again;
  draft.delivery.key = base.key;
  draft.delivery.bytes = base.bytes;
  draft.document = base.document;
  drawn_.push_back(std::move(draft));
}

}  // namespace clearwell::generate
