// Decodes texts by a contract and shows rows and reasons as texts, for tests of decoders and rules.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "batch/values.h"
#include "decode/decoder.h"
#include "tests/unit/config/field_maker.h"

namespace clearwell::testing {

using config::Field;
using config::FieldType;

inline Field decimal_field(std::string name, int precision, int scale) {
  Field out = field(std::move(name), FieldType::Decimal);
  out.precision = precision;
  out.scale = scale;
  return out;
}

inline Field list_field(std::string name, Field item) {
  Field out = field(std::move(name), FieldType::List);
  item.name = "item";
  out.children.push_back(std::move(item));
  return out;
}

inline Field object_field(std::string name, std::vector<Field> fields) {
  Field out = field(std::move(name), FieldType::Object);
  out.children = std::move(fields);
  return out;
}

inline config::Kind kind_of(std::vector<Field> fields) {
  config::Kind kind;
  kind.name = "test";
  kind.fields = std::move(fields);
  return kind;
}

// The contract of a shop's purchases.
inline config::Kind purchase_kind() {
  Field article = field("article_id", FieldType::Uuid);
  article.reference.emplace();
  article.reference->table = "articles";
  article.reference->column = "article_id";
  article.reference->take = {{"price", "price", {}}, {"currency", "currency", {}}};
  Field quantity = field("quantity", FieldType::Integer);
  quantity.min = "1";
  Field cart = list_field("cart", object_field("item", {article, quantity}));
  cart.min_items = 1;
  Field id = field("id_", FieldType::Uuid);
  id.key = true;
  return kind_of(
      {id, field("timestamp", FieldType::Timestamp), field("user_id", FieldType::Uuid), cart});
}

// One value of a column as text: NULL, {a: 1, b: x}, [1, 2].
inline std::string show(const Field& field, const duckdb::Column& column, uint64_t row) {
  if (!column.is_valid(row)) return "NULL";
  std::string out;
  if (field.type == FieldType::List) {
    const auto entry = column.data<duckdb::ListEntry>()[row];
    for (uint64_t i = 0; i < entry.length; ++i) {
      out += (i > 0 ? ", " : "") + show(field.children[0], column.child(), entry.offset + i);
    }
    return "[" + out + "]";
  }
  if (field.type == FieldType::Object) {
    const auto positions = batch::field_positions(field.children);
    for (size_t i = 0; i < positions.size(); ++i) {
      const Field& child = field.children[i];
      out += (i > 0 ? ", " : "") + child.name + ": " + show(child, column.field(positions[i]), row);
    }
    return "{" + out + "}";
  }
  const auto codec = batch::ValueCodec::make(field);
  return codec->to_text(codec->load(column, row));
}

// A decoded batch.
class Decoded {
 public:
  Decoded(config::Kind kind, const std::vector<std::string>& payloads,
          const std::vector<batch::TakenType>& taken = {}, const decode::CsvFormats& formats = {})
      : kind_(std::move(kind)), reasons_(payloads.size()) {
    std::vector<uint32_t> rows;
    for (const std::string& payload : payloads) {
      batch::Record record;
      record.payload = arena_.add(payload);
      rows.push_back(static_cast<uint32_t>(records_.size()));
      records_.push_back(record);
    }
    decode(rows, taken, formats);
  }

  // "a=1, b=NULL" of a record.
  std::string row(size_t index) const {
    const auto positions = batch::field_positions(kind_.fields);
    const duckdb::Chunk& chunk = columns_.data.chunks[index / duckdb::chunk_rows];
    std::string out;
    for (size_t i = 0; i < positions.size(); ++i) {
      const Field& field = kind_.fields[i];
      out += (i > 0 ? ", " : "") + field.name + "=" +
             show(field, chunk.column(positions[i]), index % duckdb::chunk_rows);
    }
    const int extra = columns_.data.find("_extra");
    if (extra >= 0) {
      out +=
          ", _extra=" + show(testing::field("_extra", FieldType::Json),
                             chunk.column(static_cast<size_t>(extra)), index % duckdb::chunk_rows);
    }
    return out;
  }
  // "code: message" of each reason, one a line.
  std::string why(size_t index = 0) const {
    std::string out;
    for (const batch::Reason& reason : reasons_.of(static_cast<uint32_t>(index))) {
      out += (out.empty() ? "" : "\n") + reason.code + ": " + reason.message;
    }
    return out;
  }
  std::string code(size_t index = 0) const {
    const auto& list = reasons_.of(static_cast<uint32_t>(index));
    return list.empty() ? "" : list.front().code;
  }

  const batch::Columns& columns() const { return columns_; }
  batch::Reasons& reasons() { return reasons_; }
  const config::Kind& kind() const { return kind_; }

 private:
  void decode(const std::vector<uint32_t>& rows, const std::vector<batch::TakenType>& taken,
              const decode::CsvFormats& formats) {
    config::Faults faults;
    decode::check_contract(kind_, faults);
    for (const config::Fault& fault : faults.list()) ADD_FAILURE() << fault.message;
    auto decoder = decode::make_decoder(kind_, batch::contract_schema(kind_, taken), formats);
    decoder->decode(records_, rows, columns_, reasons_);
  }

  config::Kind kind_;
  batch::Arena arena_;
  std::vector<batch::Record> records_;
  batch::Columns columns_;
  batch::Reasons reasons_;
};

}  // namespace clearwell::testing
