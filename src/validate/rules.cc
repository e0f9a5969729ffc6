#include "validate/rules.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include <re2/re2.h>

#include "base/result.h"
#include "batch/text.h"
#include "batch/values.h"

namespace clearwell::validate {
namespace {

using batch::Int128;
using batch::Scalar;
using config::Field;
using config::FieldType;
using duckdb::Column;

// The rules of one field, compiled.
struct Node {
  const Field* field = nullptr;
  size_t position = 0;      // among its siblings' columns
  batch::ValueCodec codec;  // not for List and Object
  std::optional<Scalar> min, max;
  std::vector<Scalar> values;                  // sorted, if the field is no text
  std::unordered_set<std::string_view> texts;  // values, if it is
  std::unique_ptr<re2::RE2> pattern;
  std::vector<Node> children;
  bool has_rules = false;  // itself
  bool has_any = false;    // itself or below
};

Scalar parse(const batch::ValueCodec& codec, const std::string& text) {
  Scalar scalar;
  const auto fault = codec.parse(text, scalar);
  CW_ASSERT(fault == batch::ValueFault::None);  // check_contract
  return scalar;
}

void compile_values(Node& node) {
  for (const std::string& text : node.field->values) {
    if (node.field->type == FieldType::Text) {
      node.texts.insert(text);
    } else {
      node.values.push_back(parse(node.codec, text));
    }
  }
  std::sort(node.values.begin(), node.values.end(),
            [&](const Scalar& a, const Scalar& b) { return node.codec.compare(a, b) < 0; });
}

std::vector<Node> compile(const std::vector<Field>& fields);

Node compile(const Field& field) {
  Node node;
  node.field = &field;
  if (field.type == FieldType::List || field.type == FieldType::Object) {
    node.children = compile(field.children);
    node.has_rules = field.type == FieldType::List && (field.min_items || field.max_items);
  } else {
    auto codec = batch::ValueCodec::make(field);
    CW_ASSERT(codec.ok());  // check_contract
    node.codec = std::move(*codec);
    compile_values(node);
    if (field.min) node.min = parse(node.codec, *field.min);
    if (field.max) node.max = parse(node.codec, *field.max);
    if (field.pattern) node.pattern = std::make_unique<re2::RE2>(*field.pattern, re2::RE2::Quiet);
    node.has_rules = field.min || field.max || field.min_length || field.max_length ||
                     field.pattern || !field.values.empty();
  }
  node.has_any = node.has_rules || std::any_of(node.children.begin(), node.children.end(),
                                               [](const Node& child) { return child.has_any; });
  return node;
}

std::vector<Node> compile(const std::vector<Field>& fields) {
  const std::vector<size_t> positions = batch::field_positions(fields);
  std::vector<Node> nodes;
  for (size_t i = 0; i < fields.size(); ++i) {
    nodes.push_back(compile(fields[i]));
    nodes.back().position = positions[i];
  }
  return nodes;
}

// Where the values of a column stand in their records; built on the way down.
struct Place {
  const Place* parent;  // none: the rows of the chunk
  const Node* node;
  Column list;         // if the parent is a List: its column, whose entries lead back up …
  uint64_t list_rows;  // … and how many rows that has; 0: same rows as the parent
};

// The row of a list that an element belongs to. REQUIRES: entries in the order of their elements,
// as decoders make them.
uint64_t owner_of(const Place& place, uint64_t element) {
  const auto* entries = place.list.data<duckdb::ListEntry>();
  const auto* after = std::upper_bound(
      entries, entries + place.list_rows, element,
      [](uint64_t value, const duckdb::ListEntry& entry) { return value < entry.offset; });
  while (after != entries) {
    --after;
    if (element - after->offset < after->length) break;
  }
  CW_ASSERT(element - after->offset < after->length);
  return static_cast<uint64_t>(after - entries);
}

// Path of a value; `row` becomes the row of the chunk that it is in.
std::string locate(const Place& place, uint64_t& row) {
  if (place.list_rows > 0) {
    const uint64_t element = row;
    row = owner_of(place, element);
    const uint64_t index = element - place.list.data<duckdb::ListEntry>()[row].offset;
    return locate(*place.parent, row) + "[" + std::to_string(index) + "]";
  }
  if (place.parent == nullptr) return place.node->field->name;
  return locate(*place.parent, row) + "." + place.node->field->name;
}

std::string listed(const std::vector<std::string>& values) {
  constexpr size_t shown = 10;
  std::string out;
  for (size_t i = 0; i < values.size() && i < shown; ++i) {
    if (i > 0) out += ", ";
    out += values[i];
  }
  return values.size() > shown ? out + ", …" : out;
}

std::string quoted_if_text(FieldType type, const std::string& value) {
  return type == FieldType::Text ? "\"" + value + "\"" : value;
}

// Judges the columns of one chunk.
class Judge {
 public:
  Judge(const batch::Columns& columns, size_t first_row, batch::Reasons& reasons)
      : columns_(columns), first_row_(first_row), reasons_(reasons) {}

