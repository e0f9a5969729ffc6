#include <re2/re2.h>

#include "batch/values.h"
#include "decode/decoder.h"
#include "decode/json/diagnose.h"

namespace clearwell::decode {
namespace {

using batch::Scalar;
using batch::ValueFault;
using config::Field;
using config::FieldType;

// Checks the texts of one field.
class FieldCheck {
 public:
  FieldCheck(const Field& field, const std::string& path, config::Faults& faults)
      : field_(field), path_(path), faults_(faults) {}

  void run() {
    if (field_.type == FieldType::List || field_.type == FieldType::Object) {
      if (field_.default_value) container_default();
      return;
    }
    auto codec = batch::ValueCodec::make(field_);
    if (!codec.ok()) {
      const bool zone = field_.type == FieldType::Timestamp && !batch::Zone::find(field_.zone).ok();
      return add(zone ? "unknown_zone" : "bad_format", codec.error().message);
    }
    check_pattern();
    check_limits(*codec);
    if (field_.default_value) check_default(*codec);
  }

 private:
  void add(const char* code, const std::string& message) {
    faults_.add(field_.mark, code, path_ + ": " + message);
  }

  void container_default() {
    if (field_.type == FieldType::List && *field_.default_value == "[]") return;
    add("bad_default", "the only default of a list is [], and an object has none");
  }

  bool parse(const batch::ValueCodec& codec, const char* what, const std::string& text,
             Scalar& out) {
    const ValueFault fault = codec.parse(text, out);
    if (fault == ValueFault::None) return true;
    add(what == std::string_view("default") ? "bad_default" : "bad_limit",
        std::string(what) + " is \"" + text + "\", but " + explain(fault, field_));
    return false;
  }

  void check_pattern() {
    if (!field_.pattern) return;
    const re2::RE2 regex(*field_.pattern, re2::RE2::Quiet);
    if (!regex.ok()) add("bad_pattern", "pattern cannot be read: " + regex.error());
  }

  void check_limits(const batch::ValueCodec& codec) {
    Scalar min, max, value;
    const bool has_min = field_.min && parse(codec, "min", *field_.min, min);
    const bool has_max = field_.max && parse(codec, "max", *field_.max, max);
    if (has_min && has_max && codec.compare(min, max) > 0) {
      add("bad_limit", "min is " + *field_.min + ", above max " + *field_.max);
    }
    for (const std::string& text : field_.values) parse(codec, "values", text, value);
  }

  // A default takes part in the rules like any value, so one that breaks them would refuse every
  // record without the field.
  void check_default(const batch::ValueCodec& codec) {
    if (field_.type == FieldType::Json) {
      if (json::diagnose(*field_.default_value)) add("bad_default", "default is not valid JSON");
      return;
    }
    Scalar value, limit;
    if (!parse(codec, "default", *field_.default_value, value)) return;
    if (field_.min && codec.parse(*field_.min, limit) == ValueFault::None &&
        codec.compare(value, limit) < 0) {
      add("bad_default", "default is below min");
    }
    if (field_.max && codec.parse(*field_.max, limit) == ValueFault::None &&
        codec.compare(value, limit) > 0) {
      add("bad_default", "default is above max");
    }
  }

  const Field& field_;
  const std::string& path_;
  config::Faults& faults_;
};

}  // namespace

void check_contract(const config::Kind& kind, config::Faults& faults) {
  config::for_each_field(kind.fields, "", [&](const Field& field, const std::string& path) {
    FieldCheck(field, path, faults).run();
  });
}

}  // namespace clearwell::decode
