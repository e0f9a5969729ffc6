#include "batch/values.h"

#include <bit>
#include <cstring>

#include "batch/text.h"

namespace clearwell::batch {
namespace {

using config::FieldType;
using duckdb::Hugeint;

constexpr uint64_t top_bit = uint64_t{1} << 63;

// The number that eight hexadecimal digits make, all at once: a byte each, the first one lowest.
// `good` becomes false if one of them is no digit.
uint64_t read_hex(uint64_t digits, bool& good) {
  static_assert(std::endian::native == std::endian::little);
  constexpr uint64_t each = 0x0101010101010101, tops = each * 0x80;
  // Adding to a byte below 0x80 sets its top bit if it is at least so much.
  const auto at_least = [](uint64_t bytes, uint8_t least) {
    return bytes + each * (0x80u - least);
  };
  const uint64_t low = digits | each * 0x20;  // letters in lower case
  const uint64_t number = at_least(digits, '0') & ~at_least(digits, '9' + 1);
  const uint64_t letter = at_least(low, 'a') & ~at_least(low, 'f' + 1);
  good = good && (digits & tops) == 0 && ((number | letter) & tops) == tops;
  uint64_t value = (digits & each * 0x0F) + (digits >> 6 & each) * 9;
  value = (value << 4 | value >> 8) & 0x00FF00FF00FF00FF;
  value = (value << 8 | value >> 16) & 0x0000FFFF0000FFFF;
  return (value << 16 | value >> 32) & 0xFFFFFFFF;
}

bool equals_any_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

bool is_time(FieldType type) {
  return type == FieldType::Date || type == FieldType::Timestamp ||
         type == FieldType::LocalTimestamp;
}

template <typename T>
int compare_values(const T& a, const T& b) {
  return a < b ? -1 : static_cast<int>(b < a);
}

void store_decimal(Int128 value, int precision, duckdb::Column& column, uint64_t row) {
  if (precision <= 4) {
    column.data<int16_t>()[row] = static_cast<int16_t>(value);
  } else if (precision <= 9) {
    column.data<int32_t>()[row] = static_cast<int32_t>(value);
  } else if (precision <= 18) {
    column.data<int64_t>()[row] = static_cast<int64_t>(value);
  } else {
    column.data<Hugeint>()[row] = to_hugeint(value);
  }
}

Int128 load_decimal(const duckdb::Column& column, int precision, uint64_t row) {
  if (precision <= 4) return column.data<int16_t>()[row];
  if (precision <= 9) return column.data<int32_t>()[row];
  if (precision <= 18) return column.data<int64_t>()[row];
  return to_int128(column.data<Hugeint>()[row]);
}

}  // namespace

ValueFault parse_boolean(std::string_view text, bool& out) {
  out = equals_any_case(text, "true");
  return out || equals_any_case(text, "false") ? ValueFault::None : ValueFault::NotBoolean;
}

ValueFault parse_uuid(std::string_view text, Hugeint& out) {
  uint64_t words[4];  // of eight hexadecimal digits
  const char* at = text.data();
  if (text.size() == 36) {
    if (at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-') return ValueFault::NotUuid;
    const int begins[] = {0, 4, 9, 14, 19, 24, 28, 32};
    for (int half = 0; half < 8; ++half) {
      std::memcpy(reinterpret_cast<char*>(words) + half * 4, at + begins[half], 4);
    }
  } else if (text.size() == 32) {
    std::memcpy(words, at, 32);
  } else {
    return ValueFault::NotUuid;
  }
  bool good = true;
  for (uint64_t& word : words) word = read_hex(word, good);
  if (!good) return ValueFault::NotUuid;
  const uint64_t upper = words[0] << 32 | words[1], lower = words[2] << 32 | words[3];
  out = {lower, static_cast<int64_t>(upper ^ top_bit)};
  return ValueFault::None;
}

std::string uuid_text(Hugeint uuid) {
  constexpr char digits[] = "0123456789abcdef";
  const uint64_t words[] = {static_cast<uint64_t>(uuid.upper) ^ top_bit, uuid.lower};
  std::string out;
  out.reserve(36);
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) out += '-';
    out += digits[words[nibble / 16] >> (60 - nibble % 16 * 4) & 0xF];
  }
  return out;
}

Result<ValueCodec> ValueCodec::make(const config::Field& field) {
  ValueCodec codec;
  codec.field_ = &field;
  codec.cleans_ = field.trim || field.lower || field.upper;
  if (field.type == FieldType::Timestamp) {
    CW_ASSIGN(codec.zone_, Zone::find(field.zone));
  }
  if (!field.parse.empty() && !is_time(field.type)) {
    return config_error("formats (parse) are for dates and timestamps only");
  }
  for (const std::string& text : field.parse) {
    CW_ASSIGN(TimeFormat format, TimeFormat::compile(text));
    if (field.type == FieldType::LocalTimestamp && format.has_zone()) {
      return config_error("format \"" + text + "\" has a zone, but the field has zone: none");
    }
    codec.takes_epoch_ = codec.takes_epoch_ || format.is_epoch();
    codec.formats_.push_back(std::move(format));
  }
  return codec;
}

std::string_view ValueCodec::clean(std::string_view text, std::string& buffer) const {
  if (field_->trim) text = trim(text);
  if (!field_->lower && !field_->upper) return text;
  std::string changed(text);
  if (field_->lower) to_lower(changed);
  if (field_->upper) to_upper(changed);
  if (changed == text) return text;
  buffer = std::move(changed);
  return buffer;
}