  void column(const Place& place, const Column& values, uint64_t count) {
    const Node& node = *place.node;
    if (!node.has_any || count == 0) return;
    switch (node.field->type) {
      case FieldType::List:
        return list(place, values, count);
      case FieldType::Object:
        for (const Node& child : node.children) {
          column({&place, &child, {}, 0}, values.field(child.position), count);
        }
        return;
      case FieldType::Text:
      case FieldType::Json:
        return texts(place, values, count);
      default:
        break;
    }
    if (node.min || node.max) ranges(place, values, count);
    if (!node.values.empty()) allowed(place, values, count);
  }

 private:
  void fail(const Place& place, uint64_t row, const char* code, const std::string& value,
            const std::string& clause) {
    std::string path = locate(place, row);
    const uint32_t record = columns_.rows[first_row_ + row];
    reasons_.add(record, {code, path, batch::printable(value), path + " " + clause});
  }

  void list(const Place& place, const Column& values, uint64_t count) {
    const Field& field = *place.node->field;
    const auto* entries = values.data<duckdb::ListEntry>();
    const auto least = static_cast<uint64_t>(field.min_items.value_or(0));
    const auto most = static_cast<uint64_t>(field.max_items.value_or(INT64_MAX));
    for (uint64_t row = 0; place.node->has_rules && row < count; ++row) {
      const uint64_t length = entries[row].length;
      if ((length >= least && length <= most) || !values.is_valid(row)) continue;
      const bool few = length < least;
      const std::string size = std::to_string(length);
      fail(place, row, few ? "field.min_items" : "field.max_items", size,
           "has " + size + (length == 1 ? " item" : " items") + ", but must have at " +
               (few ? "least " + std::to_string(least) : "most " + std::to_string(most)));
    }
    const Place item{&place, &place.node->children.front(), values, count};
    column(item, values.child(), values.list_size());
  }

  // Calls judge(row, text) for every text.
  template <typename Judgement>
  static void each_text(const Column& values, uint64_t count, Judgement&& judge) {
    for (uint64_t row = 0; row < count; ++row) {
      if (values.is_valid(row)) judge(row, values.text(row));
    }
  }

  void texts(const Place& place, const Column& values, uint64_t count) {
    const Node& node = *place.node;
    if (node.field->min_length || node.field->max_length) lengths(place, values, count);
    if (!node.texts.empty()) {
      each_text(values, count, [&](uint64_t row, std::string_view text) {
        if (!node.texts.contains(text)) not_allowed(place, row, std::string(text));
      });
    }
    if (node.pattern) {
      each_text(values, count, [&](uint64_t row, std::string_view text) {
        const re2::StringPiece piece(text.data(), text.size());
        if (node.pattern->Match(piece, 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0)) return;
        fail(place, row, "field.pattern", std::string(text),
             "is \"" + batch::printable(text) + "\", but must match " + *node.field->pattern);
      });
    }
  }

  void lengths(const Place& place, const Column& values, uint64_t count) {
    const int64_t least = place.node->field->min_length.value_or(0);
    const int64_t most = place.node->field->max_length.value_or(INT64_MAX);
    each_text(values, count, [&](uint64_t row, std::string_view text) {
      // A code point has 1 to 4 bytes: mostly the number of bytes decides.
      const auto bytes = static_cast<int64_t>(text.size());
      if (bytes <= most && (bytes + 3) / 4 >= least) return;
      const int64_t points = batch::code_points(text);
      if (points >= least && points <= most) return;
      const bool few = points < least;
      fail(place, row, few ? "field.min_length" : "field.max_length", std::string(text),
           "has " + std::to_string(points) + (points == 1 ? " character" : " characters") +
               ", but must have at " +
               (few ? "least " + std::to_string(least) : "most " + std::to_string(most)));
    });
  }

