#include "batch/value_fault.h"

namespace clearwell::batch {
namespace {

std::string joined_formats(const config::Field& field) {
  std::string out;
  for (const std::string& format : field.parse) {
    if (!out.empty()) out += " or ";
    out += '"' + format + '"';
  }
  return out;
}

std::string decimal_limits(const config::Field& field) {
  const int whole = field.precision - field.scale;
  return "decimal(" + std::to_string(field.precision) + "," + std::to_string(field.scale) +
         ") holds at most " + std::to_string(whole) + (whole == 1 ? " digit" : " digits") +
         " before the point";
}

}  // namespace

const char* code_of(ValueFault fault) {
  return fault >= ValueFault::IntegerRange ? "field.range" : "field.format";
}

std::string explain(ValueFault fault, const config::Field& field) {
  switch (fault) {
    case ValueFault::None:
      return "is valid";
    case ValueFault::NotInteger:
      return "must be an integer, written with digits only";
    case ValueFault::NotNumber:
      return "must be a number";
    case ValueFault::TooManyDecimals:
      return "must not have more decimals than " + std::to_string(field.scale);
    case ValueFault::NotBoolean:
      return "must be true or false";
    case ValueFault::NotDate:
      return "must be a date like 2019-08-15";
    case ValueFault::NotTimestamp:
      return field.type == config::FieldType::LocalTimestamp
                 ? "must be a date and time like 2019-08-15T12:00:00"
                 : "must be a date and time like 2019-08-15T12:00:00 or 2019-08-15T12:00:00+02:00";
    case ValueFault::NotInFormat:
      return "must have the format " + joined_formats(field);
    case ValueFault::NoSuchDay:
      return "there is no such day in the calendar";
    case ValueFault::NoSuchTime:
      return "there is no such time of day";
    case ValueFault::LeapSecond:
      return "a leap second (:60) cannot be stored";
    case ValueFault::ZoneGiven:
      return "must not have a zone";
    case ValueFault::NoSuchLocal:
      return "clocks in " + field.zone + " were put forward over this time";
    case ValueFault::NotUuid:
      return "must be a UUID like 123e4567-e89b-12d3-a456-426614174000";
    case ValueFault::NulByte:
      return "must not contain the character U+0000";
    case ValueFault::IntegerRange:
      return "must fit into 64 bits (±9223372036854775807)";
    case ValueFault::DecimalRange:
      return decimal_limits(field);
    case ValueFault::DoubleRange:
      return "must be between ±1.7976931348623157e308";
    case ValueFault::YearRange:
      return "must be in the years 0001 to 9999 (UTC)";
  }
  return "";
}

}  // namespace clearwell::batch