ValueFault ValueCodec::parse(std::string_view text, Scalar& out) const {
  switch (field_->type) {
    case FieldType::Text:
    case FieldType::Json:
      out.text = text;
      return text.find('\0') == std::string_view::npos ? ValueFault::None : ValueFault::NulByte;
    case FieldType::Integer:
      return parse_integer(text, out.integer);
    case FieldType::Decimal:
      return parse_decimal(text, {field_->precision, field_->scale}, out.wide);
    case FieldType::Double:
      return parse_double(text, out.real);
    case FieldType::Boolean: {
      bool value = false;
      const ValueFault fault = parse_boolean(text, value);
      out.integer = value;
      return fault;
    }
    case FieldType::Uuid: {
      Hugeint uuid{};
      const ValueFault fault = parse_uuid(text, uuid);
      out.wide = to_int128(uuid);
      return fault;
    }
    case FieldType::Date:
    case FieldType::Timestamp:
    case FieldType::LocalTimestamp:
      return parse_time(text, out);
    case FieldType::List:
    case FieldType::Object:
      break;
  }
  CW_ASSERT(false);
  return ValueFault::None;
}

ValueFault ValueCodec::parse_time(std::string_view text, Scalar& out) const {
  Civil civil;
  ValueFault fault = ValueFault::NotInFormat;
  if (formats_.empty()) {
    if (field_->type == FieldType::Date) {
      int32_t days = 0;
      fault = parse_date(text, days);
      out.integer = days;
      return fault;
    }
    fault = parse_iso8601(text, civil);
  }
  for (const TimeFormat& format : formats_) {
    civil = Civil();
    fault = format.parse(text, civil);
    if (fault != ValueFault::NotInFormat) break;
  }
  if (fault != ValueFault::None) return fault;
  if (field_->type == FieldType::Timestamp) return read_instant(civil, zone_, out.integer);
  if (field_->type == FieldType::LocalTimestamp) {
    return civil.zoned ? ValueFault::ZoneGiven : read_clock(civil, out.integer);
  }
  int64_t micros = 0;  // a date is the day as written: its time must exist, its zone is ignored
  fault = read_clock(civil, micros);
  if (fault == ValueFault::None) out.integer = to_days(civil.year, civil.month, civil.day);
  return fault;
}

void ValueCodec::store(const Scalar& value, duckdb::Column& column, uint64_t row, bool copy) const {
  switch (field_->type) {
    case FieldType::Text:
    case FieldType::Json:
      return copy ? column.set_text_copy(row, value.text) : column.set_text(row, value.text);
    case FieldType::Integer:
    case FieldType::Timestamp:
    case FieldType::LocalTimestamp:
      column.data<int64_t>()[row] = value.integer;
      return;
    case FieldType::Date:
      column.data<int32_t>()[row] = static_cast<int32_t>(value.integer);
      return;
    case FieldType::Boolean:
      column.data<uint8_t>()[row] = value.integer != 0;
      return;
    case FieldType::Double:
      column.data<double>()[row] = value.real;
      return;
    case FieldType::Uuid:
      column.data<Hugeint>()[row] = to_hugeint(value.wide);
      return;
    case FieldType::Decimal:
      return store_decimal(value.wide, field_->precision, column, row);
    case FieldType::List:
    case FieldType::Object:
      break;
  }
  CW_ASSERT(false);
}

Scalar ValueCodec::load(const duckdb::Column& column, uint64_t row) const {
  Scalar out;
  switch (field_->type) {
    case FieldType::Text:
    case FieldType::Json:
      out.text = column.text(row);
      break;
    case FieldType::Integer:
    case FieldType::Timestamp:
    case FieldType::LocalTimestamp:
      out.integer = column.data<int64_t>()[row];
      break;
    case FieldType::Date:
      out.integer = column.data<int32_t>()[row];
      break;
    case FieldType::Boolean:
      out.integer = column.data<uint8_t>()[row];
      break;
    case FieldType::Double:
      out.real = column.data<double>()[row];
      break;
    case FieldType::Uuid:
      out.wide = to_int128(column.data<Hugeint>()[row]);
      break;
    case FieldType::Decimal:
      out.wide = load_decimal(column, field_->precision, row);
      break;
    case FieldType::List:
    case FieldType::Object:
      CW_ASSERT(false);
  }
  return out;
}

std::string ValueCodec::to_text(const Scalar& value) const {
  switch (field_->type) {
    case FieldType::Text:
    case FieldType::Json:
      return std::string(value.text);
    case FieldType::Integer:
      return std::to_string(value.integer);
    case FieldType::Timestamp:
      return instant_text(value.integer);
    case FieldType::LocalTimestamp:
      return local_text(value.integer);
    case FieldType::Date:
      return date_text(static_cast<int32_t>(value.integer));
    case FieldType::Boolean:
      return value.integer != 0 ? "true" : "false";
    case FieldType::Double:
      return double_text(value.real);
    case FieldType::Uuid:
      return uuid_text(to_hugeint(value.wide));
    case FieldType::Decimal:
      return decimal_text(value.wide, field_->scale);
    case FieldType::List:
    case FieldType::Object:
      break;
  }
  CW_ASSERT(false);
  return "";
}

int ValueCodec::compare(const Scalar& a, const Scalar& b) const {
  switch (field_->type) {
    case FieldType::Text:
    case FieldType::Json:
      return a.text.compare(b.text);
    case FieldType::Double:
      return compare_values(a.real, b.real);
    case FieldType::Uuid:  // the flipped top bit makes it sort as its text does
    case FieldType::Decimal:
      return compare_values(a.wide, b.wide);
    default:
      return compare_values(a.integer, b.integer);
  }
}

}  // namespace clearwell::batch
