#include "engine/spark_stages.h"

#include <cstring>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "base/time.h"
#include "batch/reason.h"
#include "drivers/postgres/address.h"
#include "drivers/postgres/types.h"

namespace clearwell::engine {
namespace {

// Rows that are in memory at a time.
constexpr int64_t slice_rows = 122880;
constexpr size_t start_bytes = 200;

bool is_postgres(const std::string& url) {
  return url.starts_with("postgres:") || url.starts_with("postgresql:");
}

// As in a URL: all but letters and digits as %XX.
std::string encoded(const std::string& text) {
  constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-' || c == '.') {
      out += c;
    } else {
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return out;
}

Result<void> set_jdbc(const std::string& url, spark::Stages& place) {
  const std::string rest = url.substr(url.find(':'));
  CW_ASSIGN(const postgres::Address address, postgres::address_of("postgres" + rest));
  if (address.host.empty() || address.host.front() == '/' ||
      address.host.find(',') != std::string::npos) {
    return config_error(
        "Spark reaches PostgreSQL over the network only: name one host in the warehouse's URL, "
        "postgres://USER@HOST/DATABASE");
  }
  const bool v6 = address.host.find(':') != std::string::npos;
  place.url = "jdbc:postgresql://" + (v6 ? "[" + address.host + "]" : address.host) + ":" +
              (address.port.empty() ? "5432" : address.port) + "/" + encoded(address.database) +
              // Texts are given without a type, so that they go into columns of uuids, too.
              "?stringtype=unspecified&reWriteBatchedInserts=true";
  if (!address.ssl_mode.empty()) place.url += "&sslmode=" + encoded(address.ssl_mode);
  place.user = address.user;
  place.password = address.password;
  return {};
}

}  // namespace

size_t SparkVerdicts::Hasher::operator()(const Hash128& hash) const {
  size_t out = 0;
  std::memcpy(&out, hash.data(), sizeof out);
  return out;
}

// Another one for each run, on whatever machine.
std::string SparkStages::new_run() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const std::string seed = std::string(host) + "/" + std::to_string(getpid()) + "/" +
                           std::to_string(Steady::now().time_since_epoch().count()) + "/" +
                           to_iso8601(now());
  return to_hex(hash128(seed)).substr(0, 12);
}

Result<SparkStages> SparkStages::make(const config::Project& project, const std::string& pipeline,
                                      const std::string& folder, size_t loads,
                                      const std::string& run) {
  SparkStages out;
  out.prefix_ = "spark_" + to_hex(hash128(pipeline)).substr(0, 12) + "_";
  out.run_prefix_ = out.prefix_ + run + "_";
  if (is_postgres(project.warehouse)) {
    CW_TRY(set_jdbc(project.warehouse, out.place_));
    for (size_t i = 0; i <= loads; ++i) {
      out.place_.names.push_back("clearwell." + out.run_prefix_ + std::to_string(i));
    }
    return out;
  }
  out.place_.folder = folder;
  for (size_t i = 0; i <= loads; ++i) out.place_.names.push_back("stage_" + std::to_string(i));
  duckdb::DatabaseOptions options;
  options.external_access = true;
  CW_ASSIGN(out.files_, duckdb::Database::open(options));
  return out;
}

Result<void> SparkStages::drop(warehouses::Warehouse& warehouse, const std::string& prefix) {
  CW_ASSIGN(const duckdb::Rows rows,
            warehouse.query("SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = "
                            "'clearwell' AND starts_with(tablename, '" +
                            prefix + "')"));
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      CW_TRY(warehouse.execute("DROP TABLE IF EXISTS clearwell." +
                               duckdb::quote_name(chunk.column(0).text(i))));
    }
  }
  return {};
}

Result<void> SparkStages::create(warehouses::Warehouse& warehouse,
                                 const spark::Compiled& compiled) {
  if (!is_jdbc()) return {};  // the folder is empty
  CW_TRY(drop(warehouse, prefix_));
  CW_TRY(warehouse.execute("CREATE UNLOGGED TABLE " + place_.names[0] +
                           " (payload bytea, reasons text, records bigint)"));
  for (size_t i = 0; i < compiled.loads.size(); ++i) {
    // A task whose rows are in and that is run again meets them here, and the run ends.
    std::string columns = "_row bigint PRIMARY KEY";
    for (const duckdb::ColumnSchema& column : compiled.loads[i].columns) {
      columns += ", " + duckdb::quote_name(column.name) + " " + postgres::type_name(column.type);
    }
    CW_TRY(
        warehouse.execute("CREATE UNLOGGED TABLE " + place_.names[i + 1] + " (" + columns + ")"));
  }
  return {};
}

