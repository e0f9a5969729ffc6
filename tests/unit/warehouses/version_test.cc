#include "warehouses/version.h"

#include "batch/record.h"
#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

using warehouses::encode_tuple;
using warehouses::encode_version;

std::vector<std::string> encoded(const std::string& sql) {
  const duckdb::Rows rows = rows_of(sql);
  std::vector<std::string> out;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t row = 0; row < chunk.rows(); ++row) {
      out.push_back(encode_version(chunk.column(0), rows.schema[0].type, row));
    }
  }
  return out;
}
std::string encoded_value(const std::string& value) { return encoded("SELECT " + value).at(0); }

// SQL for some values of a type: the ends of its range, its neighbours, and random ones.
struct Values {
  const char* type;
  const char* chosen;  // rows of VALUES
  const char* random;  // an expression of r (0..1) and i
};

class VersionOfType : public ::testing::TestWithParam<Values> {};

TEST_P(VersionOfType, SortsAsTheValuesDo) {
  const auto& [type, chosen, random] = GetParam();
  const std::string values = std::string("SELECT CAST(v AS ") + type + ") AS v FROM (VALUES " +
                             chosen + ", (NULL)) t(v) UNION SELECT CAST(" + random + " AS " + type +
                             ") FROM (SELECT i, hash(i) / 18446744073709551615.0 AS r FROM "
                             "range(3000) t(i))";
  const auto sorted = encoded("SELECT DISTINCT v FROM (" + values + ") ORDER BY v NULLS FIRST");
  ASSERT_GT(sorted.size(), 1u);
  for (size_t i = 1; i < sorted.size(); ++i) {
    ASSERT_LT(sorted[i - 1], sorted[i]) << i;
    // No encoding is the beginning of another, so that what follows it does not matter.
    ASSERT_FALSE(sorted[i].starts_with(sorted[i - 1])) << i;
    ASSERT_LT(encode_tuple(sorted[i - 1], "\xFF\xFF", {~0u, ~0u}),
              encode_tuple(sorted[i], std::string_view("\0", 1), {0, 0}));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, VersionOfType,
    ::testing::Values(
        Values{"BOOLEAN", "(true), (false)", "i % 2 = 0"},
        Values{"INTEGER", "(-2147483648), (-1), (0), (1), (2147483647)", "(r - 0.5) * 4e9"},
        Values{"BIGINT", "(-9223372036854775808), (-1), (0), (1), (9223372036854775807)",
               "(r - 0.5) * 1e19 / 2"},
        Values{"DOUBLE",
               "('-inf'), ('-1e308'), ('-1'), ('-1e-320'), ('0'), ('1e-320'), ('1'), ('1e308'), "
               "('inf'), ('nan')",
               "(r - 0.5) * pow(10, i % 40 - 20)"},
        Values{"DECIMAL(4,2)", "('-99.99'), ('-0.01'), ('0'), ('0.01'), ('99.99')", "r * 100 - 50"},
        Values{"DECIMAL(9,2)", "('-9999999.99'), ('-0.01'), ('0'), ('9999999.99')",
               "r * 1e7 - 5e6"},
        Values{"DECIMAL(18,0)", "('-999999999999999999'), ('-1'), ('0'), ('999999999999999999')",
               "r * 1e17 - 5e16"},
        Values{"DECIMAL(38,0)",
               "('-99999999999999999999999999999999999999'), ('-18446744073709551616'), ('-1'), "
               "('0'), ('18446744073709551615'), ('18446744073709551616'), "
               "('99999999999999999999999999999999999999')",
               "(r - 0.5) * pow(10, i % 36)"},
        Values{"DATE", "('1900-01-01'), ('1969-12-31'), ('1970-01-01'), ('2999-12-31')",
               "DATE '2000-01-01' + ((r - 0.5) * 40000)::INTEGER"},
        Values{"TIMESTAMP", "('1900-01-01'), ('1969-12-31 23:59:59.999999'), ('1970-01-01')",
               "make_timestamp(((r - 0.5) * 4e15)::BIGINT)"},
        Values{"TIMESTAMPTZ", "('1969-12-31 23:59:59.999999+00'), ('1970-01-01 00:00:00+02')",
               "make_timestamp(((r - 0.5) * 4e15)::BIGINT)"},
        Values{
            "UUID",
            "('00000000-0000-0000-0000-000000000000'), ('7fffffff-ffff-ffff-ffff-ffffffffffff'), "
            "('80000000-0000-0000-0000-000000000000'), ('ffffffff-ffff-ffff-ffff-ffffffffffff')",
            "md5(i::VARCHAR)"},
        Values{"VARCHAR",
               "(''), ('a'), ('aa'), ('ab'), ('b'), ('a' || chr(0)), ('a' || chr(0) || 'a'), "
               "(chr(0)), (chr(0) || chr(0)), (chr(1)), ('ö'), ('😀')",
               "md5(i::VARCHAR)[:1 + i % 20]"},
        Values{"BLOB", "(''), ('\\x00'), ('\\x00\\x00'), ('\\x00\\xFF'), ('\\xFF'), ('a\\x00b')",
               "unhex(md5(i::VARCHAR)[:2 + 2 * (i % 12)])"}));

TEST(Version, EqualValuesAreEncodedAlike) {
  EXPECT_EQ(encoded_value("'-0.0'::DOUBLE"), encoded_value("0::DOUBLE"));
  EXPECT_EQ(encoded_value("-('nan'::DOUBLE)"), encoded_value("'nan'::DOUBLE"));
  EXPECT_EQ(encoded_value("TIMESTAMPTZ '2024-01-01 02:00:00+02'"),
            encoded_value("TIMESTAMPTZ '2024-01-01 00:00:00+00'"));
}

// Stored in warehouses: a change makes every stored version incomparable.
TEST(Version, NeverChanges) {
  using namespace std::string_literals;
  EXPECT_EQ(encoded_value("NULL::BIGINT"), "\0"s);
  EXPECT_EQ(encoded_value("true"), "\1\1"s);
  EXPECT_EQ(encoded_value("1::BIGINT"), "\1\x80\0\0\0\0\0\0\1"s);
  EXPECT_EQ(encoded_value("(-1)::INTEGER"), "\1\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
  EXPECT_EQ(encoded_value("1::DOUBLE"), "\1\xBF\xF0\0\0\0\0\0\0"s);
  EXPECT_EQ(encoded_value("0.01::DECIMAL(4,2)"), "\1\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"s);
  EXPECT_EQ(encoded_value("DATE '1970-01-02'"), "\1\x80\0\0\0\0\0\0\1"s);
  EXPECT_EQ(encoded_value("'80000000-0000-0000-0000-000000000001'::UUID"),
            "\1\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"s);
  EXPECT_EQ(encoded_value("'a' || chr(0) || 'b'"), "\1a\0\xFF"s + "b\0\0"s);
  EXPECT_EQ(encode_tuple("\1v", "order", {0x0102030405060708, 0x1112131415161718}),
            "\1vorder\x11\x12\x13\x14\x15\x16\x17\x18\1\2\3\4\5\6\7\x08"s);
}

TEST(Version, ATupleKeepsItsContent) {
  const batch::RowHash content{0xFEDCBA9876543210, 0x0123456789ABCDEF};
  EXPECT_EQ(warehouses::content_of(encode_tuple("", "", content)), content);
  EXPECT_EQ(warehouses::content_of(encode_tuple("\1xyz", "order", content)), content);
}

TEST(Version, TuplesSortByVersionThenOrderThenContent) {
  const std::string v1 = encoded_value("1::BIGINT"), v2 = encoded_value("2::BIGINT");
  const std::string early = batch::encode_order({5, 1, "a"}),
                    late = batch::encode_order({6, 0, ""});
  EXPECT_LT(encode_tuple(v1, late, {9, 9}), encode_tuple(v2, early, {0, 0}));
  EXPECT_LT(encode_tuple(v1, early, {9, 9}), encode_tuple(v1, late, {0, 0}));
  EXPECT_LT(encode_tuple(v1, early, {9, 1}), encode_tuple(v1, early, {0, 2}));
  EXPECT_LT(encode_tuple(v1, early, {1, 1}), encode_tuple(v1, early, {2, 1}));
}

TEST(Version, OnlyTypesWithAnOrderCanBeVersions) {
  const auto can = [](const std::string& value) {
    return warehouses::can_order(rows_of("SELECT " + value).schema[0].type);
  };
  for (const char* value : {"1", "1::BIGINT", "1.5", "1::DOUBLE", "'a'", "DATE '2024-01-01'",
                            "TIMESTAMP '2024-01-01'", "uuid()", "true", "''::BLOB"}) {
    EXPECT_TRUE(can(value)) << value;
  }
  for (const char* value : {"[1]", "{'a': 1}", "'{}'::JSON", "INTERVAL 1 DAY"}) {
    EXPECT_FALSE(can(value)) << value;
  }
}

}  // namespace
}  // namespace clearwell::testing
