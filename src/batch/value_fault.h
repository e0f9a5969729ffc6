// Why a text is no value of its field's type: what the readers of values.h, numbers.h and times.h
// return instead of a message, since most callers on the fast path only ask whether it is None.
#pragma once

#include <cstdint>
#include <string>

#include "config/contract.h"

namespace clearwell::batch {

enum class ValueFault : uint8_t {
  None,
  // field.format
  NotInteger,
  NotNumber,
  TooManyDecimals,
  NotBoolean,
  NotDate,
  NotTimestamp,
  NotInFormat,  // fits none of the field's `parse:` formats
  NoSuchDay,    // 2023-02-30
  NoSuchTime,   // 25:00:00, 24:00:00, offsets beyond 18 hours
  LeapSecond,   // 23:59:60: neither warehouse can hold it
  ZoneGiven,    // a LocalTimestamp with a zone
  NoSuchLocal,  // skipped when the zone's clocks were put forward
  NotUuid,
  NulByte,  // U+0000, which PostgreSQL cannot store
  // field.range
  IntegerRange,
  DecimalRange,
  DoubleRange,
  YearRange,  // years 0001..9999
};

// "field.format" or "field.range". REQUIRES: fault is not None.
const char* code_of(ValueFault fault);

// What the value should have been, to follow "<path> is <value>, but ": "must be an integer".
std::string explain(ValueFault fault, const config::Field& field);

}  // namespace clearwell::batch
