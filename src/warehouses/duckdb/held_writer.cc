// Quarantine and park: rows in, states changed, waits kept in step.
#include <xxhash.h>

#include "drivers/duckdb/row_writer.h"
#include "warehouses/duckdb/schema.h"
#include "warehouses/duckdb/transaction.h"

namespace clearwell::warehouses {
namespace {

using duckdb::quote_text;
using duckdb::RowWriter;

uint64_t entry_hash(std::string_view entry) { return XXH3_64bits(entry.data(), entry.size()); }

void put_origin(RowWriter& rows, const Held& held) {
  const batch::Record& record = held.record;
  rows.text(record.source)
      .text(record.partition)
      .integer(record.offset)
      .integer(record.line)
      .text(batch::encode_order(record.order))
      .integer(record.arrived.time_since_epoch().count());
}

void put_waits(RowWriter& rows, const std::string& pipeline, const Held& held, int64_t id) {
  for (const auto& [target, value] : held.waits) {
    rows.integer(id).text(pipeline).text(target).text(value);
  }
}

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

// Inserts the rows of a writer through a relation of the same schema.
Result<void> insert_rows(duckdb::Connection& connection, duckdb::Relation& relation,
                         RowWriter& rows, const std::string& table) {
  if (rows.rows() == 0) return {};
  relation.set(&rows.finish());
  auto done = connection.execute("INSERT INTO clearwell." + table + " FROM " + relation.name());
  relation.clear();
  if (!done.ok()) return std::move(done).error();
  return {};
}

}  // namespace

void DuckdbTransaction::fill_ids(std::span<const int64_t> ids) {
  RowWriter rows(duckdb::Schema{{"id", duckdb::simple(duckdb::TypeId::Integer)}});
  for (int64_t id : ids) rows.integer(id);
  warehouse_.id_chunks_ = rows.take();
  warehouse_.ids_->set(&warehouse_.id_chunks_);
}

Result<void> DuckdbTransaction::drop_waits() {
  CW_TRY(connection().execute(
      "DELETE FROM clearwell.waits WHERE holder IN (SELECT id FROM clearwell_ids)"));
  return {};
}

Result<void> DuckdbTransaction::quarantine(const std::string& pipeline,
                                           std::span<const Held> records) {
  std::vector<int64_t> known;
  for (const Held& held : records) {
    if (held.id != 0) known.push_back(held.id);
  }
  std::unordered_map<int64_t, int64_t> attempts;
  if (!known.empty()) {
    // They come back from park or from a replay: their row is written anew, attempts counted on.
    fill_ids(known);
    CW_TRY(drop_waits());
    CW_ASSIGN(const duckdb::Rows old,
              connection().query("SELECT id, attempts FROM clearwell.quarantine WHERE id IN "
                                 "(SELECT id FROM clearwell_ids)"));
    for (const duckdb::Chunk& chunk : old.chunks) {
      for (size_t i = 0; i < chunk.rows(); ++i) {
        attempts[chunk.column(0).data<int64_t>()[i]] = chunk.column(1).data<int64_t>()[i];
      }
    }
    for (const char* table : {"quarantine", "parked"}) {
      CW_TRY(connection().execute(std::string("DELETE FROM clearwell.") + table +
                                  " WHERE id IN (SELECT id FROM clearwell_ids)"));
    }
  }
  RowWriter rows(quarantine_schema()), waits(waits_schema());
  const int64_t time = now().time_since_epoch().count();
  for (const Held& held : records) {
    const int64_t id = held.id != 0 ? held.id : warehouse_.next_id_++;
    rows.integer(id).text(pipeline).text(held.kind).text(held.entry).text_or_null(held.key);
    rows.text(std::string_view(held.resolved ? "resolved" : "open"));
    put_origin(rows, held);
    const auto tried = attempts.find(id);
    rows.text_or_null(held.tuple).integer(time).text(held.contract_version);
    rows.integer(tried == attempts.end() ? 1 : tried->second + 1);
    rows.texts(held.codes).text(held.reasons).text(held.record.payload);
    put_waits(waits, pipeline, held, id);
    if (!held.resolved) warehouse_.open_entries_[pipeline].insert(entry_hash(held.entry));
  }
  CW_TRY(insert_rows(connection(), *warehouse_.quarantine_, rows, "quarantine"));
  return insert_rows(connection(), *warehouse_.waits_, waits, "waits");
}

Result<void> DuckdbTransaction::park(const std::string& pipeline, std::span<const Held> records) {
  RowWriter rows(parked_schema()), waits(waits_schema());
  const int64_t time = now().time_since_epoch().count();
  for (const Held& held : records) {
    CW_ASSERT(held.id == 0);
    const int64_t id = warehouse_.next_id_++;
    rows.integer(id).text(pipeline).text(held.kind).text(held.entry).text_or_null(held.key);
    put_origin(rows, held);
    rows.integer(time).integer(held.deadline.count()).text(held.contract_version);
    rows.text(held.reasons).text(held.record.payload);
    put_waits(waits, pipeline, held, id);
  }
  CW_TRY(insert_rows(connection(), *warehouse_.parked_, rows, "parked"));
  return insert_rows(connection(), *warehouse_.waits_, waits, "waits");
}

Result<void> DuckdbTransaction::settle(const std::string& pipeline, std::span<const int64_t> ids,
                                       HeldState state) {
  if (ids.empty()) return {};
  fill_ids(ids);
  CW_TRY(drop_waits());
  const std::string these =
      " WHERE pipeline = " + quote_text(pipeline) + " AND id IN (SELECT id FROM clearwell_ids)";
  CW_TRY(connection().execute("DELETE FROM clearwell.parked" + these));
  CW_TRY(connection().execute(
      std::string("UPDATE clearwell.quarantine SET state = '") + state_name(state) +
      (state == HeldState::Discarded ? "'" : "', attempts = attempts + 1") + these));
  return {};
}

bool DuckdbTransaction::may_resolve(const std::string& pipeline) {
  const auto found = warehouse_.open_entries_.find(pipeline);
  return found != warehouse_.open_entries_.end() && found->second.size() > 0;
}

bool DuckdbTransaction::may_resolve(const std::string& pipeline, std::string_view entry) {
  const auto found = warehouse_.open_entries_.find(pipeline);
  return found != warehouse_.open_entries_.end() && found->second.may_contain(entry_hash(entry));
}

Result<void> DuckdbTransaction::resolve(const std::string& pipeline,
                                        std::span<const Accepted> accepted) {
  RowWriter rows(accepted_schema());
  for (const Accepted& record : accepted) {
    if (!may_resolve(pipeline, record.entry)) continue;
    rows.text(record.entry).text(record.order).text_or_null(record.tuple);
  }
  if (rows.rows() == 0) return {};
  warehouse_.accepted_->set(&rows.finish());
  // A record that contradicts what was accepted stays open: somebody must decide. One that waits
  // for parents keeps waiting, and ends as a duplicate when they come.
  auto done = connection().execute(
      "UPDATE clearwell.quarantine AS q SET state = 'resolved' FROM clearwell_accepted a WHERE "
      "q.pipeline = " +
      quote_text(pipeline) +
      " AND q.state = 'open' AND q.entry = a.entry AND NOT list_contains(q.codes, 'key.conflict') "
      "AND (a.tuple IS NULL OR coalesce(q.version <= a.tuple, q.ord <= a.ord))");
  warehouse_.accepted_->clear();
  if (!done.ok()) return std::move(done).error();
  return {};
}

}  // namespace clearwell::warehouses
