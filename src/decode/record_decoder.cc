// Records → columns. A payload of JSON is one object (RFC 8259; a byte order mark before it is
// tolerated). Keys are compared after unescaping; a key of the contract that stands twice in one
// object refuses the record. Texts stay where they are in the payload unless escapes, doubled
// quotes or cleaning change them.
#include <algorithm>
#include <list>
#include <utility>

#include "decode/csv/row_reader.h"
#include "decode/decoder.h"
#include "decode/json/diagnose.h"
#include "decode/json/record_reader.h"
#include "decode/plan.h"

namespace clearwell::decode {
namespace {

class RecordDecoder : public Decoder {
 public:
  RecordDecoder(const config::Kind& kind, duckdb::Schema schema, const CsvFormats& formats)
      : kind_(kind), schema_(std::move(schema)), plan_(kind_, schema_), json_(kind_, plan_) {
    for (const auto& [source, format] : formats) csv_.emplace_back(source, kind_, plan_, format);
  }

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
        for (uint32_t field : decode_record(records[record], i, record, reasons)) {
          columns.absent.push_back({static_cast<uint32_t>(first + i), field});
        }
      }
      plan_.finish();
      chunk.set_rows(count);
      columns.data.chunks.push_back(std::move(chunk));
    }
  }

 private:
  struct CsvSource {
    CsvSource(std::string source, const config::Kind& kind, Plan& plan,
              const batch::CsvFormat& format)
        : name(std::move(source)), reader(kind, plan, format) {}
    std::string name;
    csv::RowReader reader;
  };

  // The fields that the record does not bring.
  const std::vector<uint32_t>& decode_record(const batch::Record& record, uint64_t row,
                                             uint32_t index, batch::Reasons& reasons) {
    for (CsvSource& source : csv_) {
      if (source.name == record.source) return read(source.reader, record, row, index, reasons);
    }
    return read(json_, record, row, index, reasons);
  }

  template <typename Reader>
  const std::vector<uint32_t>& read(Reader& reader, const batch::Record& record, uint64_t row,
                                    uint32_t index, batch::Reasons& reasons) {
    plan_.begin_record();
    std::optional<batch::Reason> broken = json::source_fault(record);
    if (broken) {
      static const std::vector<uint32_t> none;
      plan_.drop_record(row);
      reasons.add(index, std::move(*broken));
      return none;
    }
    broken = reader.read(record.payload, row);
    if (broken) {
      plan_.drop_record(row);
      reasons.add(index, std::move(*broken));
      return reader.absent();
    }
    for (batch::Reason& reason : reader.reasons()) reasons.add(index, std::move(reason));
    for (size_t i = 0; i < reader.more_reasons(); ++i) reasons.add(index, {});
    return reader.absent();
  }

  const config::Kind kind_;  // the nodes of the plan point into it
  duckdb::Schema schema_;
  Plan plan_;
  json::RecordReader json_;
  std::list<CsvSource> csv_;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(const config::Kind& kind, duckdb::Schema schema,
                                      const CsvFormats& formats) {
  return std::make_unique<RecordDecoder>(kind, std::move(schema), formats);
}

}  // namespace clearwell::decode
