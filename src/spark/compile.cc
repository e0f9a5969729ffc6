#include "spark/compile.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "batch/columns.h"
#include "batch/csv.h"
#include "batch/record_sql.h"
#include "spark/fields.h"
#include "spark/lines.h"
#include "spark/sql_printer.h"
#include "spark/texts.h"

namespace clearwell::spark {
namespace {

using config::Kind;
using config::Load;

std::string fault_column(size_t field) { return "_fault_" + std::to_string(field + 1); }

class Compiler {
 public:
  Compiler(const config::Project& project, const config::Pipeline& pipeline,
           duckdb::Connection& connection, config::Faults& faults)
      : project_(project), pipeline_(pipeline), connection_(connection), faults_(faults) {}

  Result<Compiled> run(const std::vector<duckdb::Schema>& columns) {
    if (!pipeline_.route.empty() || pipeline_.kinds.size() != 1) {
      unsupported(pipeline_.mark, "several kinds of records (route)");
      return std::move(out_);
    }
    const Kind& kind = pipeline_.kinds.front();
    if (kind.unknown_fields == config::UnknownFields::Keep) {
      unsupported(pipeline_.mark, "unknown_fields: keep");
    }
    compile_fields(kind);
    compile_sources(kind);
    CW_TRY(make_accepted(kind));
    compile_values(kind);
    CW_TRY(compile_reasons(kind));
    for (size_t i = 0; i < kind.loads.size() && i < columns.size(); ++i) {
      CW_TRY(compile_load(kind.loads[i], columns[i]));
    }
    return std::move(out_);
  }

 private:
  void unsupported(const config::Mark& mark, const std::string& what) {
    faults_.add(mark, "spark_unsupported",
                what + " cannot be compiled for Spark " + least_version +
                    "; run it without --engine spark");
  }
  void told(const config::Mark& mark, const std::string& where,
            const std::vector<std::string>& faults) {
    const std::string start = where + ": ";
    for (const std::string& fault : faults) faults_.add(mark, "spark_unsupported", start + fault);
  }

  void compile_fields(const Kind& kind) {
    for (size_t i = 0; i < kind.fields.size(); ++i) {
      fields_.push_back(field_sql(kind.fields[i], quote_name(text_column(i)),
                                  quote_name(kind.fields[i].name), faults_));
    }
  }

  void compile_sources(const Kind& kind) {
    std::string all;
    for (const config::Source& source : pipeline_.sources) {
      if (source.type != batch::csv_source) {
        unsupported(source.mark, "the source " + source.name + " (only csv is known)");
        continue;
      }
      const std::string path = path_in(project_.folder, source.settings.text("path"));
      if (path.find("**") != std::string::npos) {
        unsupported(source.settings.mark("path"), "** in a path, which Spark does not know,");
      }
      const std::string name = "_texts_" + std::to_string(++sources_);
      const CsvInput input{path, batch::csv_format(source.settings, batch::field_names(kind)),
                           project_.limits.record_bytes};
      for (std::string& view : csv_views(name, input, fields_))
        out_.views.push_back(std::move(view));
      all += (all.empty() ? "SELECT * FROM " : " UNION ALL SELECT * FROM ") + quote_name(name);
    }
    texts_ = "(" + all + ")";
  }

  // What DuckDB binds the SQL of checks and loads to.
  Result<void> make_accepted(const Kind& kind) {
    std::string columns;
    duckdb::Schema schema = batch::contract_schema(kind, {});
    // So that what names one of these gets no other fault beside that.
    const duckdb::Schema& system = batch::system_columns();
    schema.insert(schema.end(), system.begin(), system.end());
    for (const duckdb::ColumnSchema& column : schema) {
      columns += (columns.empty() ? "" : ", ") + duckdb::quote_name(column.name) + " " +
                 duckdb::to_sql(column.type);
    }
    CW_TRY(connection_.execute("CREATE TABLE accepted (" + columns + ")"));
    return {};
  }

