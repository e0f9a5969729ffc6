#include "spark/lines.h"

#include <algorithm>
#include <cctype>

#include "spark/texts.h"

namespace clearwell::spark {
namespace {

// A character in a regular expression, in a class or out of it.
std::string literally(char c) {
  if (c == '\t') return "\\t";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c)
                                                          : std::string("\\") + c;
}

// Hadoop's patterns know braces, which ours do not.
std::string hadoop_path(const std::string& path) {
  std::string out = "file:";
  for (const char c : path) {
    if (c == '{' || c == '}' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

class CsvViews {
 public:
  CsvViews(const std::string& name, const CsvInput& input, const std::vector<FieldSql>& fields)
      : name_(name),
        input_(input),
        format_(input.format),
        fields_(fields),
        quote_(format_.quote == '\0' ? "" : literally(format_.quote)),
        delimiter_(literally(format_.delimiter)) {}

  std::vector<std::string> make() const { return {lines(), rows(), cells(), texts()}; }

 private:
  std::string view(const std::string& suffix) const { return quote_name(name_ + suffix); }

  std::string lines() const {
    return "CREATE TEMPORARY VIEW " + view("_lines") + " USING text OPTIONS (path " +
           quote_text(hadoop_path(input_.path)) + ", lineSep '\\n')";
  }

  // Without the carriage return that ends a line. Empty lines are no rows.
  std::string rows() const {
    return "CREATE TEMPORARY VIEW " + view("_rows") +
           " AS SELECT * FROM (SELECT CASE WHEN value LIKE '%\\r' THEN substring(CAST(value AS "
           "BINARY), 1, octet_length(value) - 1) ELSE CAST(value AS BINARY) END AS `_payload` "
           "FROM " +
           view("_lines") + ") AS r WHERE octet_length(`_payload`) > 0";
  }

  // One value with the delimiter in front of it, as it stands: a quote in front opens it, and a
  // delimiter or the end must follow the one that closes it.
  std::string one_value() const {
    return delimiter_ + "(" + quoted() + "(?=" + delimiter_ + "|\\z)|(?!" + quote_ + ")[^" +
           delimiter_ + "]*+)";
  }
  std::string quoted() const {
    return quote_ + "[^" + quote_ + "]*+(?:" + quote_ + quote_ + "[^" + quote_ + "]*+)*+" + quote_;
  }

  std::string cells() const {
    const std::string line = "CAST(`_payload` AS STRING)";
    const std::string split = "split(" + line + ", " + quote_text(delimiter_) + ", -1)";
    std::string values = split, broken;
    if (!quote_.empty()) {
      const std::string whole =
          "concat(" + quote_text(std::string(1, format_.delimiter)) + ", " + line + ")";
      const std::string sound = "\\A(?:" + one_value() + ")*+\\z";
      const std::string rest =
          "regexp_replace(" + whole + ", " + quote_text("\\A(?:" + one_value() + ")*+") + ", '')";
      const std::string has_quote =
          "instr(" + line + ", " + quote_text(std::string(1, format_.quote)) + ") > 0";
      values = "CASE WHEN NOT (" + has_quote + ") THEN " + split + " WHEN " + whole + " RLIKE " +
               quote_text(sound) + " THEN regexp_extract_all(" + whole + ", " +
               quote_text(one_value()) + ", 1) END";
      broken = " WHEN `_cells` IS NULL THEN CASE WHEN " + rest + " RLIKE " +
               quote_text("\\A" + delimiter_ + quoted()) +
               " THEN 'csv.quote' ELSE 'csv.unclosed_quote' END";
    }
    const std::string fault =
        "CASE WHEN octet_length(`_payload`) > " + std::to_string(input_.record_bytes) +
        " THEN 'record.too_large' WHEN encode(decode(`_payload`, 'UTF-8'), 'UTF-8') <> `_payload` "
        "THEN 'csv.utf8'" +
        broken + " WHEN size(`_cells`) <> " + std::to_string(format_.columns.size()) +
        " THEN 'csv.columns'" + header() + " END";
    const std::string split_once =
        select_once({{"_payload", "`_payload`"}, {"_cells", values}}, view("_rows"));
    const std::string judged_once =
        select_once({{"_payload", "`_payload`"}, {"_cells", "`_cells`"}, {"_fault", fault}},
                    "(" + split_once + ") AS c");
    return "CREATE TEMPORARY VIEW " + view("_cells") +
           " AS SELECT `_payload`, `_fault`, CASE WHEN `_fault` IS NULL THEN `_cells` END AS "
           "`_cells` FROM (" +
           judged_once + ") AS f";
  }

  std::string header() const {
    if (!format_.header) return "";
    std::string out;
    for (size_t i = 0; i < format_.columns.size(); ++i) {
      out += (out.empty() ? " WHEN " : " AND ") + unquoted(cell(i)) + " = " +
             quote_text(format_.columns[i]);
    }
    return out + " THEN 'csv.header'";
  }

  static std::string cell(size_t column) { return "`_cells`[" + std::to_string(column) + "]"; }

  std::string unquoted(const std::string& raw) const {
    if (quote_.empty()) return raw;
    const std::string one(1, format_.quote), two(2, format_.quote);
    return "CASE WHEN substring(" + raw + ", 1, 1) = " + quote_text(one) +
           " THEN replace(substring(" + raw + ", 2, length(" + raw + ") - 2), " + quote_text(two) +
           ", " + quote_text(one) + ") ELSE " + raw + " END";
  }

  std::string texts() const {
    std::vector<std::pair<std::string, std::string>> columns = {{"_payload", "`_payload`"},
                                                                {"_fault", "`_fault`"}};
    std::string nulls;
    for (const std::string& null : format_.nulls) {
      nulls += (nulls.empty() ? "" : ", ") + quote_text(null);
    }
    for (size_t i = 0; i < fields_.size(); ++i) {
      const auto at = std::find(format_.columns.begin(), format_.columns.end(), fields_[i].name);
      std::string text = "CAST(NULL AS STRING)";
      if (at != format_.columns.end()) {
        const std::string raw = cell(static_cast<size_t>(at - format_.columns.begin()));
        text = fields_[i].cleaned(unquoted(raw));
        if (fields_[i].empty_is_null) text.insert(0, "nullif(").append(", '')");
        if (!nulls.empty()) {
          std::string given = "CASE WHEN ";
          given.append(raw).append(" NOT IN (").append(nulls).append(") THEN ");
          text.insert(0, given).append(" END");
        }
      }
      columns.emplace_back(text_column(i), std::move(text));
    }
    return "CREATE TEMPORARY VIEW " + view("") + " AS " + select_once(columns, view("_cells"));
  }

  const std::string& name_;
  const CsvInput& input_;
  const batch::CsvFormat& format_;
  const std::vector<FieldSql>& fields_;
  const std::string quote_, delimiter_;
};

}  // namespace

std::vector<std::string> csv_views(const std::string& name, const CsvInput& input,
                                   const std::vector<FieldSql>& fields) {
  return CsvViews(name, input, fields).make();
}

std::string text_column(size_t field) { return "_text_" + std::to_string(field + 1); }

}  // namespace clearwell::spark
