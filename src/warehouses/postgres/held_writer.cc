// Quarantine and park: rows in, states changed, waits kept in step.
#include <xxhash.h>

#include "warehouses/postgres/schema.h"
#include "warehouses/postgres/transaction.h"

namespace clearwell::warehouses {
namespace {

using duckdb::RowWriter;
using postgres::hex;

void put_origin(RowWriter& rows, const Held& held) {
  const batch::Record& record = held.record;
  rows.text(record.source)
      .text(record.partition)
      .integer(record.offset)
      .integer(record.line)
      .text(batch::encode_order(record.order))
      .integer(record.arrived.time_since_epoch().count());
}

// PostgreSQL's texts hold no NUL bytes; what names a record may have one, and shows it so.
std::string without_nul(std::string text) {
  static constexpr std::string_view symbol = "\xE2\x90\x80";  // U+2400
  for (size_t at = 0; (at = text.find('\0', at)) != std::string::npos; at += symbol.size()) {
    text.replace(at, 1, symbol);
  }
  return text;
}

void put_name(RowWriter& rows, const std::string& pipeline, const Held& held, int64_t id) {
  const auto key = held.key ? std::optional(without_nul(*held.key)) : std::nullopt;
  rows.integer(id).text(pipeline).text(held.kind).text(without_nul(held.entry)).text_or_null(key);
}

void put_waits(RowWriter& rows, const std::string& pipeline, const Held& held, int64_t id) {
  for (const auto& [target, value] : held.waits) {
    rows.integer(id).text(pipeline).text(target).text(without_nul(value));
  }
}

uint64_t hash_of(std::string_view entry) { return XXH3_64bits(entry.data(), entry.size()); }

const char* state_name(HeldState state) {
  switch (state) {
    case HeldState::Resolved:
      return "resolved";
    case HeldState::Released:
      return "released";
    case HeldState::Replayed:
      return "replayed";
    case HeldState::Discarded:
      return "discarded";
  }
  return "";
}

// "{1,2}"
std::string id_list(std::span<const int64_t> ids) {
  std::string out = "{";
  for (int64_t id : ids) out += (out.size() > 1 ? "," : "") + std::to_string(id);
  return out + "}";
}

}  // namespace

Result<std::vector<int64_t>> PostgresTransaction::new_ids(size_t count) {
  std::vector<int64_t> ids;
  if (count == 0) return ids;
  CW_ASSIGN(const duckdb::Rows rows,
            connection().query("SELECT nextval('clearwell.ids') FROM generate_series(1, $1)",
                               {std::to_string(count)}));
  for (const duckdb::Chunk& chunk : rows.chunks) {
    const auto* values = chunk.column(0).data<int64_t>();
    ids.insert(ids.end(), values, values + chunk.rows());
  }
  return ids;
}

Result<void> PostgresTransaction::drop_waits(const std::string& ids) {
  CW_TRY(
      connection().execute("DELETE FROM clearwell.waits WHERE holder = ANY ($1::bigint[])", {ids}));
  return {};
}

Result<void> PostgresTransaction::quarantine(const std::string& pipeline,
                                             std::span<const Held> records) {
  std::vector<int64_t> known;
  for (const Held& held : records) {
    if (held.id != 0) known.push_back(held.id);
  }
  std::unordered_map<int64_t, int64_t> attempts;
  if (!known.empty()) {
    // They come back from park or from a replay: their row is written anew, attempts counted on.
    const std::string ids = id_list(known);
    CW_TRY(drop_waits(ids));
    CW_ASSIGN(const duckdb::Rows old,
              connection().query("DELETE FROM clearwell.quarantine WHERE id = ANY ($1::bigint[]) "
                                 "RETURNING id, attempts",
                                 {ids}));
    for (const duckdb::Chunk& chunk : old.chunks) {
      for (size_t i = 0; i < chunk.rows(); ++i) {
        attempts[chunk.column(0).data<int64_t>()[i]] = chunk.column(1).data<int64_t>()[i];
      }
    }
    CW_TRY(
        connection().execute("DELETE FROM clearwell.parked WHERE id = ANY ($1::bigint[])", {ids}));
  }
  CW_ASSIGN(const std::vector<int64_t> fresh, new_ids(records.size() - known.size()));
  RowWriter rows(quarantine_columns()), waits(waits_columns());
  const int64_t time = now().time_since_epoch().count();
  size_t next = 0;
  KeyFilter* open = open_entries(pipeline);
  for (const Held& held : records) {
    const int64_t id = held.id != 0 ? held.id : fresh[next++];
    put_name(rows, pipeline, held, id);
    if (open != nullptr && !held.resolved) open->insert(hash_of(without_nul(held.entry)));
    rows.text(std::string_view(held.resolved ? "resolved" : "open"));
    put_origin(rows, held);
    const auto tried = attempts.find(id);
    rows.text_or_null(held.tuple).integer(time).text(held.contract_version);
    rows.integer(tried == attempts.end() ? 1 : tried->second + 1);
    rows.texts(held.codes).text(held.reasons).text(held.record.payload);
    put_waits(waits, pipeline, held, id);
  }
  CW_TRY(insert_rows("clearwell.quarantine", quarantine_columns(), rows));
  return insert_rows("clearwell.waits", waits_columns(), waits);
}

Result<void> PostgresTransaction::park(const std::string& pipeline, std::span<const Held> records) {
  CW_ASSIGN(const std::vector<int64_t> ids, new_ids(records.size()));
  RowWriter rows(parked_columns()), waits(waits_columns());
  const int64_t time = now().time_since_epoch().count();
  for (size_t i = 0; i < records.size(); ++i) {
    const Held& held = records[i];
    CW_ASSERT(held.id == 0);
    put_name(rows, pipeline, held, ids[i]);
    put_origin(rows, held);
    rows.integer(time).integer(held.deadline.count()).text(held.contract_version);
    rows.text(held.reasons).text(held.record.payload);
    put_waits(waits, pipeline, held, ids[i]);
  }
  CW_TRY(insert_rows("clearwell.parked", parked_columns(), rows));
  return insert_rows("clearwell.waits", waits_columns(), waits);
}

Result<void> PostgresTransaction::settle(const std::string& pipeline, std::span<const int64_t> ids,
                                         HeldState state) {
  if (ids.empty()) return {};
  const std::string list = id_list(ids);
  CW_TRY(drop_waits(list));
  CW_TRY(connection().execute(
      "DELETE FROM clearwell.parked WHERE pipeline = $1 AND id = ANY ($2::bigint[])",
      {pipeline, list}));
  CW_TRY(connection().execute(
      std::string("UPDATE clearwell.quarantine SET state = '") + state_name(state) +
          (state == HeldState::Discarded ? "'" : "', attempts = attempts + 1") +
          " WHERE pipeline = $1 AND id = ANY ($2::bigint[])",
      {pipeline, list}));
  return {};
}

KeyFilter* PostgresTransaction::open_entries(const std::string& pipeline) {
  if (!warehouse_.leases_.is_ours(pipeline)) return nullptr;
  const auto known = warehouse_.open_entries_.find(pipeline);
  if (known != warehouse_.open_entries_.end()) return &known->second;
  const auto rows = connection().query(
      "SELECT entry FROM clearwell.quarantine WHERE pipeline = $1 AND state = 'open'", {pipeline});
  if (!rows.ok()) return nullptr;  // told by the next statement
  KeyFilter& filter = warehouse_.open_entries_[pipeline];
  for (const duckdb::Chunk& chunk : rows->chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) filter.insert(hash_of(chunk.column(0).text(i)));
  }
  return &filter;
}

