#include "transform/loads.h"

#include <algorithm>

#include "batch/columns.h"
#include "batch/record_sql.h"
#include "config/project.h"

namespace clearwell::transform {
namespace {

using config::Load;
using duckdb::ColumnSchema;
using duckdb::quote_name;
using duckdb::TypeId;

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

int find(const duckdb::Schema& schema, const std::string& name) {
  for (size_t i = 0; i < schema.size(); ++i) {
    if (same_name(schema[i].name, name)) return static_cast<int>(i);
  }
  return -1;
}

std::string names_of(const duckdb::Schema& schema) {
  std::string out;
  for (const ColumnSchema& column : schema) out += (out.empty() ? "" : ", ") + column.name;
  return out;
}

// DuckDB's message without its prefix and the quoted SQL, in one line.
std::string short_message(const std::string& message) {
  std::string text = message.substr(0, message.find("\n\nLINE "));
  const size_t prefix = text.find(" Error: ");
  if (prefix != std::string::npos && prefix < 24) text = text.substr(prefix + 8);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

class LoadCompiler {
 public:
  LoadCompiler(duckdb::Connection& connection, const config::Kind& kind, config::Faults& faults)
      : connection_(connection), kind_(kind), faults_(faults) {}

  Result<std::vector<LoadQuery>> compile() {
    std::vector<LoadQuery> out;
    for (const Load& load : kind_.loads) {
      const size_t before = faults_.size();
      LoadQuery query;
      query.load = &load;
      if (load.over_all) {
        CW_TRY(compile_over_all(query));
      } else {
        CW_TRY(compile_sql(query));
      }
      if (faults_.size() == before) find_columns(query);
      if (load.over_all) {
        if (faults_.size() == before) out.push_back(std::move(query));
        continue;
      }
      if (faults_.size() == before && &load == &kind_.loads.front()) {
        CW_TRY(find_key_fields(query));
      }
      if (faults_.size() == before && load.mode == config::LoadMode::Patch) {
        CW_TRY(find_reads(query));
      }
      if (!load.delete_when.empty()) CW_TRY(compile_deletes(query));
      if (faults_.size() == before && !out.empty()) link_to_first(query, out.front());
      if (faults_.size() == before) out.push_back(std::move(query));
    }
    return out;
  }

 private:
  void fault(const config::Mark& mark, const char* code, const std::string& text) {
    faults_.add(mark, code, text);
  }

  Result<void> compile_sql(LoadQuery& query) {
    const Load& load = *query.load;
    CW_ASSIGN(batch::RecordSql select, batch::record_select(connection_, load.sql));
    for (const std::string& text : select.faults) {
      fault(load.sql_mark, "bad_sql", "load " + load.table + ": " + short_message(text));
    }
    if (!select.faults.empty()) return {};
    auto schema = connection_.describe(select.sql);
    if (!schema.ok()) {
      fault(load.sql_mark, "bad_sql",
            "load " + load.table + ": " + short_message(schema.error().message));
      return {};
    }
    if (schema->front().type.id != TypeId::Integer) {
      fault(load.sql_mark, "bad_sql", "load " + load.table + ": _record must stay a BIGINT");
      return {};
    }
    CW_TRY(check_names(load, select.plain));
    query.sql = select.sql;
    return cast_columns(query, *schema, 1);
  }

  // It is run over a table of the columns that it needs, and so it is described here.
  Result<void> compile_over_all(LoadQuery& query) {
    const Load& load = *query.load;
    CW_ASSIGN(batch::AllSql select, batch::all_select(connection_, load.sql));
    for (const std::string& text : select.faults) {
      fault(load.sql_mark, "bad_sql", "load " + load.table + ": " + short_message(text));
    }
    if (!select.faults.empty()) return {};
    CW_TRY(find_gathered(select, query.gathers));
    std::string columns;
    for (const ColumnSchema& column : query.gathers) {
      columns += (columns.empty() ? "" : ", ") + quote_name(column.name);
    }
    CW_TRY(connection_.execute("CREATE OR REPLACE TEMP VIEW accepted AS SELECT " + columns +
                               " FROM judged WHERE _ok"));
    auto described = describe_over_all(query, select.sql);
    CW_TRY(define_accepted(connection_));
    return described;
  }

  Result<void> describe_over_all(LoadQuery& query, const std::string& sql) {
    auto schema = connection_.describe(sql);
    if (!schema.ok()) {
      fault(query.load->sql_mark, "bad_sql",
            "load " + query.load->table + ": " + short_message(schema.error().message));
      return {};
    }
    CW_TRY(check_names(*query.load, sql));
    query.sql = sql;
    return cast_columns(query, *schema, 0);
  }

  Result<void> find_gathered(const batch::AllSql& select, duckdb::Schema& gathered) {
    CW_ASSIGN(const duckdb::Schema all, connection_.describe("SELECT * FROM accepted"));
    const duckdb::Schema& system = batch::system_columns();
    for (const ColumnSchema& column : all) {
      if (column.name == system.front().name) continue;  // _record
      const bool own = find(system, column.name) < 0;
      if (select.columns.contains(lower_case(column.name)) || (own && select.every_column)) {
        gathered.push_back(column);
      }
    }
    // "SELECT count(*) FROM accepted" reads none.
    if (gathered.empty()) gathered.push_back({"_offset", duckdb::simple(TypeId::Integer)});
    return {};
  }

  // Inside a subquery DuckDB gives the second of two equal names another one.
  Result<void> check_names(const Load& load, const std::string& plain) {
    CW_ASSIGN(const duckdb::Schema schema, connection_.describe(plain));
    for (size_t i = 0; i < schema.size(); ++i) {
      for (size_t other = 0; other < i; ++other) {
        if (!same_name(schema[other].name, schema[i].name)) continue;
        fault(load.sql_mark, "duplicate_column",
              "load " + load.table + ": two columns are called " + schema[i].name);
      }
    }
    return {};
  }

  // Wraps the query so that every column has a type that warehouses keep.
  // The load's own columns begin at `first`.
  Result<void> cast_columns(LoadQuery& query, const duckdb::Schema& schema, size_t first) {
    std::string casts;
    for (size_t i = first; i < schema.size(); ++i) {
      const ColumnSchema& column = schema[i];
      const std::optional<duckdb::Type> type = duckdb::stored_type(column.type);
      if (!type) {
        fault(query.load->sql_mark, "bad_column_type",
              "load " + query.load->table + ": column " + column.name + " is " +
                  duckdb::to_sql(column.type) +
                  ", which no warehouse keeps: cast it, for example to VARCHAR or BIGINT");
        continue;
      }
      if (*type != column.type) {
        casts += (casts.empty() ? "" : ", ") + ("CAST(" + quote_name(column.name)) + " AS " +
                 duckdb::to_sql(*type) + ") AS " + quote_name(column.name);
      }
    }
    if (schema.size() <= first) {
      fault(query.load->sql_mark, "bad_sql", "load " + query.load->table + ": it makes no column");
    }
    if (!casts.empty()) query.sql = "SELECT * REPLACE (" + casts + ") FROM (" + query.sql + ")";
    auto final_schema = connection_.describe(query.sql);
    if (!final_schema.ok()) return std::move(final_schema).error();
    query.columns.assign(final_schema->begin() + static_cast<ptrdiff_t>(first),
                         final_schema->end());
    return {};
  }

  void find_columns(LoadQuery& query) {
    const Load& load = *query.load;
    for (const std::string& name : load.key) {
      const int column = find(query.columns, name);
      if (column < 0) {
        fault(load.mark, "unknown_key_column",
              "load " + load.table + ": its key " + name +
                  " is no column of its SELECT, which has " + names_of(query.columns));
        continue;
      }
      query.key.push_back(static_cast<size_t>(column));
    }
    if (load.version.empty()) return;
    query.version = find(query.columns, load.version);
    if (query.version < 0) {
      fault(load.mark, "unknown_version_column",
            "load " + load.table + ": its version " + load.version +
                " is no column of its SELECT, which has " + names_of(query.columns));
      return;
    }
    const TypeId type = query.columns[static_cast<size_t>(query.version)].type.id;
    if (type == TypeId::List || type == TypeId::Struct || type == TypeId::Json) {
      fault(load.mark, "bad_version_type",
            "load " + load.table + ": its version " + load.version +
                " cannot be compared: take a number, a text or a time");
    }
  }

  Result<void> compile_deletes(LoadQuery& query) {
    const Load& load = *query.load;
    const std::string sql = "SELECT (" + load.delete_when + "\n) AS deletes FROM accepted";
    const auto fault_here = [&](const std::string& text) {
      fault(load.delete_when_mark, "bad_sql",
            "load " + load.table + ", delete_when: " + short_message(text));
    };
    CW_ASSIGN(const batch::RecordSql select, batch::record_select(connection_, sql));
    for (const std::string& text : select.faults) fault_here(text);
    if (!select.faults.empty()) return {};
    auto schema = connection_.describe(select.sql);
    if (!schema.ok()) {
      fault_here(schema.error().message);
    } else if (schema->size() != 2 || schema->back().type.id != TypeId::Boolean) {
      fault_here("it must be one condition, true or false");
    } else {
      query.deletes = select.sql;
    }
    return {};
  }

  // What the columns of a patch read of a record, to know which of them it brings.
  Result<void> find_reads(LoadQuery& query) {
    const Load& load = *query.load;
    for (const ColumnSchema& column : query.columns) {
      CW_ASSIGN(auto reads, batch::columns_read(connection_, load.sql, column.name));
      if (!reads) {
        fault(load.sql_mark, "bad_combination",
              "load " + load.table + ": mode patch must know which fields its column " +
                  column.name +
                  " is made of: write a plain SELECT … FROM accepted, and name the column");
        return {};
      }
      if (std::find(reads->begin(), reads->end(), "_extra") != reads->end()) {
        fault(load.sql_mark, "bad_combination",
              "load " + load.table +
                  ": _extra is made of fields that the contract does not know, so mode patch "
                  "cannot tell whether a record brings it: leave it out");
      }
      query.reads.push_back(*std::move(reads));
    }
    return {};
  }

  // Which contract fields the first load's key and version columns copy.
  Result<void> find_key_fields(LoadQuery& query) {
    for (size_t column : query.key) {
      CW_ASSIGN(const std::string field, copied_field(query, column));
      if (field.empty()) {
        query.key_fields.clear();
        break;
      }
      query.key_fields.push_back(field);
    }
    if (query.version < 0) return {};
    CW_ASSIGN(query.version_field, copied_field(query, static_cast<size_t>(query.version)));
    return {};
  }

  // The contract field of the same type that a column of the load copies, or an empty text.
  Result<std::string> copied_field(const LoadQuery& query, size_t column) {
    CW_ASSIGN(const std::string name,
              batch::copied_column(connection_, query.load->sql, query.columns[column].name));
    return batch::find_column(kind_.fields, name) ? name : std::string();
  }

  void link_to_first(LoadQuery& query, const LoadQuery& first) {
    for (size_t column : first.key) {
      const int own = find(query.columns, first.columns[column].name);
      if (own < 0 || query.columns[static_cast<size_t>(own)].type != first.columns[column].type) {
        query.parent_key.clear();
        break;
      }
      query.parent_key.push_back(static_cast<size_t>(own));
    }
    const bool replaces =
        config::keeps_versions(first.load->mode) && first.load->mode != config::LoadMode::Patch;
    const bool deletes = !first.load->delete_when.empty();
    const bool needs_link =
        (replaces || deletes) && !query.load->history && !config::keeps_versions(query.load->mode);
    if (needs_link && query.parent_key.empty()) {
      const std::string mode = config::mode_name(first.load->mode);
      fault(query.load->mark, "no_parent_key",
            "load " + query.load->table + ": the first load is " +
                (mode == "upsert" || mode == "update" ? "an " : "a ") + mode +
                ", so older rows must be found when a newer version comes: select its key "
                "column(s) here too, or say `history: true`");
    }
  }

  duckdb::Connection& connection_;
  const config::Kind& kind_;
  config::Faults& faults_;
};

}  // namespace

Result<void> define_accepted(duckdb::Connection& connection) {
  CW_TRY(connection.execute(
      "CREATE OR REPLACE TEMP VIEW accepted AS SELECT * EXCLUDE (_ok) FROM judged WHERE _ok"));
  return {};
}

Result<std::vector<LoadQuery>> compile_loads(duckdb::Connection& connection,
                                             const config::Kind& kind, config::Faults& faults) {
  return LoadCompiler(connection, kind, faults).compile();
}

Result<duckdb::Rows> run_load(duckdb::Connection& connection, const LoadQuery& query) {
  return connection.query(query.sql);
}

Result<std::vector<bool>> run_deletes(duckdb::Connection& connection, const LoadQuery& query,
                                      size_t records) {
  if (query.deletes.empty()) return std::vector<bool>();
  CW_ASSIGN(const duckdb::Rows rows, connection.query(query.deletes));
  std::vector<bool> out(records, false);
  bool any = false;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    const duckdb::Column holds = chunk.column(1);
    for (size_t row = 0; row < chunk.rows(); ++row) {
      if (!holds.is_valid(row) || holds.data<uint8_t>()[row] == 0) continue;
      out[static_cast<size_t>(chunk.column(0).data<int64_t>()[row])] = any = true;
    }
  }
  return any ? out : std::vector<bool>();
}

}  // namespace clearwell::transform
