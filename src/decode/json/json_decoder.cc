// JSON records → columns. A payload is one JSON object (RFC 8259; a byte order mark before it is
// tolerated). Keys are compared after unescaping; a key of the contract that stands twice in one
// object refuses the record. Texts stay where they are in the payload unless escapes or cleaning
// change them.
#include <algorithm>
#include <utility>

#include "decode/decoder.h"
#include "decode/json/diagnose.h"
#include "decode/json/plan.h"
#include "decode/json/record_reader.h"

namespace clearwell::decode {
namespace {

class JsonDecoder : public Decoder {
 public:
  JsonDecoder(const config::Kind& kind, duckdb::Schema schema)
      : kind_(kind), schema_(std::move(schema)), plan_(kind_, schema_), reader_(kind_, plan_) {}

  void decode(std::span<const batch::Record> records, std::span<const uint32_t> rows,
              batch::Columns& columns, batch::Reasons& reasons) override {
    columns.data.schema = schema_;
    columns.data.chunks.clear();
    columns.rows.assign(rows.begin(), rows.end());
    columns.absent.clear();
    for (size_t first = 0; first < rows.size(); first += duckdb::chunk_rows) {
      const size_t count = std::min(duckdb::chunk_rows, rows.size() - first);
      duckdb::Chunk chunk(schema_);
      plan_.bind(chunk);
      for (size_t i = 0; i < count; ++i) {
        const uint32_t record = rows[first + i];
        decode_record(records[record], i, record, reasons);
        for (uint32_t field : reader_.absent()) {
          columns.absent.push_back({static_cast<uint32_t>(first + i), field});
        }
      }
      plan_.finish();
      chunk.set_rows(count);
      columns.data.chunks.push_back(std::move(chunk));
    }
  }

 private:
  void decode_record(const batch::Record& record, uint64_t row, uint32_t index,
                     batch::Reasons& reasons) {
    plan_.begin_record();
    std::optional<batch::Reason> broken = json::source_fault(record);
    if (!broken) broken = reader_.read(record.payload, row);
    if (broken) {
      plan_.drop_record(row);
      reasons.add(index, std::move(*broken));
      return;
    }
    for (batch::Reason& reason : reader_.reasons()) reasons.add(index, std::move(reason));
    for (size_t i = 0; i < reader_.more_reasons(); ++i) reasons.add(index, {});
  }

  const config::Kind kind_;  // the nodes of the plan point into it
  duckdb::Schema schema_;
  json::Plan plan_;
  json::RecordReader reader_;
};

}  // namespace

std::unique_ptr<Decoder> make_json_decoder(const config::Kind& kind, duckdb::Schema schema) {
  return std::make_unique<JsonDecoder>(kind, std::move(schema));
}

}  // namespace clearwell::decode