  void ranges(const Place& place, const Column& values, uint64_t count) {
    switch (place.node->field->type) {
      case FieldType::Integer:
      case FieldType::Timestamp:
      case FieldType::LocalTimestamp:
        return range<int64_t>(place, values, count);
      case FieldType::Date:
        return range<int32_t>(place, values, count);
      case FieldType::Double:
        return range<double>(place, values, count);
      case FieldType::Decimal:
        break;
      default:
        return;
    }
    const int precision = place.node->field->precision;
    if (precision <= 4) return range<int16_t>(place, values, count);
    if (precision <= 9) return range<int32_t>(place, values, count);
    if (precision <= 18) return range<int64_t>(place, values, count);
    range_wide(place, values, count);
  }

  template <typename T>
  static T physical(const Scalar& scalar, FieldType type) {
    if constexpr (std::is_same_v<T, double>) return scalar.real;
    return type == FieldType::Decimal ? static_cast<T>(scalar.wide)
                                      : static_cast<T>(scalar.integer);
  }

  // Blocks of 64 values without a branch; only a block with a stray value is looked at one by one.
  // NULL slots hold anything, so they may send us there but never further.
  template <typename T>
  void range(const Place& place, const Column& values, uint64_t count) {
    const Node& node = *place.node;
    const FieldType type = node.field->type;
    const T least = node.min ? physical<T>(*node.min, type) : std::numeric_limits<T>::lowest();
    const T most = node.max ? physical<T>(*node.max, type) : std::numeric_limits<T>::max();
    const T* data = values.data<T>();
    for (uint64_t begin = 0; begin < count; begin += 64) {
      const uint64_t end = std::min(begin + 64, count);
      bool inside = true;
      for (uint64_t row = begin; row < end; ++row)
        inside &= (data[row] >= least) & (data[row] <= most);
      if (inside) continue;
      for (uint64_t row = begin; row < end; ++row) {
        if ((data[row] < least || data[row] > most) && values.is_valid(row)) {
          out_of_range(place, values, row, data[row] < least);
        }
      }
    }
  }

  void range_wide(const Place& place, const Column& values, uint64_t count) {
    const Node& node = *place.node;
    for (uint64_t row = 0; row < count; ++row) {
      if (!values.is_valid(row)) continue;
      const Int128 number = batch::to_int128(values.data<duckdb::Hugeint>()[row]);
      const bool below = node.min && number < node.min->wide;
      if (below || (node.max && number > node.max->wide)) {
        out_of_range(place, values, row, below);
      }
    }
  }

  void out_of_range(const Place& place, const Column& values, uint64_t row, bool below) {
    const Node& node = *place.node;
    const std::string value = node.codec.to_text(node.codec.load(values, row));
    fail(place, row, below ? "field.min" : "field.max", value,
         "is " + value + ", but must be at " +
             (below ? "least " + *node.field->min : "most " + *node.field->max));
  }

  void allowed(const Place& place, const Column& values, uint64_t count) {
    const Node& node = *place.node;
    const auto before = [&](const Scalar& a, const Scalar& b) {
      return node.codec.compare(a, b) < 0;
    };
    for (uint64_t row = 0; row < count; ++row) {
      if (!values.is_valid(row)) continue;
      const Scalar value = node.codec.load(values, row);
      if (std::binary_search(node.values.begin(), node.values.end(), value, before)) continue;
      not_allowed(place, row, node.codec.to_text(value));
    }
  }

  void not_allowed(const Place& place, uint64_t row, const std::string& value) {
    const Field& field = *place.node->field;
    fail(place, row, "field.value", value,
         "is " + quoted_if_text(field.type, batch::printable(value)) +
             ", but must be one of: " + listed(field.values));
  }

  const batch::Columns& columns_;
  const size_t first_row_;
  batch::Reasons& reasons_;
};

}  // namespace

struct Rules::State {
  config::Kind kind;  // the nodes point into it
  std::vector<Node> nodes;
};

Rules::Rules(const config::Kind& kind) : state_(std::make_unique<State>()) {
  state_->kind = kind;
  state_->nodes = compile(state_->kind.fields);
}

Rules::~Rules() = default;

void Rules::apply(const batch::Columns& columns, batch::Reasons& reasons) const {
  size_t first_row = 0;
  for (const duckdb::Chunk& chunk : columns.data.chunks) {
    Judge judge(columns, first_row, reasons);
    for (const Node& node : state_->nodes) {
      judge.column({nullptr, &node, {}, 0}, chunk.column(node.position), chunk.rows());
    }
    first_row += chunk.rows();
  }
}

}  // namespace clearwell::validate
