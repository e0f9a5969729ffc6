// Target tables: made, checked against their loads, and what their unique indexes tell.
#include <algorithm>

#include "base/step.h"
#include "warehouses/postgres/postgres_warehouse.h"
#include "warehouses/postgres/schema.h"
#include "warehouses/postgres/transaction.h"

namespace clearwell::warehouses {
namespace {

using duckdb::ColumnSchema;
using duckdb::quote_name;
using postgres::type_name;

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// Names differ by case in PostgreSQL, so the very name goes before one that only sounds like it.
const ColumnSchema* find(const duckdb::Schema& schema, const std::string& name) {
  const ColumnSchema* alike = nullptr;
  for (const ColumnSchema& column : schema) {
    if (column.name == name) return &column;
    if (same_name(column.name, name)) alike = &column;
  }
  return alike;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

bool unique_keys(const Target& target) {
  return !target.key.empty() &&
         (target.mode == config::LoadMode::Insert || config::keeps_versions(target.mode));
}

}  // namespace

std::string postgres_target_name(const Target& target) {
  std::string name = target.pipeline + '\n' + target.table + '\n' +
                     std::to_string(static_cast<int>(target.mode)) + (target.history ? "h" : "-") +
                     (target.patched ? "p" : "-") + (target.deleted_from ? "d" : "-") +
                     (target.first ? "1" : "n") + std::to_string(target.version);
  for (const ColumnSchema& column : target.columns) {
    name += '\n' + column.name + ' ' + type_name(column.type);
  }
  for (const auto& columns : {target.key, target.parent_key}) {
    name += '\n';
    for (size_t column : columns) name += std::to_string(column) + ' ';
  }
  return name;
}

Result<void> PostgresWarehouse::prepare(const Target& target) {
  auto state = std::make_unique<PostgresTarget>();
  state->target = target;
  state->table = duckdb::quote_table(target.table);
  state->versioned = config::keeps_versions(target.mode);
  state->patched = state->versioned && target.patched;
  for (const ColumnSchema& column : target.columns) {
    state->names.push_back(quote_name(column.name));
  }
  CW_TRY(make_table(*state));
  state->column_list = joined(state->names);
  for (size_t column : target.key) {
    const std::string& name = state->names[column];
    state->key_match += state->key_match.empty() ? "" : " AND ";
    state->key_match.append("t.").append(name).append(" = s.").append(name);
  }
  CW_TRY(find_key_index(*state));

  const std::lock_guard lock(writer_.mutex);
  CW_TRY(connect_writer());
  std::unique_ptr<PostgresTarget>& kept = targets_[postgres_target_name(target)];
  const std::string number = kept != nullptr
                                 ? kept->keys_stage.substr(kept->keys_stage.rfind('_') + 1)
                                 : std::to_string(targets_.size());
  state->keys_stage = "pg_temp.clearwell_keys_" + number;
  state->rows_stage = "pg_temp.clearwell_rows_" + number;
  kept = std::move(state);
  return make_stages(*kept);
}

Result<void> PostgresWarehouse::make_stages(const PostgresTarget& state) {
  if (state.target.key.empty()) return {};
  std::string keys;
  for (size_t column : state.target.key) keys += ", " + state.names[column];
  const auto stage = [&](const std::string& name, const std::string& columns) {
    return "DROP TABLE IF EXISTS " + name + "; CREATE TEMP TABLE " +
           name.substr(name.find('.') + 1) +
           " ON COMMIT DELETE ROWS AS SELECT NULL::bigint AS _row" + columns + " FROM " +
           state.table + " WITH NO DATA;";
  };
  CW_TRY(writer_.connection->execute(
      stage(state.keys_stage, keys) +
      stage(state.rows_stage, ", " + state.column_list + ", NULL::integer AS _action" +
                                  (state.versioned ? ", _version" : ", NULL::bytea AS _version") +
                                  (state.patched ? ", NULL::text AS _fields, _patches" : ""))));
  return {};
}

// One process at a time, since two could find the same table missing. One that is stopped meanwhile
// must not keep the others out for long.
Result<void> PostgresWarehouse::make_table(PostgresTarget& state) {
  const std::lock_guard lock(writer_.mutex);
  CW_ASSIGN(postgres::Connection* const connection, connect_writer());
  CW_TRY(connection->begin());
  auto done = connection->execute("SET LOCAL idle_in_transaction_session_timeout = '20s'");
  if (done.ok()) done = connection->execute(tables_lock);
  auto made = done.ok() ? create_or_check(state) : Result<void>(std::move(done).error());
  if (made.ok() && state.versioned) made = learn_deletions(state);
  if (made.ok()) made = connection->commit();
  if (made.ok()) step("warehouse.table_made");
  connection->rollback();
  return made;
}

Result<void> PostgresWarehouse::create_or_check(PostgresTarget& state) {
  postgres::Connection& connection = *writer_.connection;
  CW_ASSIGN(const duckdb::Rows found,
            connection.query("SELECT to_regclass($1) IS NOT NULL", {state.table}));
  if (found.chunks.front().column(0).data<uint8_t>()[0] != 0) {
    CW_ASSIGN(const duckdb::Schema columns, connection.describe("SELECT * FROM " + state.table));
    return check_columns(state, columns);
  }
  const size_t dot = state.target.table.find('.');
  if (dot != std::string::npos) {
    // CREATE SCHEMA IF NOT EXISTS asks for the right to make it also where it exists.
    const std::string schema = quote_name(state.target.table.substr(0, dot));
    CW_ASSIGN(const duckdb::Rows known,
              connection.query("SELECT to_regnamespace($1) IS NOT NULL", {schema}));
    if (known.chunks.front().column(0).data<uint8_t>()[0] == 0) {
      CW_TRY(connection.execute("CREATE SCHEMA " + schema));
    }
  }
  CW_TRY(create_table(state));
  // Those of a table of that name that is gone.
  CW_TRY(name_table(state));
  CW_TRY(connection.execute("DELETE FROM clearwell.deletions WHERE table_name = $1", {state.name}));
  return {};
}

// As it is known whatever schemas are looked through.
Result<void> PostgresWarehouse::name_table(PostgresTarget& state) {
  CW_ASSIGN(const duckdb::Rows names,
            writer_.connection->query(
                "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid "
                "= c.relnamespace WHERE c.oid = to_regclass($1)",
                {state.table}));
  state.name = names.chunks.front().column(0).text(0);
  return {};
}

// Nothing is asked of a table from which nobody deletes.
Result<void> PostgresWarehouse::learn_deletions(PostgresTarget& state) {
  CW_TRY(name_table(state));
  CW_ASSIGN(
      const duckdb::Rows any,
      writer_.connection->query(
          "SELECT EXISTS (SELECT 1 FROM clearwell.deletions WHERE table_name = $1)", {state.name}));
  state.deletions =
      state.target.deleted_from || any.chunks.front().column(0).data<uint8_t>()[0] != 0;
  return {};
}

Result<void> PostgresWarehouse::create_table(const PostgresTarget& state) {
  std::string sql = "CREATE TABLE " + state.table + " (", keys;
  for (size_t i = 0; i < state.names.size(); ++i) {
    sql += (i == 0 ? "" : ", ") + state.names[i] + " " + type_name(state.target.columns[i].type);
  }
  for (size_t column : state.target.key) {
    keys += (keys.empty() ? "" : ", ") + state.names[column];
  }
  if (state.versioned) sql += ", _version bytea";
  if (state.patched) sql += ", _patches bytea";
  if (unique_keys(state.target)) sql += ", PRIMARY KEY (" + keys + ")";
  CW_TRY(writer_.connection->execute(sql + ")"));
  return {};
}

Result<void> PostgresWarehouse::check_columns(PostgresTarget& state, const duckdb::Schema& found) {
  for (size_t i = 0; i < state.target.columns.size(); ++i) {
    const ColumnSchema& column = state.target.columns[i];
    const ColumnSchema* there = find(found, column.name);
    const std::string wanted = type_name(column.type);
    if (there == nullptr) {
      CW_TRY(writer_.connection->execute("ALTER TABLE " + state.table + " ADD COLUMN " +
                                         state.names[i] + " " + wanted));
    } else if (type_name(there->type) != wanted) {
      CW_ASSIGN(const bool any, takes_any_decimal(state, *there));
      if (any && column.type.id == duckdb::TypeId::Decimal) {
        state.names[i] = quote_name(there->name);
        continue;
      }
      return config_error("table " + state.target.table + ": column " + column.name + " is " +
                          type_name(there->type) + ", but the load makes " + wanted +
                          " of it: cast it in the load's SELECT, or change the table");
    } else {
      state.names[i] = quote_name(there->name);
    }
  }
  return state.versioned ? check_version_columns(state, found) : Result<void>();
}

// A numeric without precision, as others' tables have it, keeps every decimal exactly; it is read
// as text.
Result<bool> PostgresWarehouse::takes_any_decimal(const PostgresTarget& state,
                                                  const ColumnSchema& there) {
  CW_ASSIGN(const duckdb::Rows found,
            writer_.connection->query(
                "SELECT 1::bigint FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = "
                "$2 AND atttypid = 'numeric'::regtype AND atttypmod = -1",
                {state.table, there.name}));
  return found.size() > 0;
}

Result<void> PostgresWarehouse::check_version_columns(PostgresTarget& state,
                                                      const duckdb::Schema& found) {
  const std::string& table = state.target.table;
  if (find(found, "_version") == nullptr) {
    return config_error("table " + table + " has no column _version, which mode " +
                        config::mode_name(state.target.mode) + " keeps versions in: ALTER TABLE " +
                        table + " ADD COLUMN _version bytea");
  }
  if (find(found, "_patches") != nullptr) {
    state.patched = true;
  } else if (state.patched) {
    CW_TRY(
        writer_.connection->execute("ALTER TABLE " + state.table + " ADD COLUMN _patches bytea"));
  }
  return {};
}

Result<void> PostgresWarehouse::find_key_index(PostgresTarget& state) {
  if (!unique_keys(state.target)) return {};
  CW_ASSIGN(
      const duckdb::Rows indexes,
      read("SELECT c.relname::text, (SELECT array_agg(quote_ident(a.attname)) FROM pg_attribute a "
           "WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts "
           "- 1])) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = "
           "to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred "
           "IS NULL AND i.indexprs IS NULL ORDER BY i.indisprimary DESC, 1",
           {state.table}));
  std::vector<std::string> keys;
  for (size_t column : state.target.key) keys.push_back(state.names[column]);
  std::sort(keys.begin(), keys.end());
  for (const duckdb::Chunk& chunk : indexes.chunks) {
    const duckdb::Column lists = chunk.column(1), names = lists.child();
    for (size_t row = 0; row < chunk.rows(); ++row) {
      const auto list = lists.data<duckdb::ListEntry>()[row];
      std::vector<std::string> columns;
      for (uint64_t i = 0; i < list.length; ++i) {
        const std::string_view name = names.text(list.offset + i);
        columns.push_back(name.starts_with('"') ? std::string(name) : quote_name(name));
      }
      std::sort(columns.begin(), columns.end());
      if (columns != keys || !state.key_index.empty()) continue;
      state.key_index = chunk.column(0).text(row);
    }
  }
  return {};
}

}  // namespace clearwell::warehouses
