#include "validate/cell.h"

#include <cstring>

namespace clearwell::validate {

using duckdb::Column;
using duckdb::Type;
using duckdb::TypeId;

namespace {

size_t width(const Type& type) {
  switch (type.id) {
    case TypeId::Boolean:
      return 1;
    case TypeId::Int32:
    case TypeId::Date:
      return 4;
    case TypeId::Decimal:
      return type.precision <= 4 ? 2 : type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : 16;
    case TypeId::Uuid:
      return 16;
    case TypeId::Text:
    case TypeId::Json:
    case TypeId::Blob:
      return 0;  // kept as text
    default:
      return 8;
  }
}

}  // namespace

Cell read_cell(const Column& column, const Type& type, uint64_t row) {
  Cell cell;
  cell.null = !column.is_valid(row);
  if (cell.null) return cell;
  if (type.id == TypeId::List) {
    const duckdb::ListEntry entry = column.data<duckdb::ListEntry>()[row];
    const Column child = column.child();
    for (uint64_t i = 0; i < entry.length; ++i) {
      cell.parts.push_back(read_cell(child, type.children.front(), entry.offset + i));
    }
  } else if (type.id == TypeId::Struct) {
    for (size_t i = 0; i < type.children.size(); ++i) {
      cell.parts.push_back(read_cell(column.field(i), type.children[i], row));
    }
  } else if (const size_t bytes = width(type); bytes == 0) {
    cell.text = column.text(row);
  } else {
    std::memcpy(cell.fixed.data(), column.data<char>() + row * bytes, bytes);
  }
  return cell;
}

void write_cell(Column column, const Type& type, uint64_t row, const Cell& cell) {
  if (cell.null) return column.set_null(row);
  column.set_valid(row);
  if (type.id == TypeId::List) {
    const uint64_t first = column.list_size();
    column.data<duckdb::ListEntry>()[row] = {first, cell.parts.size()};
    column.resize_list(first + cell.parts.size());
    const Column child = column.child();
    for (size_t i = 0; i < cell.parts.size(); ++i) {
      write_cell(child, type.children.front(), first + i, cell.parts[i]);
    }
  } else if (type.id == TypeId::Struct) {
    for (size_t i = 0; i < cell.parts.size(); ++i) {
      write_cell(column.field(i), type.children[i], row, cell.parts[i]);
    }
  } else if (const size_t bytes = width(type); bytes == 0) {
    column.set_text_copy(row, cell.text);
  } else {
    std::memcpy(column.data<char>() + row * bytes, cell.fixed.data(), bytes);
  }
}

// The bytes by which a key is found in the cache: what lies in the column.
std::string_view key_bytes(const Column& column, const Type& type, size_t row) {
  const size_t bytes = width(type);
  if (bytes == 0) return column.text(row);
  return {column.data<char>() + row * bytes, bytes};
}

bool is_scalar(const Type& type) {
  return type.id != TypeId::List && type.id != TypeId::Struct && type.id != TypeId::Other;
}

}  // namespace clearwell::validate