  // Texts → reason codes → values.
  void compile_values(const Kind& kind) {
    std::vector<std::pair<std::string, std::string>> faults = {{"_payload", "`_payload`"},
                                                               {"_fault", "`_fault`"}};
    auto values = faults;
    for (size_t i = 0; i < kind.fields.size(); ++i) {
      const FieldSql& field = fields_[i];
      const std::string text = quote_name(text_column(i)), fault = quote_name(fault_column(i));
      const bool may_lack = field.nullable || !field.fallback.empty();
      faults.emplace_back(text_column(i), text);
      faults.emplace_back(fault_column(i), "CASE WHEN `_fault` IS NULL THEN CASE WHEN " + text +
                                               " IS NULL THEN " +
                                               (may_lack ? "NULL" : "'field.null'") + " ELSE " +
                                               field.fault + " END END");
      std::string value = "CASE WHEN `_fault` IS NULL AND " + fault + " IS NULL THEN " +
                          (field.fallback.empty()
                               ? "CASE WHEN " + text + " IS NOT NULL THEN " + field.value + " END"
                               : "CASE WHEN " + text + " IS NULL THEN " + field.fallback +
                                     " ELSE " + field.value + " END") +
                          " END";
      values.emplace_back(fault_column(i), fault);
      values.emplace_back(field.name, std::move(value));
    }
    out_.views.push_back("CREATE TEMPORARY VIEW `_faults` AS " +
                         select_once(faults, texts_ + " AS t"));
    out_.views.push_back("CREATE TEMPORARY VIEW `_values` AS " + select_once(values, "`_faults`"));
  }

  Result<void> compile_reasons(const Kind& kind) {
    std::string names, reasons = "`_fault`";
    for (size_t i = 0; i < fields_.size(); ++i) {
      const std::string path = quote_text(std::string(" ").append(fields_[i].name));
      names += ", " + quote_name(fields_[i].name);
      reasons.append(", concat(").append(quote_name(fault_column(i))).append(", ");
      reasons.append(path).append(")");
      for (const std::string& broken : fields_[i].broken) {
        reasons.append(", concat(").append(broken).append(", ").append(path).append(")");
      }
    }
    for (const config::Check& check : kind.checks) {
      if (check.action != config::CheckAction::Quarantine) {
        unsupported(check.mark, "check " + check.name + ", with another action than quarantine,");
      }
      CW_ASSIGN(const Printed printed, print_condition(connection_, check.sql));
      told(check.sql_mark, "check " + check.name, printed.faults);
      reasons += ", CASE WHEN `_fault` IS NULL AND NOT " + printed.sql + " THEN " +
                 quote_text("check." + check.name) + " END";
    }
    reasons = "concat_ws('\\n', " + reasons + ")";
    out_.views.push_back("CREATE TEMPORARY VIEW `_reasons` AS SELECT *, " + reasons +
                         " AS `_reasons` FROM `_values`");
    out_.views.push_back(
        "CREATE TEMPORARY VIEW `_judged` AS SELECT CASE WHEN `_reasons` <> '' THEN "
        "substring(`_payload`, 1, " +
        std::to_string(project_.limits.record_bytes) + ") END AS `_payload`" + names +
        ", `_reasons` FROM `_reasons`");
    // Read and judged once, however many loads there are; what memory does not hold goes to disk.
    out_.views.emplace_back("CACHE TABLE `_judged` OPTIONS ('storageLevel' 'MEMORY_AND_DISK')");
    out_.views.push_back("CREATE TEMPORARY VIEW `accepted` AS SELECT " + names.substr(2) +
                         " FROM `_judged` WHERE `_reasons` = ''");
    out_.rejected =
        "SELECT `_payload` AS `payload`, `_reasons` AS `reasons`, count(1) AS `records` FROM "
        "`_judged` GROUP BY 1, 2";
    return {};
  }

  Result<void> compile_load(const Load& load, const duckdb::Schema& columns) {
    const std::string where = "load " + load.table;
    if (load.mode != config::LoadMode::Replace) {
      unsupported(load.mark, where + ": mode " + config::mode_name(load.mode) +
                                 " (Spark fills tables as a whole, so only replace)");
    }
    if (!load.over_all) CW_TRY(check_plain(load));
    CW_ASSIGN(const Printed printed, print_select(connection_, load.sql));
    told(load.sql_mark, where, printed.faults);
    std::string values, names;
    for (const duckdb::ColumnSchema& column : columns) {
      const std::string type = type_name(column.type);
      if (type.empty()) {
        std::string what = where;
        what.append(": column ").append(column.name).append(", which is ");
        what.append(duckdb::to_sql(column.type)).append(",");
        unsupported(load.sql_mark, what);
      }
      const std::string name = quote_name(column.name);
      values.append(", CAST(").append(name).append(" AS ").append(type).append(") AS ");
      values.append(name);
      names += (names.empty() ? "" : ", ") + name;
    }
    out_.loads.push_back({&load, columns,
                          "SELECT monotonically_increasing_id() AS `_row`" + values + " FROM (" +
                              printed.sql + ") AS loaded(" + names + ")"});
    return {};
  }

