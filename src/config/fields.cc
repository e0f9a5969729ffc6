#include "config/fields.h"

#include <algorithm>
#include <map>

#include "config/field_type.h"
#include "config/grammar.h"
#include "config/mapping.h"
#include "config/phrases.h"

namespace clearwell::config {

namespace {

// Where a field stands.
struct Place {
  std::string path;          // "cart[].quantity"
  bool single_item = false;  // itself the item of a list, not a field of an object
};

class FieldReader {
 public:
  explicit FieldReader(Faults& faults) : faults_(faults) {}

  // The fields of the record (path empty) or of an object at `place`.
  std::vector<Field> read_all(const YamlNode& node, const Place& place) {
    std::vector<Field> fields;
    const std::string owner =
        place.path.empty() ? "the contract" : "'fields' of " + named(place.path);
    if (!node.is_map()) {
      faults_.add(node.mark, "wrong_kind",
                  owner + " must be a mapping of names to fields, not " + shown(node) +
                      "; write 'name: type' lines");
      return fields;
    }
    if (node.members.empty()) {
      faults_.add(node.mark, "empty_contract", owner + " has no fields; name at least one");
    }
    std::map<std::string, std::string> taken;  // lower case → as written
    for (const YamlNode::Member& member : node.members) {
      check_name(member.key, member.mark, place, taken);
      const std::string path = place.path.empty() ? member.key : place.path + "." + member.key;
      std::optional<Field> field = read(member, {path, false});
      if (!field) continue;
      field->name = member.key;
      fields.push_back(std::move(*field));
    }
    check_takes(fields, place, taken);
    return fields;
  }

 private:
  static std::string named(const std::string& path) { return "field " + in_quotes(path); }

  // A field's or a taken column's name: unique among its siblings, and free for SQL and paths.
  void check_name(const std::string& name, const Mark& mark, const Place& place,
                  std::map<std::string, std::string>& taken) {
    const auto [other, is_new] = taken.emplace(lower_case(name), name);
    if (!is_new) {
      faults_.add(mark, "duplicate_name",
                  "the name " + in_quotes(name) + " is taken by " + in_quotes(other->second) +
                      " beside it (upper and lower case count as equal); rename one of them");
    }
    if (name.empty() || name.find_first_of(".[]\"\n") != std::string::npos) {
      faults_.add(mark, "bad_name",
                  "a field cannot be called " + in_quotes(name) +
                      ": a name is not empty and has no dot, bracket, double quote or line end");
    } else if (name[0] == '_' && place.path.empty()) {
      faults_.add(mark, "reserved_name",
                  "the name " + in_quotes(name) +
                      " is reserved: top-level names that begin with _ are Clearwell's own "
                      "columns; rename the field where it is made");
    }
  }

  // Columns that references bring stand beside their field, so they share its names.
  void check_takes(const std::vector<Field>& fields, const Place& place,
                   std::map<std::string, std::string>& taken) {
    for (const Field& field : fields) {
      if (!field.reference) continue;
      for (const Reference::Take& take : field.reference->take) {
        check_name(take.name, take.mark, place, taken);
      }
    }
  }

  std::optional<Field> read(const YamlNode::Member& member, const Place& place) {
    const std::string what = named(place.path);
    if (member.value.is_map()) return read_options(member, member.value, place);
    if (!member.value.is_scalar()) {
      faults_.add(
          member.value.mark, "wrong_kind",
          what + " must be a type or a mapping such as {type: text}, not " + shown(member.value));
      return std::nullopt;
    }
    YamlNode options;  // `name: text` is short for `name: {type: text}`
    options.kind = YamlNode::Kind::Map;
    options.mark = member.value.mark;
    options.members.push_back({"type", member.value.mark, member.value});
    return read_options(member, options, place);
  }

  std::optional<Field> read_options(const YamlNode::Member& member, const YamlNode& node,
                                    const Place& place) {
    const std::string what = named(place.path);
    if (looks_like_object(node)) {
      faults_.add(node.mark, "missing_key",
                  what + " needs the key 'type'; for an object write {type: object, fields: {…}}");
      return std::nullopt;
    }
    const YamlNode fixed = without_cut_decimal(node);  // `options` points into it
    const Mapping options = check_mapping(fixed, what, field_spec().keys, faults_);
    const std::optional<std::string> type_text = options.text("type");
    if (!options.has("type") || options.is_open("type") || type_text->empty()) return std::nullopt;
    const std::optional<TypeText> type =
        read_type(*type_text, options.settings.mark("type"), what, faults_);
    if (!type) return std::nullopt;

    Field field;
    field.mark = member.mark;
    field.type = type->type;
    field.precision = type->precision;
    field.scale = type->scale;
    read_simple(options, field);
    check_options(field.type, options, what, faults_);
    check_ranges(field, options, what, faults_);
    check_presence(options, field, place);
    read_reference(options, field, place);
    read_children(options, field, place);
    return field;
  }

