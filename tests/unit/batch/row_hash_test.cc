#include "batch/row_hash.h"

#include <numeric>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

using batch::RowHash;

std::vector<RowHash> hashes_of(const duckdb::Rows& rows) {
  std::vector<size_t> columns(rows.schema.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  return batch::hash_rows(rows, columns);
}

std::vector<RowHash> hashes_of(const std::string& sql) { return hashes_of(rows_of(sql)); }

// Of a SELECT of one row.
RowHash hash_of(const std::string& values) {
  const auto hashes = hashes_of("SELECT " + values);
  EXPECT_EQ(hashes.size(), 1u);
  return hashes.at(0);
}

std::string hex(RowHash hash) { return fmt::format("{:016x}{:016x}", hash.high, hash.low); }

// Values of one type, all of them different.
struct TypeCase {
  const char* type;
  std::vector<const char*> values;
};

class RowHashOfType : public ::testing::TestWithParam<TypeCase> {};

TEST_P(RowHashOfType, DiffersWithTheValueAndOnlyWithIt) {
  const auto& [type, values] = GetParam();
  std::set<std::string> seen;
  for (const char* value : values) {
    const std::string cast = std::string("CAST(") + value + " AS " + type + ")";
    const std::string hash = hex(hash_of(cast));
    EXPECT_TRUE(seen.insert(hash).second) << cast;
    EXPECT_EQ(hash, hex(hash_of(cast + " AS other_name"))) << cast;
    // The same value further down, in a column with NULLs, and in another chunk.
    const auto among =
        hashes_of("SELECT CASE WHEN i % 2 = 1 THEN " + cast + " END FROM range(5000) t(i)");
    EXPECT_EQ(hex(among.at(1)), hash) << cast;
    EXPECT_EQ(hex(among.at(4999)), hash) << cast;
    EXPECT_EQ(hex(among.at(4998)), hex(hash_of(std::string("CAST(NULL AS ") + type + ")")));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, RowHashOfType,
    ::testing::Values(
        TypeCase{"BOOLEAN", {"true", "false", "NULL"}},
        TypeCase{"INTEGER", {"0", "1", "-1", "2147483647", "-2147483648", "NULL"}},
        TypeCase{"BIGINT", {"0", "1", "-1", "9223372036854775807", "-9223372036854775808", "NULL"}},
        TypeCase{"DOUBLE", {"0", "1", "-1", "1e-300", "1e300", "'inf'", "'-inf'", "'nan'", "NULL"}},
        TypeCase{"DECIMAL(4,2)", {"0", "0.01", "-0.01", "99.99", "NULL"}},
        TypeCase{"DECIMAL(9,2)", {"0", "0.01", "-0.01", "9999999.99", "NULL"}},
        TypeCase{"DECIMAL(18,2)", {"0", "0.01", "-0.01", "9999999999999999.99", "NULL"}},
        TypeCase{"DECIMAL(38,2)",
                 {"0", "0.01", "-0.01", "999999999999999999999999999999999999.99", "NULL"}},
        TypeCase{"DATE", {"'1970-01-01'", "'1969-12-31'", "'2024-02-29'", "NULL"}},
        TypeCase{"TIMESTAMP", {"'1970-01-01'", "'1969-12-31 23:59:59.999999'", "NULL"}},
        TypeCase{"TIMESTAMPTZ", {"'1970-01-01 00:00:00+00'", "'2024-01-01 00:00:00+02'", "NULL"}},
        TypeCase{
            "UUID",
            {"'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'",
             "'80000000-0000-0000-0000-000000000000'", "NULL"}},
        TypeCase{
            "VARCHAR",
            {"''", "'a'", "'A'", "'a '", "chr(0)", "'exactly12byt'", "'more than twelve bytes'",
             "'more than twelve byteS'", "repeat('x', 5000)", "NULL"}},
        TypeCase{"JSON", {"'{}'", "'{ }'", "'null'", "NULL"}},
        TypeCase{"BLOB", {"''::BLOB", "'\\x00'::BLOB", "'\\x00\\x00'::BLOB", "NULL"}},
        TypeCase{"BIGINT[]", {"[]", "[0]", "[0, 0]", "[0, 1]", "[1, 0]", "[NULL]", "NULL"}},
        TypeCase{"VARCHAR[][]",
                 {"[['a'], ['b']]", "[['a', 'b']]", "[['a', 'b'], []]", "[['a', 'b'], NULL]",
                  "[[], ['a', 'b']]", "[['ab']]", "[]", "NULL"}},
        TypeCase{"STRUCT(a BIGINT, b VARCHAR)",
                 {"{'a': 1, 'b': 'x'}", "{'a': 1, 'b': NULL}", "{'a': NULL, 'b': 'x'}",
                  "{'a': NULL, 'b': NULL}", "NULL"}},
        TypeCase{"STRUCT(a BIGINT, b VARCHAR[])[]",
                 {"[{'a': 1, 'b': ['x']}]", "[{'a': 1, 'b': ['x', 'y']}]",
                  "[{'a': 1, 'b': ['x']}, {'a': 2, 'b': []}]", "[NULL]", "[]", "NULL"}}));

TEST(RowHash, ZeroesAreEqualAndSoAreAllNaNs) {
  EXPECT_EQ(hash_of("'-0.0'::DOUBLE"), hash_of("0::DOUBLE"));
  EXPECT_EQ(hash_of("['-0.0'::DOUBLE]"), hash_of("[0::DOUBLE]"));
  EXPECT_EQ(hash_of("0::DOUBLE / 0::DOUBLE"), hash_of("'nan'::DOUBLE"));
  EXPECT_EQ(hash_of("-('nan'::DOUBLE)"), hash_of("'nan'::DOUBLE"));
}

TEST(RowHash, ValuesDoNotRunIntoEachOther) {
  EXPECT_NE(hash_of("'a', 'bc'"), hash_of("'ab', 'c'"));
  EXPECT_NE(hash_of("'', 'a'"), hash_of("'a', ''"));
  EXPECT_NE(hash_of("1, NULL::BIGINT"), hash_of("NULL::BIGINT, 1"));
  EXPECT_NE(hash_of("[1], [2, 3]"), hash_of("[1, 2], [3]"));
  EXPECT_NE(hash_of("1::BIGINT"), hash_of("1::BIGINT, NULL"));
}

TEST(RowHash, ColumnsAreTakenInTheGivenOrder) {
  const duckdb::Rows rows = rows_of("SELECT 1::BIGINT AS a, 'x' AS b, 2::BIGINT AS c");
  const std::vector<size_t> ac = {0, 2}, ca = {2, 0}, a = {0}, none;
  EXPECT_EQ(batch::hash_rows(rows, ac).at(0), hash_of("1::BIGINT, 2::BIGINT"));
  EXPECT_EQ(batch::hash_rows(rows, ca).at(0), hash_of("2::BIGINT, 1::BIGINT"));
  EXPECT_EQ(batch::hash_rows(rows, a).at(0), hash_of("1::BIGINT"));
  EXPECT_EQ(batch::hash_rows(rows, none).at(0), RowHash{});
}

TEST(RowHash, IntegersOfBothWidthsAgree) {
  EXPECT_EQ(hash_of("(-7)::INTEGER"), hash_of("(-7)::BIGINT"));
}

// Both halves are used on their own: the lower one by filters of keys.
TEST(RowHash, HalvesDoNotCollide) {
  const auto hashes = hashes_of(
      "SELECT i // 300, i % 300 FROM range(90000) t(i) UNION ALL SELECT i * 1000000, 0 FROM "
      "range(1, 90000) t(i)");
  std::unordered_set<uint64_t> low, high;
  for (RowHash hash : hashes) {
    low.insert(hash.low);
    high.insert(hash.high);
  }
  EXPECT_EQ(low.size(), hashes.size());
  EXPECT_EQ(high.size(), hashes.size());
}

TEST(RowHash, ElementsOfListsBelongToTheirRow) {
  const auto hashes = hashes_of(
      "SELECT [{'s': i % 3, 'l': list_transform(range(i % 4), x -> x::VARCHAR)} for k in range(i % "
      "3)] FROM range(6000) t(i) WHERE i % 5 <> 0");
  const auto again = hashes_of(
      "SELECT [{'s': i % 3, 'l': list_transform(range(i % 4), x -> x::VARCHAR)} for k in range(i % "
      "3)] FROM range(6000) t(i) WHERE i % 5 <> 0 ORDER BY i DESC");
  ASSERT_EQ(hashes.size(), again.size());
  for (size_t i = 0; i < hashes.size(); ++i) {
    ASSERT_EQ(hashes[i], again[hashes.size() - 1 - i]) << i;
  }
  // i % 12 decides the value, except that the empty lists (i % 3 = 0) are all one.
  std::set<std::string> distinct;
  for (RowHash hash : hashes) distinct.insert(hex(hash));
  EXPECT_EQ(distinct.size(), 9u);
}

// These are stored in warehouses: a change of any of them makes every stored row look different.
TEST(RowHash, NeverChanges) {
  const std::pair<const char*, const char*> golden[] = {
      {"NULL::BIGINT", "bfb40f13741e33c62778e7438a063ba6"},
      {"true", "e0d1f43879b08d5fcd796654af483bf0"},
      {"(-7)::INTEGER", "da6805e887dfb444f3a995ca98969995"},
      {"1234567890123456789::BIGINT", "15e240bf384371c19e9d6a9a2a1a4268"},
      {"1.5::DOUBLE", "3dc2b5e2978e9ea9f0942d4c91da44fa"},
      {"0::DOUBLE", "eb20f1a16dc631e7e052ed86abb7a4aa"},
      {"'nan'::DOUBLE", "3e49743b5263314b744e4bc71086a029"},
      {"12.34::DECIMAL(4,2)", "11052cfc7e5f43049ca84fd1ba4927c9"},
      {"12.34::DECIMAL(9,2)", "11052cfc7e5f43049ca84fd1ba4927c9"},
      {"12.34::DECIMAL(18,2)", "11052cfc7e5f43049ca84fd1ba4927c9"},
      {"(-12.34)::DECIMAL(38,2)", "87b44fdd1f754424eb8b3599c573eaae"},
      {"DATE '2024-02-29'", "d3dafb0e9dce3a135a106c73b1fc6f1d"},
      {"TIMESTAMP '2024-02-29 12:00:00.000001'", "7b42d8d57932f3dc086c2ab01b414fea"},
      {"'12345678-9abc-def0-1234-56789abcdef0'::UUID", "14f460e91202341d0bab49fc2d869c93"},
      {"''", "0dfd4869e88a89676e801f82c1a0cb3a"},
      {"'a'", "f8ed1dec32e4531e28f29c7d19b5dfc6"},
      {"'a text that is longer than twelve bytes'", "f20f2f9e959e4d2a4ca64faf9bb6edc2"},
      {"repeat('x', 1000)", "ec8d92151a852bfb564a76af4e9f8eb8"},
      {"[1, NULL, 3]::BIGINT[]", "61e39f0e601a4f53ba21904bd3dddb12"},
      {"[]::BIGINT[]", "eb20f1a16dc631e7e052ed86abb7a4aa"},
      {"{'a': 1::BIGINT, 'b': ['x', NULL]}", "5fc529dc16643a3dec98ec3aa6d2d01a"},
      {"1::BIGINT, 'a', NULL::DOUBLE, [{'q': 2::BIGINT}]", "a7cd37f2e1226ba75f0871a1bcc0b146"},
  };
  for (const auto& [values, hash] : golden) EXPECT_EQ(hex(hash_of(values)), hash) << values;
}

TEST(RowsWithNull, AreFoundInAllChunks) {
  const duckdb::Rows rows = rows_of(
      "SELECT i AS a, CASE WHEN i NOT IN (3, 2048, 4999) THEN 'x' END AS b, CASE WHEN i <> 5 THEN "
      "[1] END AS c FROM range(5000) t(i)");
  const std::vector<size_t> a = {0}, ab = {0, 1}, bc = {1, 2}, none;
  EXPECT_EQ(batch::rows_with_null(rows, a), (std::vector<size_t>{}));
  EXPECT_EQ(batch::rows_with_null(rows, ab), (std::vector<size_t>{3, 2048, 4999}));
  EXPECT_EQ(batch::rows_with_null(rows, bc), (std::vector<size_t>{3, 5, 2048, 4999}));
  EXPECT_EQ(batch::rows_with_null(rows, none), (std::vector<size_t>{}));
}

TEST(RowHash, OfNoRowsIsNothing) {
  EXPECT_TRUE(hashes_of("SELECT 1 WHERE false").empty());
  EXPECT_TRUE(batch::rows_with_null(rows_of("SELECT 1 WHERE false"), {}).empty());
}

}  // namespace
}  // namespace clearwell::testing
