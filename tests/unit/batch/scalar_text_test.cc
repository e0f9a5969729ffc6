#include "batch/scalar_text.h"

#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

std::string text_of(const std::string& value) {
  const duckdb::Rows rows = rows_of("SELECT " + value);
  return batch::scalar_text(rows.chunks.at(0).column(0), rows.schema.at(0).type, 0);
}

TEST(ScalarText, OfEveryType) {
  EXPECT_EQ(text_of("'Malmö'"), "Malmö");
  EXPECT_EQ(text_of("''"), "");
  EXPECT_EQ(text_of("'{\"a\": 1}'::JSON"), "{\"a\": 1}");
  EXPECT_EQ(text_of("'\\x00\\xFF'::BLOB"), std::string("\0\xFF", 2));
  EXPECT_EQ(text_of("9223372036854775807::BIGINT"), "9223372036854775807");
  EXPECT_EQ(text_of("(-9223372036854775808)::BIGINT"), "-9223372036854775808");
  EXPECT_EQ(text_of("(-2147483648)::INTEGER"), "-2147483648");
  EXPECT_EQ(text_of("true"), "true");
  EXPECT_EQ(text_of("false"), "false");
  EXPECT_EQ(text_of("0.1::DOUBLE"), "0.1");
  EXPECT_EQ(text_of("'1e300'::DOUBLE"), "1e+300");
  EXPECT_EQ(text_of("DATE '2024-02-29'"), "2024-02-29");
  EXPECT_EQ(text_of("DATE '1969-12-31'"), "1969-12-31");
  EXPECT_EQ(text_of("TIMESTAMP '2024-01-01 12:00:00'"), "2024-01-01T12:00:00Z");
  EXPECT_EQ(text_of("TIMESTAMPTZ '2024-01-01 12:00:00.25+02'"), "2024-01-01T10:00:00.250Z");
  EXPECT_EQ(text_of("TIMESTAMP '1969-12-31 23:59:59.999999'"), "1969-12-31T23:59:59.999999Z");
}

TEST(ScalarText, OfUuids) {
  for (const char* uuid :
       {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "12345678-9abc-def0-1234-56789abcdef0", "80000000-0000-4000-8000-000000000001"}) {
    EXPECT_EQ(text_of(std::string("'") + uuid + "'::UUID"), uuid);
  }
}

TEST(ScalarText, OfDecimalsOfEveryWidth) {
  for (const char* type : {"DECIMAL(4,2)", "DECIMAL(9,2)", "DECIMAL(18,2)", "DECIMAL(38,2)"}) {
    const auto text = [&](const std::string& value) {
      return text_of("CAST(" + value + " AS " + type + ")");
    };
    EXPECT_EQ(text("0"), "0.00") << type;
    EXPECT_EQ(text("7"), "7.00") << type;
    EXPECT_EQ(text("0.05"), "0.05") << type;
    EXPECT_EQ(text("-0.05"), "-0.05") << type;
    EXPECT_EQ(text("-12.5"), "-12.50") << type;
    EXPECT_EQ(text("99.99"), "99.99") << type;
  }
  EXPECT_EQ(text_of("CAST(0.001 AS DECIMAL(3,3))"), "0.001");
  EXPECT_EQ(text_of("CAST(-7 AS DECIMAL(5,0))"), "-7");
  EXPECT_EQ(text_of("CAST('-99999999999999999999999999999999999999' AS DECIMAL(38,0))"),
            "-99999999999999999999999999999999999999");
}

// What is written for a key is read back by a look-up as the same key.
TEST(ScalarText, CastsBackToTheSameValue) {
  for (const char* value :
       {"'a'", "17::BIGINT", "'12345678-9abc-def0-1234-56789abcdef0'::UUID", "DATE '2024-02-29'",
        "TIMESTAMPTZ '2024-01-01 12:00:00.000001+02'", "TIMESTAMP '1900-01-01 00:00:01'",
        "CAST(-1.05 AS DECIMAL(20,2))", "true", "'0.1'::DOUBLE"}) {
    const std::string sql =
        std::string("SELECT (") + value + ") = CAST('" + text_of(value) + "' AS " +
        duckdb::to_sql(rows_of(std::string("SELECT ") + value).schema[0].type) + ")";
    EXPECT_EQ(rows_of(sql).chunks.at(0).column(0).data<uint8_t>()[0], 1) << value;
  }
}

}  // namespace
}  // namespace clearwell::testing