  // No `type`, and nothing that is an option: the fields of an object, written without saying so.
  static bool looks_like_object(const YamlNode& node) {
    if (node.members.empty()) return false;
    for (const YamlNode::Member& member : node.members) {
      for (const Key& key : field_spec().keys) {
        if (key.name == member.key) return false;
      }
    }
    return true;
  }

  // {type: decimal(12,2)} is {type: "decimal(12", "2)": null} to YAML. Once is enough to say so.
  static YamlNode without_cut_decimal(const YamlNode& node) {
    YamlNode fixed = node;
    const YamlNode* type = node.find("type");
    if (type != nullptr && type->text.starts_with("decimal(") && !type->text.ends_with(')')) {
      std::erase_if(fixed.members, [](const YamlNode::Member& m) { return m.key.ends_with(')'); });
    }
    return fixed;
  }

  static void read_simple(const Mapping& options, Field& field) {
    const Settings& settings = options.settings;
    field.key = settings.boolean("key");
    field.required = settings.boolean("required");
    field.nullable = settings.boolean("nullable") || (!field.required && !field.key);
    field.default_value = options.text("default");
    field.min = options.text("min");
    field.max = options.text("max");
    field.min_length = options.integer("min_length");
    field.max_length = options.integer("max_length");
    field.pattern = options.text("pattern");
    field.min_items = options.integer("min_items");
    field.max_items = options.integer("max_items");
    if (options.has("values")) field.values = settings.texts("values");
    if (options.has("examples")) field.examples = settings.texts("examples");
    if (options.has("parse")) field.parse = settings.texts("parse");
    field.zone = settings.text("zone");
    if (field.type == FieldType::Timestamp && field.zone == "none") {
      field.type = FieldType::LocalTimestamp;
      field.zone = "UTC";
    }
    if (!options.has("clean")) return;
    for (const std::string& step : settings.texts("clean")) {
      field.trim |= step == "trim";
      field.lower |= step == "lower";
      field.upper |= step == "upper";
      field.empty_is_null |= step == "empty_is_null";
    }
  }

  void contradiction(const Mark& mark, const std::string& message) {
    faults_.add(mark, "bad_combination", message);
  }

  // key, required, nullable, default and clean, against each other and the place.
  void check_presence(const Mapping& options, const Field& field, const Place& place) {
    const std::string what = named(place.path);
    auto mark = [&](const char* option) { return options.given.at(option); };
    if (field.key && place.path.find('[') != std::string::npos) {
      faults_.add(mark("key"), "option_misfit",
                  "'key' does not go with " + what +
                      ", which is inside a list: a record has one key; remove it");
    }
    if (field.key && options.has("required") && !field.required) {
      contradiction(mark("required"), what + " is a key, so it is always required; remove this");
    }
    if (field.key && options.has("nullable") && field.nullable) {
      contradiction(mark("nullable"), what + " is a key, so it is never null; remove this");
    }
    if (field.key && field.default_value) {
      contradiction(mark("default"), what + " is a key, so it has no default; remove this");
    }
    if (place.single_item && (options.has("required") || field.default_value)) {
      faults_.add(mark(field.default_value ? "default" : "required"), "option_misfit",
                  what + " is an item of a list, so it cannot be absent; remove this");
    }
    const bool not_null = options.has("nullable") && !options.settings.boolean("nullable");
    if (!field.required && !field.key && not_null) {
      contradiction(mark("nullable"),
                    what + " may be absent (required: false), and so null; remove one of them");
    }
    if (field.lower && field.upper) {
      contradiction(mark("clean"), what + " is cleaned by both lower and upper; keep one");
    }
  }

