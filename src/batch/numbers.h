// Numbers as texts, read exactly: nothing here passes through a double but doubles.
//
// Accepted: an optional sign, digits (leading zeros too), and where the type allows it a fraction
// and an exponent: "5", "-0.50", "+1e2", ".5", "5.". No blanks, no digit groups, no "inf", no
// "nan". JSON's stricter grammar is checked by its decoder before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "batch/value_fault.h"
#include "drivers/duckdb/column.h"

namespace clearwell::batch {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

inline Int128 to_int128(duckdb::Hugeint huge) {
  return static_cast<Int128>(static_cast<UInt128>(static_cast<uint64_t>(huge.upper)) << 64 |
                             huge.lower);
}
inline duckdb::Hugeint to_hugeint(Int128 number) {
  return {static_cast<uint64_t>(number), static_cast<int64_t>(number >> 64)};
}

// NotInteger (also for 5.0 and 1e3: a sender that writes those does not mean an integer), or
// IntegerRange.
ValueFault parse_integer(std::string_view text, int64_t& out);

struct DecimalType {
  int precision = 18;  // 1..38
  int scale = 0;       // 0..precision
};
// out = text * 10^scale, exactly: 7.0 and 1e2 fit decimal(12,2), 7.005 is TooManyDecimals (never
// rounded), 1e11 is DecimalRange. NotNumber otherwise.
ValueFault parse_decimal(std::string_view text, DecimalType type, Int128& out);

// The nearest double; NotNumber or DoubleRange (1e400). Numbers too small to tell from 0 become 0.
ValueFault parse_double(std::string_view text, double& out);

// "-12.50" for -1250 with scale 2.
std::string decimal_text(Int128 number, int scale);
// The shortest text that reads back as the same double.
std::string double_text(double number);

}  // namespace clearwell::batch