bool PostgresTransaction::may_resolve(const std::string& pipeline) {
  const KeyFilter* open = open_entries(pipeline);
  if (open != nullptr) return open->size() > 0;
  auto found = connection().query(
      "SELECT EXISTS (SELECT 1 FROM clearwell.quarantine WHERE pipeline = $1 AND state = 'open')",
      {pipeline});
  // A failure is told by the next statement.
  return !found.ok() || found->chunks.front().column(0).data<uint8_t>()[0] != 0;
}

bool PostgresTransaction::may_resolve(const std::string& pipeline, std::string_view entry) {
  const KeyFilter* open = open_entries(pipeline);
  return open == nullptr || open->may_contain(hash_of(without_nul(std::string(entry))));
}

Result<void> PostgresTransaction::resolve(const std::string& pipeline,
                                          std::span<const Accepted> accepted) {
  if (accepted.empty()) return {};
  std::vector<std::string> entries, orders, tuples;
  for (const Accepted& record : accepted) {
    if (!may_resolve(pipeline, record.entry)) continue;
    entries.push_back(without_nul(record.entry));
    orders.push_back(hex(record.order));
    // Empty: whatever has this identity is settled.
    tuples.push_back(record.tuple ? hex(*record.tuple) : "\\x");
  }
  if (entries.empty()) return {};
  // A record that contradicts what was accepted stays open: somebody must decide. One that waits
  // for parents keeps waiting, and ends as a duplicate when they come.
  CW_TRY(connection().execute(
      "UPDATE clearwell.quarantine AS q SET state = 'resolved' FROM unnest($2::text[], "
      "$3::bytea[], $4::bytea[]) a(entry, ord, tuple) WHERE q.pipeline = $1 AND q.state = 'open' "
      "AND q.entry = a.entry AND NOT 'key.conflict' = ANY (q.codes) AND (a.tuple = '' OR "
      "coalesce(q.version <= a.tuple, q.ord <= a.ord))",
      {pipeline, postgres::array_literal(entries), postgres::array_literal(orders),
       postgres::array_literal(tuples)}));
  return {};
}

}  // namespace clearwell::warehouses