  void read_reference(const Mapping& options, Field& field, const Place& place) {
    const std::string what = named(place.path);
    if (!options.has("references")) {
      for (const char* option : {"if_missing", "take"}) {
        if (!options.has(option)) continue;
        contradiction(options.given.at(option), in_quotes(option) + " of " + what +
                                                    " needs 'references'; add it, or remove this");
      }
      return;
    }
    const std::string text = options.settings.text("references");
    const std::vector<std::string> parts = split(text, '.');
    const bool valid = (parts.size() == 2 || parts.size() == 3) &&
                       std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
                         return part.empty() || part.find_first_of(" \t\r\n\"';") < part.size();
                       });
    Reference reference;
    reference.mark = options.settings.mark("references");
    if (!valid && !options.is_open("references")) {
      faults_.add(
          reference.mark, "bad_reference",
          what + " references " + in_quotes(text) + "; write table.column or schema.table.column");
    }
    reference.column = parts.back();
    reference.table = text.substr(0, text.size() - std::min(text.size(), parts.back().size() + 1));
    if (options.has("if_missing")) read_park(*options.nodes.at("if_missing"), what, reference);
    if (options.has("take")) read_take(*options.nodes.at("take"), place, reference);
    field.reference = std::move(reference);
  }

  void read_park(const YamlNode& node, const std::string& what, Reference& reference) {
    if (node.is_map()) {
      const Mapping park =
          check_mapping(node, "'if_missing' of " + what, park_spec().keys, faults_);
      reference.park = park.settings.duration("park");
    } else if (!node.is_scalar() || (node.text != "quarantine" && !node.open)) {
      faults_.add(
          node.mark, "bad_choice",
          "'if_missing' of " + what + " is " + shown(node) + "; write quarantine or {park: 30s}");
    }
  }

  void read_take(const YamlNode& node, const Place& place, Reference& reference) {
    const std::string what = "'take' of " + named(place.path);
    if (place.single_item) {
      faults_.add(node.mark, "option_misfit",
                  what + " has no place: the items are single values; make them objects");
      return;
    }
    if (!node.is_list() || node.items.empty()) {
      faults_.add(node.mark, "wrong_kind",
                  what + " must be a list of columns, such as [state, {name: user_name}], not " +
                      (node.is_list() ? "an empty list" : shown(node)));
      return;
    }
    for (const YamlNode& item : node.items) {
      const bool pair =
          item.is_map() && item.members.size() == 1 && item.members[0].value.is_scalar();
      if (item.open || (pair && item.members[0].value.open)) continue;
      if (item.is_scalar()) {
        reference.take.push_back({item.text, item.text, item.mark});
      } else if (pair) {
        reference.take.push_back({item.members[0].key, item.members[0].value.text, item.mark});
      } else {
        faults_.add(item.mark, "wrong_kind",
                    what + " lists columns or {column: field name}, not " + shown(item) +
                        (item.is_map() ? " like this" : ""));
      }
    }
  }

  void read_children(const Mapping& options, Field& field, const Place& place) {
    const std::string what = named(place.path);
    const bool list = field.type == FieldType::List, object = field.type == FieldType::Object;
    if (list && options.has("items")) {
      Place item{place.path + "[]", true};
      if (std::optional<Field> child = read_item(*options.nodes.at("items"), item)) {
        child->name = "item";
        field.children.push_back(std::move(*child));
      }
    } else if (object && options.has("fields")) {
      field.children = read_all(*options.nodes.at("fields"), place);
      if (field.nullable && has_key(field.children)) {
        contradiction(options.given.at(options.has("nullable") ? "nullable" : "required"),
                      what + " holds a key, so it is always there and never null; remove this");
      }
    } else if (list || object) {
      faults_.add(options.mark, "missing_key",
                  what + " is " + (list ? "a list" : "an object") + ", so it needs the key " +
                      (list ? "'items': a type, or a mapping of names to fields"
                            : "'fields': a mapping of names to fields"));
    }
  }

  static bool has_key(const std::vector<Field>& fields) {
    return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
      return field.key || (field.type == FieldType::Object && has_key(field.children));
    });
  }

  // The three forms of `items`, see grammar.h.
  std::optional<Field> read_item(const YamlNode& node, const Place& place) {
    YamlNode::Member member{"item", node.mark, node};
    const YamlNode* type = node.find("type");
    const bool is_object = node.is_map() && (type == nullptr || !type->is_scalar());
    if (!is_object) return read(member, place);
    Field field;
    field.mark = node.mark;
    field.type = FieldType::Object;
    field.children = read_all(node, {place.path, false});
    return field;
  }

  Faults& faults_;
};

}  // namespace

std::vector<Field> read_fields(const YamlNode& contract, Faults& faults) {
  return FieldReader(faults).read_all(contract, {});
}

}  // namespace clearwell::config