Result<void> SparkStages::remove(warehouses::Warehouse& warehouse) {
  if (is_jdbc()) return drop(warehouse, run_prefix_);
  std::error_code error;
  for (const std::string& name : place_.names) {
    std::filesystem::remove_all(place_.folder + "/" + name, error);
  }
  return {};
}

std::string SparkStages::parquet(size_t stage) const {
  return "read_parquet(" +
         duckdb::quote_text(place_.folder + "/" + place_.names[stage] + "/*.parquet");
}

Result<duckdb::Rows> SparkStages::read(warehouses::Warehouse& warehouse,
                                       const std::string& columns) {
  if (is_jdbc()) return warehouse.query("SELECT " + columns + " FROM " + place_.names[0]);
  CW_ASSIGN(duckdb::Connection connection, files_->connect());
  return connection.query("SELECT " + columns + " FROM " + parquet(0) + ")");
}

Result<SparkVerdicts> SparkStages::verdicts(warehouses::Warehouse& warehouse, int64_t most_bytes) {
  CW_ASSIGN(const duckdb::Rows size,
            read(warehouse, "CAST(coalesce(sum(octet_length(payload)), 0) AS BIGINT)"));
  const int64_t bytes = size.chunks.front().column(0).data<int64_t>()[0];
  if (bytes > most_bytes) {
    return fatal("Spark has rejected " + std::to_string(bytes) +
                 " bytes, more than limits.quarantine_bytes");
  }
  CW_ASSIGN(const duckdb::Rows rows, read(warehouse, "payload, reasons, records"));
  SparkVerdicts out;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    const duckdb::Column payloads = chunk.column(0), reasons = chunk.column(1);
    const auto* records = chunk.column(2).data<int64_t>();
    for (size_t i = 0; i < chunk.rows(); ++i) {
      if (!payloads.is_valid(i)) {
        out.accepted += records[i];
        continue;
      }
      const std::string_view payload = payloads.text(i);
      SparkVerdicts::Payload& one = out.rejected[hash128(payload)];
      one.records += records[i];
      one.reasons = reasons.text(i);
      one.start = batch::printable(payload.substr(0, start_bytes));
    }
  }
  return out;
}

namespace {

// "_record" 0, and the columns in the target's types.
std::string load_columns(const warehouses::Target& target) {
  std::string out = "0::BIGINT AS _record";
  for (const duckdb::ColumnSchema& column : target.columns) {
    const std::string name = duckdb::quote_name(column.name);
    out += ", CAST(" + name + " AS " + duckdb::to_sql(column.type);
    out += ") AS " + name;
  }
  return out;
}

// Writes one file of Parquet, a slice at a time.
Result<void> load_file(duckdb::Connection& connection, warehouses::Transaction& transaction,
                       const warehouses::Target& target, const std::string& file, int64_t count) {
  const std::string select = "SELECT " + load_columns(target) + " FROM read_parquet(" +
                             duckdb::quote_text(file) +
                             ", file_row_number = true) WHERE file_row_number BETWEEN ";
  for (int64_t from = 0; from < count; from += slice_rows) {
    const std::string slice =
        std::to_string(from) + " AND " + std::to_string(from + slice_rows - 1);
    warehouses::LoadRows rows{&target, {}};
    CW_ASSIGN(rows.rows, connection.query(select + slice));
    std::vector<warehouses::Written> written(1, warehouses::Written::Nothing);
    CW_TRY(transaction.write_first(rows, {}, written));
  }
  return {};
}

}  // namespace

Result<int64_t> SparkStages::load(warehouses::Transaction& transaction,
                                  const warehouses::Target& target, size_t load) {
  if (is_jdbc()) {
    CW_ASSIGN(const uint64_t rows, transaction.write_from(target, place_.names[load + 1]));
    return static_cast<int64_t>(rows);
  }
  CW_ASSIGN(duckdb::Connection connection, files_->connect());
  CW_ASSIGN(const duckdb::Rows sizes,
            connection.query("SELECT filename, count(*) FROM " + parquet(load + 1) +
                             ", filename = true) GROUP BY 1 ORDER BY 1"));
  int64_t total = 0;
  for (const duckdb::Chunk& chunk : sizes.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      const std::string file(chunk.column(0).text(i));
      const int64_t count = chunk.column(1).data<int64_t>()[i];
      CW_TRY(load_file(connection, transaction, target, file, count));
      total += count;
    }
  }
  return total;
}

}  // namespace clearwell::engine
