#include "batch/columns.h"

#include <algorithm>

namespace clearwell::batch {
namespace {

using config::Field;
using config::FieldType;
using duckdb::Type;
using duckdb::TypeId;

Type taken_type(const config::Reference& reference, const config::Reference::Take& take,
                const std::vector<TakenType>& taken) {
  const auto found = std::find_if(taken.begin(), taken.end(), [&](const TakenType& candidate) {
    return candidate.table == reference.table && candidate.column == take.column;
  });
  return found == taken.end() ? duckdb::simple(TypeId::Text) : found->type;
}

// The columns of sibling fields, each followed by what its reference takes.
duckdb::Schema field_columns(const std::vector<Field>& fields,
                             const std::vector<TakenType>& taken) {
  duckdb::Schema schema;
  for (const Field& field : fields) {
    schema.push_back({field.name, column_type(field, taken)});
    if (!field.reference) continue;
    for (const config::Reference::Take& take : field.reference->take) {
      schema.push_back({take.name, taken_type(*field.reference, take, taken)});
    }
  }
  return schema;
}

Type object_type(const std::vector<Field>& fields, const std::vector<TakenType>& taken) {
  std::vector<std::string> names;
  duckdb::TypeList members;
  for (duckdb::ColumnSchema& column : field_columns(fields, taken)) {
    names.push_back(std::move(column.name));
    members.push_back(std::move(column.type));
  }
  return duckdb::struct_of(std::move(names), std::move(members));
}

}  // namespace

Type column_type(const Field& field, const std::vector<TakenType>& taken) {
  switch (field.type) {
    case FieldType::Text:
      return duckdb::simple(TypeId::Text);
    case FieldType::Integer:
      return duckdb::simple(TypeId::Integer);
    case FieldType::Decimal:
      return duckdb::decimal(static_cast<uint8_t>(field.precision),
                             static_cast<uint8_t>(field.scale));
    case FieldType::Double:
      return duckdb::simple(TypeId::Double);
    case FieldType::Boolean:
      return duckdb::simple(TypeId::Boolean);
    case FieldType::Date:
      return duckdb::simple(TypeId::Date);
    case FieldType::Timestamp:
      return duckdb::simple(TypeId::TimestampTz);
    case FieldType::LocalTimestamp:
      return duckdb::simple(TypeId::Timestamp);
    case FieldType::Uuid:
      return duckdb::simple(TypeId::Uuid);
    case FieldType::Json:
      return duckdb::simple(TypeId::Json);
    case FieldType::List:
      return duckdb::list_of(column_type(field.children.front(), taken));
    case FieldType::Object:
      return object_type(field.children, taken);
  }
  return duckdb::simple(TypeId::Text);
}

duckdb::Schema contract_schema(const config::Kind& kind, const std::vector<TakenType>& taken) {
  duckdb::Schema schema = field_columns(kind.fields, taken);
  if (kind.unknown_fields == config::UnknownFields::Keep) {
    schema.push_back({"_extra", duckdb::simple(TypeId::Json)});
  }
  return schema;
}

std::vector<size_t> field_positions(const std::vector<Field>& fields) {
  std::vector<size_t> positions;
  size_t next = 0;
  for (const Field& field : fields) {
    positions.push_back(next);
    next += 1 + (field.reference ? field.reference->take.size() : 0);
  }
  return positions;
}

namespace {

void add_key_columns(const std::vector<Field>& fields, const duckdb::ColumnPath& way,
                     std::vector<duckdb::ColumnPath>& out) {
  const std::vector<size_t> positions = field_positions(fields);
  for (size_t i = 0; i < fields.size(); ++i) {
    duckdb::ColumnPath path = way;
    path.push_back(positions[i]);
    if (fields[i].key) out.push_back(path);
    if (fields[i].type == FieldType::Object) add_key_columns(fields[i].children, path, out);
  }
}

}  // namespace

std::vector<duckdb::ColumnPath> key_columns(const std::vector<Field>& fields) {
  std::vector<duckdb::ColumnPath> out;
  add_key_columns(fields, {}, out);
  return out;
}

std::optional<duckdb::ColumnPath> find_column(const std::vector<Field>& fields,
                                              std::string_view path) {
  const size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  if (found == fields.end()) return std::nullopt;
  const auto index = static_cast<size_t>(found - fields.begin());
  duckdb::ColumnPath out = {field_positions(fields)[index]};
  if (dot == std::string_view::npos) return out;
  if (found->type != FieldType::Object) return std::nullopt;
  const auto inner = find_column(found->children, path.substr(dot + 1));
  if (!inner) return std::nullopt;
  out.insert(out.end(), inner->begin(), inner->end());
  return out;
}

uint32_t field_count(const Field& field) {
  uint32_t count = 1;
  if (field.type != FieldType::Object) return count;
  for (const Field& child : field.children) count += field_count(child);
  return count;
}

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

bool takes(const Field& field, std::string_view name) {
  if (!field.reference) return false;
  const auto& all = field.reference->take;
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& take) { return same_name(take.name, name); });
}

}  // namespace

std::optional<uint32_t> field_number(const std::vector<Field>& fields, std::string_view path) {
  const size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  uint32_t number = 0;
  for (const Field& field : fields) {
    if (takes(field, name)) return number;
    if (same_name(field.name, name)) {
      if (field.type != FieldType::Object || dot == std::string_view::npos) return number;
      const auto inner = field_number(field.children, path.substr(dot + 1));
      return inner ? number + 1 + *inner : number;
    }
    number += field_count(field);
  }
  return std::nullopt;
}

}  // namespace clearwell::batch
