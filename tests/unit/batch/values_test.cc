#include "batch/values.h"

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

using config::Field;
using config::FieldType;

Field field(FieldType type) {
  Field out;
  out.type = type;
  return out;
}

// The value as text, or what is wrong with it.
std::string read(const Field& field, std::string_view text) {
  const auto codec = ValueCodec::make(field);
  if (!codec.ok()) return codec.error().message;
  Scalar value;
  const ValueFault fault = codec->parse(text, value);
  return fault == ValueFault::None ? codec->to_text(value)
                                   : std::string(code_of(fault)) + " " + explain(fault, field);
}

TEST(Values, UuidsInEveryCase) {
  const Field uuid = field(FieldType::Uuid);
  EXPECT_EQ(read(uuid, "123E4567-e89b-12d3-A456-426614174000"),
            "123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(read(uuid, "123e4567e89b12d3a456426614174000"), "123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(read(uuid, "ffffffff-ffff-ffff-ffff-ffffffffffff"),
            "ffffffff-ffff-ffff-ffff-ffffffffffff");
  for (const char* text :
       {"", "123e4567-e89b-12d3-a456-42661417400", "{123e4567e89b12d3a4564266}",
        "123e4567-e89b-12d3-a456-42661417400g", "123e4567-e89b-12d3-a4564-26614174000",
        "123e4567e-89b-12d3-a456-426614174000"}) {
    EXPECT_EQ(read(uuid, text),
              "field.format must be a UUID like 123e4567-e89b-12d3-a456-426614174000")
        << text;
  }
}

// Each byte in each place.
TEST(Values, UuidsOfNothingButDigits) {
  const std::string good = "0189abcd-EF01-2345-6789-fedcba987654";
  for (size_t place = 0; place < good.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[place] = static_cast<char>(byte);
      const bool dash = good[place] == '-';
      const bool fits = dash ? byte == '-' : byte < 128 && std::isxdigit(byte) != 0;
      duckdb::Hugeint uuid;
      ASSERT_EQ(batch::parse_uuid(text, uuid) == batch::ValueFault::None, fits) << place << text;
      if (!fits) continue;
      std::string lower = text;
      for (char& c : lower) c = static_cast<char>(std::tolower(c));
      ASSERT_EQ(batch::uuid_text(uuid), lower);
    }
  }
}

TEST(Values, UuidsSortAsTheirTexts) {
  duckdb::Hugeint small{}, large{};
  ASSERT_EQ(parse_uuid("00000000-0000-0000-0000-000000000001", small), ValueFault::None);
  ASSERT_EQ(parse_uuid("80000000-0000-0000-0000-000000000000", large), ValueFault::None);
  EXPECT_EQ(small.upper, INT64_MIN);
  EXPECT_EQ(large.upper, 0);
  EXPECT_TRUE(to_int128(small) < to_int128(large));
}

TEST(Values, Booleans) {
  const Field boolean = field(FieldType::Boolean);
  EXPECT_EQ(read(boolean, "true"), "true");
  EXPECT_EQ(read(boolean, "FALSE"), "false");
  EXPECT_EQ(read(boolean, "1"), "field.format must be true or false");
  EXPECT_EQ(read(boolean, "tru"), "field.format must be true or false");
}

TEST(Values, NumbersSayWhatIsWrong) {
  Field decimal = field(FieldType::Decimal);
  decimal.precision = 3;
  decimal.scale = 2;
  EXPECT_EQ(read(decimal, "7.0"), "7.00");
  EXPECT_EQ(read(decimal, "7.005"), "field.format must not have more decimals than 2");
  EXPECT_EQ(read(decimal, "10"), "field.range decimal(3,2) holds at most 1 digit before the point");
  EXPECT_EQ(read(field(FieldType::Integer), "9223372036854775808"),
            "field.range must fit into 64 bits (±9223372036854775807)");
  EXPECT_EQ(read(field(FieldType::Double), "1e400"),
            "field.range must be between ±1.7976931348623157e308");
}

TEST(Values, LocalTimestampsHaveNoZone) {
  const Field local = field(FieldType::LocalTimestamp);
  EXPECT_EQ(read(local, "2019-03-31T02:30:00"), "2019-03-31T02:30:00");
  EXPECT_EQ(read(local, "2019-03-31T02:30:00Z"), "field.format must not have a zone");
  EXPECT_EQ(read(local, "2019-03-31T02:30:60"),
            "field.format a leap second (:60) cannot be stored");
  Field zoned = local;
  zoned.parse = {"%F %T %z"};
  EXPECT_EQ(read(zoned, ""), "format \"%F %T %z\" has a zone, but the field has zone: none");
}

TEST(Values, FormatsAreTriedInOrder) {
  Field date = field(FieldType::Date);
  date.parse = {"%d.%m.%Y", "%Y-%m-%d %H:%M:%S %z"};
  EXPECT_EQ(read(date, "5.8.2019"), "2019-08-05");
  EXPECT_EQ(read(date, "2019-08-05 23:00:00 -0500"), "2019-08-05");  // the day as written
  EXPECT_EQ(read(date, "2019-08-05"),
            "field.format must have the format \"%d.%m.%Y\" or \"%Y-%m-%d %H:%M:%S %z\"");
  EXPECT_EQ(read(date, "31.4.2019"), "field.format there is no such day in the calendar");
  Field text = field(FieldType::Text);
  text.parse = {"%Y"};
  EXPECT_EQ(read(text, ""), "formats (parse) are for dates and timestamps only");
}

TEST(Values, TextsMustNotHaveNul) {
  EXPECT_EQ(read(field(FieldType::Text), "ab"), "ab");
  EXPECT_EQ(read(field(FieldType::Text), std::string_view("a\0b", 3)),
            "field.format must not contain the character U+0000");
}

TEST(Values, CleansInOrder) {
  Field text = field(FieldType::Text);
  text.trim = text.lower = true;
  const auto codec = ValueCodec::make(text);
  std::string buffer;
  EXPECT_EQ(codec->clean("  Ab ", buffer), "ab");
  const std::string_view same = "  ab";
  EXPECT_EQ(codec->clean(same, buffer).data(), same.data() + 2);
}

TEST(Values, ColumnsHoldEveryWidth) {
  for (const int precision : {4, 9, 18, 38}) {
    Field decimal = field(FieldType::Decimal);
    decimal.precision = precision;
    decimal.scale = 2;
    const auto codec = ValueCodec::make(decimal);
    duckdb::Chunk chunk({{"d", duckdb::decimal(static_cast<uint8_t>(precision), 2)}});
    duckdb::Column column = chunk.column(0);
    Scalar value;
    ASSERT_EQ(codec->parse("-12.34", value), ValueFault::None);
    codec->store(value, column, 5, false);
    EXPECT_EQ(codec->to_text(codec->load(column, 5)), "-12.34");
  }
}

}  // namespace
}  // namespace clearwell::batch