  // A record that makes no row counts as skipped. Spark does not tell which records those are, but
  // how many, where each makes one row at most.
  Result<void> check_plain(const Load& load) {
    CW_ASSIGN(const std::string text, connection_.parse(load.sql));
    const auto tree = nlohmann::json::parse(text, nullptr, false);
    if (tree.is_discarded() || tree.value("error", false)) return {};
    const auto& node = tree["statements"][0]["node"];
    const bool plain = node.value("type", "") == "SELECT_NODE" &&
                       node["from_table"].value("type", "") == "BASE_TABLE" &&
                       node["from_table"].value("table_name", "") == "accepted" &&
                       node["group_expressions"].empty() && node["cte_map"]["map"].empty() &&
                       node["modifiers"].empty();
    if (!plain) {
      unsupported(load.sql_mark,
                  "load " + load.table +
                      ": SQL of single records that is not SELECT … FROM accepted [WHERE …] (with "
                      "'over: all' it may be more)");
    }
    return {};
  }

  const config::Project& project_;
  const config::Pipeline& pipeline_;
  duckdb::Connection& connection_;
  config::Faults& faults_;
  std::vector<FieldSql> fields_;
  int sources_ = 0;
  std::string texts_;
  Compiled out_;
};

// What must not depend on how a cluster is set up.
constexpr const char* settings[] = {
    "spark.sql.variable.substitute=false",
    "spark.sql.ansi.enabled=true",
    // Views are analysed when they are made, and not again wherever they are used.
    "spark.sql.legacy.storeAnalyzedPlanForView=true",
    "spark.sql.storeAssignmentPolicy=ANSI",
    "spark.sql.session.timeZone=UTC",
    "spark.sql.caseSensitive=false",
    "spark.sql.groupByOrdinal=true",
    "spark.sql.orderByOrdinal=true",
    "spark.sql.groupByAliases=true",
    "spark.sql.parser.escapedStringLiterals=false",
    "spark.sql.legacy.timeParserPolicy=CORRECTED",
    "spark.sql.legacy.codingErrorAction=true",
    "spark.sql.decimalOperations.allowPrecisionLoss=false",
    "spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite=CORRECTED",
    "spark.sql.legacy.parquet.datetimeRebaseModeInWrite=CORRECTED",
};

std::string stage_view(size_t stage) { return quote_name("_stage_" + std::to_string(stage)); }

std::vector<std::string> all_statements(const Compiled& compiled, const Stages& stages,
                                        bool shown) {
  std::vector<std::string> out;
  for (const char* setting : settings) out.push_back("SET " + std::string(setting));
  out.insert(out.end(), compiled.views.begin(), compiled.views.end());
  for (size_t i = 0; i <= compiled.loads.size(); ++i) {
    const std::string& select = i == 0 ? compiled.rejected : compiled.loads[i - 1].select;
    if (stages.url.empty()) {
      out.push_back("INSERT OVERWRITE DIRECTORY " +
                    quote_text("file:" + stages.folder + "/" + stages.names[i]) +
                    " USING parquet " + select);
      continue;
    }
    std::string options = "url " + quote_text(stages.url) + ", dbtable " +
                          quote_text(stages.names[i]) + ", driver 'org.postgresql.Driver', user " +
                          quote_text(stages.user);
    if (!stages.password.empty()) {
      options += ", password " + (shown ? "'***'" : quote_text(stages.password));
    }
    out.push_back("CREATE TEMPORARY VIEW " + stage_view(i) +
                  " USING org.apache.spark.sql.jdbc OPTIONS (" + options + ")");
    out.push_back("INSERT INTO " + stage_view(i) + " " + select);
  }
  return out;
}

}  // namespace

Result<Compiled> compile(const config::Project& project, const config::Pipeline& pipeline,
                         const std::vector<duckdb::Schema>& columns, config::Faults& faults) {
  CW_ASSIGN(duckdb::Database database, duckdb::Database::open({}));
  CW_ASSIGN(duckdb::Connection connection, database.connect());
  return Compiler(project, pipeline, connection, faults).run(columns);
}

std::string script(const Compiled& compiled, const Stages& stages, bool shown) {
  std::string out;
  for (const std::string& statement : all_statements(compiled, stages, shown)) {
    out += statement + ";\n";
  }
  return out;
}

size_t statements(const Compiled& compiled, const Stages& stages) {
  return all_statements(compiled, stages, true).size();
}

}  // namespace clearwell::spark
