#include "batch/numbers.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace clearwell::batch {
namespace {

using enum ValueFault;

// The decimal as text, or the number of its fault.
std::string decimal(std::string_view text, int precision, int scale) {
  Int128 out = 0;
  const ValueFault fault = parse_decimal(text, {precision, scale}, out);
  switch (fault) {
    case None:
      return decimal_text(out, scale);
    case NotNumber:
      return "not a number";
    case TooManyDecimals:
      return "too many decimals";
    case DecimalRange:
      return "range";
    default:
      return "?";
  }
}

TEST(Numbers, IntegersAreExactTo64Bits) {
  int64_t out = 0;
  EXPECT_EQ(parse_integer("9223372036854775807", out), None);
  EXPECT_EQ(out, INT64_MAX);
  EXPECT_EQ(parse_integer("-9223372036854775808", out), None);
  EXPECT_EQ(out, INT64_MIN);
  EXPECT_EQ(parse_integer("9007199254740993", out), None);  // 2^53 + 1
  EXPECT_EQ(out, 9007199254740993);
  EXPECT_EQ(parse_integer("+007", out), None);
  EXPECT_EQ(out, 7);
  EXPECT_EQ(parse_integer("-0", out), None);
  EXPECT_EQ(out, 0);
}

TEST(Numbers, IntegersBeyond64BitsAreOutOfRange) {
  int64_t out = 5;
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551616",
                           "18446744073709551617", "92233720368547758070",
                           "100000000000000000000000000000000000000000"}) {
    EXPECT_EQ(parse_integer(text, out), IntegerRange) << text;
  }
  EXPECT_EQ(out, 5);
}

TEST(Numbers, FractionsAndExponentsAreNoIntegers) {
  int64_t out = 0;
  for (const char* text : {"5.0", "1e3", "", "-", "+", " 5", "5 ", "0x1", "1_000", "--1"}) {
    EXPECT_EQ(parse_integer(text, out), NotInteger) << text;
  }
}

TEST(Numbers, DecimalsKeepEveryDigit) {
  EXPECT_EQ(decimal("7.0", 12, 2), "7.00");
  EXPECT_EQ(decimal("0.1", 12, 2), "0.10");
  EXPECT_EQ(decimal("-12.5", 12, 2), "-12.50");
  EXPECT_EQ(decimal("1e2", 12, 2), "100.00");
  EXPECT_EQ(decimal("15E-1", 12, 2), "1.50");
  EXPECT_EQ(decimal("-0", 12, 2), "0.00");
  EXPECT_EQ(decimal("0e999999999999999999999", 12, 2), "0.00");
  EXPECT_EQ(decimal("7.00000000000000000000000000000000000000000000000", 12, 2), "7.00");
  EXPECT_EQ(decimal("00000000000000000000000000000000000000000000007", 12, 2), "7.00");
  EXPECT_EQ(decimal("12345678901234567890123456789012345678", 38, 0),
            "12345678901234567890123456789012345678");
  EXPECT_EQ(decimal("-0.99999999999999999999999999999999999999", 38, 38),
            "-0.99999999999999999999999999999999999999");
  EXPECT_EQ(decimal("9999", 4, 0), "9999");
  EXPECT_EQ(decimal(".5", 4, 1), "0.5");
  EXPECT_EQ(decimal("5.", 4, 1), "5.0");
}

TEST(Numbers, DecimalsAreNeverRounded) {
  EXPECT_EQ(decimal("7.005", 12, 2), "too many decimals");
  EXPECT_EQ(decimal("1e-3", 12, 2), "too many decimals");
  EXPECT_EQ(decimal("0.1000000000000000055511151231257827", 12, 2), "too many decimals");
  EXPECT_EQ(decimal("1.00000000000000000000000000000000000000000000001", 12, 2),
            "too many decimals");
}

TEST(Numbers, DecimalsKeepToTheirPrecision) {
  EXPECT_EQ(decimal("9999999999.99", 12, 2), "9999999999.99");
  EXPECT_EQ(decimal("10000000000", 12, 2), "range");
  EXPECT_EQ(decimal("10000", 4, 0), "range");
  EXPECT_EQ(decimal("1e400", 12, 2), "range");
  EXPECT_EQ(decimal("1e99999999999999999999", 38, 0), "range");
  EXPECT_EQ(decimal("100000000000000000000000000000000000000", 38, 0), "range");
}

TEST(Numbers, ExponentsAndZerosOfAnyLengthCancel) {
  const std::string zeros(200'000, '0');
  EXPECT_EQ(decimal("0." + zeros + "7e200001", 12, 2), "7.00");
  EXPECT_EQ(decimal("7" + zeros + "e-200000", 12, 2), "7.00");
}

TEST(Numbers, WordsAreNoDecimals) {
  for (const char* text : {"", "-", ".", "e5", "1e", "1e+", "1.2.3", "1,5", "nan", "inf", "0x10"}) {
    EXPECT_EQ(decimal(text, 12, 2), "not a number") << text;
  }
}

TEST(Numbers, DoublesAreTheNearest) {
  double out = 0;
  EXPECT_EQ(parse_double("0.1", out), None);
  EXPECT_EQ(out, 0.1);
  EXPECT_EQ(parse_double("+1.5e3", out), None);
  EXPECT_EQ(out, 1500);
  EXPECT_EQ(parse_double("1e400", out), DoubleRange);
  EXPECT_EQ(parse_double("-1e400", out), DoubleRange);
  EXPECT_EQ(parse_double("-1e-400", out), None);
  EXPECT_EQ(out, 0);
  EXPECT_TRUE(std::signbit(out));
  EXPECT_EQ(parse_double("5e-324", out), None);
  EXPECT_EQ(out, std::numeric_limits<double>::denorm_min());
  for (const char* text : {"", "+", "nan", "inf", "-inf", "infinity", "1.5x", " 1", "+-1"}) {
    EXPECT_EQ(parse_double(text, out), NotNumber) << text;
  }
}

TEST(Numbers, TextsOfNumbers) {
  EXPECT_EQ(decimal_text(5, 3), "0.005");
  EXPECT_EQ(decimal_text(-5, 0), "-5");
  EXPECT_EQ(decimal_text(0, 0), "0");
  EXPECT_EQ(double_text(0.1), "0.1");
  const Int128 large = static_cast<Int128>(INT64_MAX) * 1000;
  EXPECT_TRUE(to_int128(to_hugeint(large)) == large);
  EXPECT_TRUE(to_int128(to_hugeint(-large)) == -large);
}

}  // namespace
}  // namespace clearwell::batch
