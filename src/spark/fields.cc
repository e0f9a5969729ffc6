#include "spark/fields.h"

#include "batch/columns.h"
#include "batch/text.h"
#include "batch/values.h"
#include "spark/pattern.h"
#include "spark/texts.h"

namespace clearwell::spark {
namespace {

using config::Field;
using config::FieldType;

// --- what texts look like, as Java's regular expressions

constexpr const char* integer_form = "\\A[+-]?[0-9]+\\z";
constexpr const char* short_integer = "\\A[+-]?0*[0-9]{1,18}\\z";
constexpr const char* plain_number = "\\A[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)\\z";
constexpr const char* any_number =
    "\\A[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?\\z";
constexpr const char* boolean_form = "\\A(?i:true|false)\\z";
constexpr const char* uuid_form =
    "\\A(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|"
    "[0-9a-fA-F]{32})\\z";
// Days that there are, of the years 0000 to 9999.
constexpr const char* day_form =
    "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|"
    "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|"
    "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
constexpr const char* clock_form =
    "[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?";
constexpr const char* offset_form =
    "(?:[Zz]|[+-](?:(?:0[0-9]|1[0-7])(?::?[0-5][0-9])?|18(?::?00)?))?";
// Unicode's white space and the byte order mark, as batch::trim takes them away.
constexpr const char* space_class =
    "[\\t-\\r \\u0085\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000\\uFEFF]";

std::string matches(const std::string& text, const std::string& pattern) {
  return text + " RLIKE " + quote_text(pattern);
}

// Every letter that batch::to_lower (to_upper) changes, and what it makes of it.
std::string case_changed(const std::string& text, bool lower) {
  std::string from, to;
  for (uint32_t point = 'A'; point < 0x530; ++point) {
    std::string letter;
    if (point < 0x80) {
      letter = static_cast<char>(point);
    } else {
      letter = {static_cast<char>(0xC0 | point >> 6), static_cast<char>(0x80 | (point & 0x3F))};
    }
    std::string changed = letter;
    lower ? batch::to_lower(changed) : batch::to_upper(changed);
    if (changed == letter) continue;
    from += letter;
    to += changed;
  }
  return "translate(" + text + ", " + quote_text(from) + ", " + quote_text(to) + ")";
}

class FieldCompiler {
 public:
  FieldCompiler(const Field& field, std::string text, std::string value, config::Faults& faults)
      : field_(field), x_(std::move(text)), v_(std::move(value)), faults_(faults) {}

  FieldSql compile() {
    FieldSql out;
    out.name = field_.name;
    out.field = &field_;
    out.nullable = !field_.key && (field_.nullable || !field_.required);
    out.empty_is_null = field_.empty_is_null;
    if (field_.reference) {
      unsupported("a reference to " + field_.reference->table +
                  " needs the warehouse for each record");
    }
    if (!field_.parse.empty()) unsupported("formats of dates and times (parse)");
    auto codec = batch::ValueCodec::make(field_);
    if (!codec.ok()) return out;  // a fault that has been told
    codec_ = std::move(*codec);
    compile_type(out);
    compile_rules(out);
    if (field_.default_value) out.fallback = literal(*field_.default_value);
    return out;
  }

 private:
  void unsupported(const std::string& what) {
    faults_.add(field_.mark, "spark_unsupported",
                field_.name + ": " + what +
                    " cannot be compiled for Spark; run it without --engine "
                    "spark, or take it out of the contract");
  }

