// Texts → typed values, by the contract's field: what decoders, rules, defaults and generated data
// share. Numbers: numbers.h; dates, times and zones: times.h and time_format.h; cleaning: text.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "batch/numbers.h"
#include "batch/time_format.h"
#include "batch/times.h"
#include "batch/value_fault.h"
#include "config/contract.h"
#include "drivers/duckdb/column.h"

namespace clearwell::batch {

// One value, as its column holds it. Which member counts depends on the field's type.
struct Scalar {
  int64_t integer = 0;    // Integer, Boolean, Date, Timestamp, LocalTimestamp
  double real = 0;        // Double
  Int128 wide = 0;        // Decimal (of any precision), Uuid (as its column holds it)
  std::string_view text;  // Text, Json: points into what was parsed
};

// "true" or "false" in any case; NotBoolean.
ValueFault parse_boolean(std::string_view text, bool& out);
// 8-4-4-4-12 hex digits in any case, or 32 without hyphens; NotUuid. `out` has its top bit flipped,
// as a column does.
ValueFault parse_uuid(std::string_view text, duckdb::Hugeint& out);
std::string uuid_text(duckdb::Hugeint uuid);

// Reads and writes the values of one field. Not thread-safe (see Zone).
class ValueCodec {
 public:
  // A Config error: a format that cannot be read or does not fit the type, an unknown zone.
  // REQUIRES: `field` outlives the codec.
  static Result<ValueCodec> make(const config::Field& field);

  // The text cleaned as the field asks (trim, lower, upper). Points into `text`, or into `buffer`
  // if letters had to be changed.
  std::string_view clean(std::string_view text, std::string& buffer) const;
  bool cleans() const { return cleans_; }

  // REQUIRES: the type is none of List and Object; `text` is cleaned. Json is taken as it is.
  ValueFault parse(std::string_view text, Scalar& out) const;
  // Whether numbers stand for instants too (a format with %s).
  bool takes_epoch() const { return takes_epoch_; }

  // Writes a value into row `row`. `copy`: the text does not live as long as the chunk.
  void store(const Scalar& value, duckdb::Column& column, uint64_t row, bool copy) const;
  // The value of a row that is not NULL.
  Scalar load(const duckdb::Column& column, uint64_t row) const;
  // As a person would write it; not cut.
  std::string to_text(const Scalar& value) const;
  // <0, 0, >0. Texts by bytes.
  int compare(const Scalar& a, const Scalar& b) const;

  const config::Field& field() const { return *field_; }

 private:
  ValueFault parse_time(std::string_view text, Scalar& out) const;

  const config::Field* field_ = nullptr;
  std::vector<TimeFormat> formats_;
  Zone zone_;
  bool cleans_ = false;
  bool takes_epoch_ = false;
};

}  // namespace clearwell::batch
