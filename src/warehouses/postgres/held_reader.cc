// Reading held records back: whose parents have come, whose time is up, or by id.
#include "warehouses/postgres/postgres_warehouse.h"
#include "warehouses/postgres/text_match.h"

namespace clearwell::warehouses {
namespace {

using duckdb::quote_name;
using duckdb::quote_text;

// "users.user_id" → {"users", "user_id"}: the column is what stands after the last dot.
std::pair<std::string, std::string> split_target(const std::string& target) {
  const size_t dot = target.rfind('.');
  return {target.substr(0, dot), target.substr(dot + 1)};
}

// One select for both kinds of holders, with equal columns.
std::string held_columns(bool parked) {
  return std::string("SELECT id, ") + (parked ? "true" : "false") +
         " AS from_park, kind, source, partition, \"offset\", line, ord, arrived, payload FROM "
         "clearwell." +
         (parked ? "parked" : "quarantine");
}

}  // namespace

Result<bool> PostgresWarehouse::any_waits(const std::string& pipeline,
                                          const std::vector<std::string>& targets) {
  if (targets.empty()) return false;
  CW_ASSIGN(const duckdb::Rows rows,
            read("SELECT 1 FROM clearwell.waits WHERE pipeline = $1 AND target = ANY ($2::text[]) "
                 "LIMIT 1",
                 {pipeline, postgres::array_literal(targets)}));
  return rows.size() > 0;
}

// Holders of the waits for one target that find their parent, or that do not.
Result<std::string> PostgresWarehouse::holders(const std::string& pipeline,
                                               const std::string& target, bool found) {
  const auto [table, column] = split_target(target);
  std::string there = "false";
  CW_ASSIGN(const std::optional<duckdb::Schema> schema, columns(table));
  for (const duckdb::ColumnSchema& parent : schema.value_or(duckdb::Schema{})) {
    if (parent.name != column) continue;
    there = "EXISTS (SELECT 1 FROM " + duckdb::quote_table(table) + " p WHERE " +
            matches_text("p." + quote_name(column), parent.type, "w.value") + ")";
  }
  return "SELECT w.holder FROM clearwell.waits w WHERE w.pipeline = " + quote_text(pipeline) +
         " AND w.target = " + quote_text(target) + (found ? " AND " : " AND NOT ") + there;
}

// A record waits as long as one of its parents is missing. First is asked whether any parent has
// come: mostly none has, and that is known without going through all that wait a second time.
Result<HeldRecords> PostgresWarehouse::releasable(const std::string& pipeline,
                                                  const std::vector<std::string>& targets,
                                                  size_t limit) {
  if (targets.empty()) return HeldRecords{};
  std::string list, found, missing;
  for (const std::string& target : targets) {
    CW_ASSIGN(const std::string there, holders(pipeline, target, true));
    CW_ASSIGN(const std::string not_there, holders(pipeline, target, false));
    list += (list.empty() ? "" : ", ") + quote_text(target);
    found += there + " UNION ALL ";
    missing += (missing.empty() ? "" : " UNION ALL ") + not_there;
  }
  // What is no reference any more keeps nobody waiting.
  found += "SELECT w.holder FROM clearwell.waits w WHERE w.pipeline = " + quote_text(pipeline) +
           " AND w.target NOT IN (" + list + ")";
  CW_ASSIGN(const duckdb::Rows any, read("SELECT f.holder FROM (" + found + ") f LIMIT 1"));
  if (any.size() == 0) return HeldRecords{};
  return read_held(pipeline,
                   "SELECT f.holder FROM (" + found + ") f WHERE NOT EXISTS (SELECT 1 FROM (" +
                       missing + ") m WHERE m.holder = f.holder)",
                   limit);
}

Result<HeldRecords> PostgresWarehouse::expired(const std::string& pipeline,
                                               std::chrono::microseconds clock, size_t limit) {
  return read_held(pipeline,
                   "SELECT id FROM clearwell.parked WHERE pipeline = " + quote_text(pipeline) +
                       " AND deadline_us <= " + std::to_string(clock.count()),
                   limit);
}

Result<HeldRecords> PostgresWarehouse::held(const std::string& pipeline,
                                            const std::vector<int64_t>& ids) {
  std::string list;
  for (int64_t id : ids) list += (list.empty() ? "" : ",") + std::to_string(id);
  return read_held(pipeline, "SELECT unnest('{" + list + "}'::bigint[])", ids.size());
}

Result<HeldRecords> PostgresWarehouse::read_held(const std::string& pipeline,
                                                 const std::string& ids_query, size_t limit) {
  const std::string where =
      " WHERE pipeline = " + quote_text(pipeline) + " AND id IN (" + ids_query + ")";
  CW_ASSIGN(
      const duckdb::Rows rows,
      read(held_columns(true) + where + " UNION ALL " + held_columns(false) + where +
           " AND state IN ('open', 'resolved') ORDER BY ord, id LIMIT " + std::to_string(limit)));
  HeldRecords held;
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      const auto text = [&](size_t column) {
        return held.raw.arena.add(chunk.column(column).text(i));
      };
      const auto integer = [&](size_t column) { return chunk.column(column).data<int64_t>()[i]; };
      held.ids.push_back(integer(0));
      held.from_park.push_back(chunk.column(1).data<uint8_t>()[i] != 0);
      held.kinds.emplace_back(chunk.column(2).text(i));
      batch::Record record;
      record.source = text(3);
      record.partition = text(4);
      record.offset = integer(5);
      record.line = integer(6);
      record.order = batch::decode_order(text(7));
      record.arrived = Instant(Micros(integer(8)));
      record.payload = text(9);
      held.raw.payload_bytes += record.payload.size();
      held.raw.records.push_back(record);
    }
  }
  return held;
}

}  // namespace clearwell::warehouses