  void compile_type(FieldSql& out) {
    switch (field_.type) {
      case FieldType::Text:
        out.fault = "CASE WHEN instr(" + x_ + ", '\\u0000') > 0 THEN 'field.format' END";
        out.value = x_;
        return;
      case FieldType::Integer:
        return integer(out);
      case FieldType::Decimal:
        return decimal(out);
      case FieldType::Double:
        out.fault = "CASE WHEN NOT " + matches(x_, any_number) +
                    " THEN 'field.type' WHEN abs(CAST(" + x_ +
                    " AS DOUBLE)) = CAST('Infinity' AS DOUBLE) THEN 'field.range' END";
        out.value = "CAST(" + x_ + " AS DOUBLE)";
        return;
      case FieldType::Boolean:
        out.fault = "CASE WHEN NOT " + matches(x_, boolean_form) + " THEN 'field.type' END";
        out.value = "(lower(" + x_ + ") = 'true')";
        return;
      case FieldType::Date:
        out.fault = "CASE WHEN NOT " + matches(x_, "\\A" + std::string(day_form) + "\\z") +
                    " THEN 'field.format' WHEN " + x_ + " LIKE '0000%' THEN 'field.range' END";
        out.value = "CAST(" + x_ + " AS DATE)";
        return;
      case FieldType::Timestamp:
      case FieldType::LocalTimestamp:
        return instant(out);
      case FieldType::Uuid:
        out.fault = "CASE WHEN NOT " + matches(x_, uuid_form) + " THEN 'field.format' END";
        out.value = "lower(regexp_replace(" + x_ +
                    ", '\\\\A(.{8})-?(.{4})-?(.{4})-?(.{4})-?(.{12})\\\\z', '$1-$2-$3-$4-$5'))";
        return;
      case FieldType::Json:
      case FieldType::List:
      case FieldType::Object:
        unsupported("its type");
    }
  }

  // 922337203685477580 7 is the largest of 64 bits. Texts of equally many digits sort as numbers.
  void integer(FieldSql& out) {
    const std::string digits = "regexp_replace(" + x_ + ", '\\\\A[+-]?0*', '')";
    out.fault = "CASE WHEN " + matches(x_, short_integer) + " THEN NULL WHEN NOT " +
                matches(x_, integer_form) + " THEN 'field.type' WHEN length(" + digits +
                ") = 19 AND " + digits + " <= CASE WHEN " + x_ +
                " LIKE '-%' THEN '9223372036854775808' ELSE '9223372036854775807' END THEN NULL "
                "WHEN length(" +
                digits + ") < 19 THEN NULL ELSE 'field.range' END";
    out.value = "CAST(" + x_ + " AS BIGINT)";
  }

  void decimal(FieldSql& out) {
    const int whole = field_.precision - field_.scale;
    const std::string fits = "\\A[+-]?0*[0-9]{0," + std::to_string(whole) + "}(?:\\.[0-9]*)?\\z";
    const std::string exact = "\\A[^.]*(?:\\.[0-9]{0," + std::to_string(field_.scale) + "}0*)?\\z";
    out.fault = "CASE WHEN " + matches(x_, plain_number) + " THEN CASE WHEN NOT " +
                matches(x_, fits) + " THEN 'field.range' WHEN NOT " + matches(x_, exact) +
                " THEN 'field.format' END WHEN " + matches(x_, any_number) + " THEN '" + undecided +
                "' ELSE 'field.type' END";
    out.value = "CAST(" + x_ + " AS DECIMAL(" + std::to_string(field_.precision) + "," +
                std::to_string(field_.scale) + "))";
  }

  // Days and microseconds are counted here, so that no reader of Spark's has a say: digits after
  // the sixth are cut off, and a zone is an offset in the text.
  void instant(FieldSql& out) {
    const bool local = field_.type == FieldType::LocalTimestamp;
    if (!local && field_.zone != "UTC") unsupported("a zone other than UTC");
    const std::string zoned = "\\A" + std::string(day_form) + clock_form + offset_form + "\\z";
    const std::string plain = "\\A" + std::string(day_form) + clock_form + "\\z";
    const auto part = [&](int at, int length) {
      return "CAST(substring(" + x_ + ", " + std::to_string(at) + ", " + std::to_string(length) +
             ") AS BIGINT)";
    };
    const auto found = [&](const std::string& pattern) {
      return "regexp_extract(" + x_ + ", " + quote_text(pattern) + ", 1)";
    };
    const std::string seconds =
        "CASE WHEN substring(" + x_ + ", 17, 1) = ':' THEN " + part(18, 2) + " ELSE 0 END";
    const std::string micros =
        "CAST(rpad(substring(" + found("[.,]([0-9]+)") + ", 1, 6), 6, '0') AS BIGINT)";
    const std::string offset = found("\\A.{16,}?([+-][0-9:]+)\\z");
    const std::string digits = "rpad(regexp_replace(" + offset + ", ':', ''), 5, '0')";
    const std::string shift =
        "CASE WHEN " + offset + " = '' THEN 0 ELSE CAST(concat(substring(" + digits +
        ", 1, 1), '1')"
        " AS INT) * (CAST(substring(" +
        digits + ", 2, 2) AS INT) * 3600 + CAST(substring(" + digits + ", 4, 2) AS INT) * 60) END";
    const std::string count = "(((datediff(CAST(substring(" + x_ +
                              ", 1, 10) AS DATE), DATE'1970-01-01') * 86400L + " + part(12, 2) +
                              " * 3600 + " + part(15, 2) + " * 60 + " + seconds + " - (" + shift +
                              ")) * 1000000L) + " + micros + ")";
    out.fault = "CASE WHEN NOT " + matches(x_, local ? plain : zoned) +
                " THEN 'field.format' WHEN " + x_ + " LIKE '0000%' OR " + count +
                " NOT BETWEEN -62135596800000000L AND 253402300799999999L THEN 'field.range' END";
    out.value = "timestamp_micros(" + count + ")";
  }

  // A value of the contract (a limit, a default) as Spark writes it.
  std::string literal(const std::string& text) {
    batch::Scalar scalar;
    if (codec_.parse(text, scalar) != batch::ValueFault::None) return "NULL";  // has been told
    switch (field_.type) {
      case FieldType::Integer:
        return codec_.to_text(scalar) == "-9223372036854775808" ? "(-9223372036854775807L - 1L)"
                                                                : codec_.to_text(scalar) + "L";
      case FieldType::Boolean:
        return codec_.to_text(scalar);
      case FieldType::Date:
        return "DATE" + quote_text(codec_.to_text(scalar));
      case FieldType::Timestamp:
      case FieldType::LocalTimestamp:
        return "timestamp_micros(" + std::to_string(scalar.integer) + "L)";
      case FieldType::Text:
      case FieldType::Uuid:
        return quote_text(codec_.to_text(scalar));
      default:
        return "CAST(" + quote_text(codec_.to_text(scalar)) + " AS " +
               type_name(batch::column_type(field_, {})) + ")";
    }
  }

  void broken(FieldSql& out, const std::string& when, const char* code) {
    out.broken.push_back("CASE WHEN " + when + " THEN '" + code + "' END");
  }

  void compile_rules(FieldSql& out) {
    if (field_.min) broken(out, v_ + " < " + literal(*field_.min), "field.min");
    if (field_.max) broken(out, v_ + " > " + literal(*field_.max), "field.max");
    if (field_.min_length) {
      broken(out, "length(" + v_ + ") < " + std::to_string(*field_.min_length), "field.min_length");
    }
    if (field_.max_length) {
      broken(out, "length(" + v_ + ") > " + std::to_string(*field_.max_length), "field.max_length");
    }
    if (!field_.values.empty()) {
      std::string values;
      for (const std::string& value : field_.values) {
        values += (values.empty() ? "" : ", ") + literal(value);
      }
      broken(out, v_ + " NOT IN (" + values + ")", "field.value");
    }
    if (!field_.pattern) return;
    auto java = java_pattern("^(?:" + *field_.pattern + ")$");
    if (!java.ok()) return unsupported("its pattern (" + java.error().message + ")");
    broken(out, "NOT " + matches(v_, *java), "field.pattern");
  }

  const Field& field_;
  const std::string x_, v_;
  config::Faults& faults_;
  batch::ValueCodec codec_;
};

}  // namespace

std::string FieldSql::cleaned(const std::string& raw) const {
  std::string out = raw;
  if (field->trim) {
    const std::string space = space_class;
    out = "regexp_replace(" + out + ", " + quote_text("\\A" + space + "+|" + space + "+\\z") +
          ", '')";
  }
  if (field->lower) out = case_changed(out, true);
  if (field->upper) out = case_changed(out, false);
  return out;
}

FieldSql field_sql(const Field& field, const std::string& text, const std::string& value,
                   config::Faults& faults) {
  return FieldCompiler(field, text, value, faults).compile();
}

}  // namespace clearwell::spark
