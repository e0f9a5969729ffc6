// COPY … FROM STDIN (FORMAT binary): a signature, flags and an extension length; rows, each its
// number of fields and the fields; -1 at the end. (The manual, COPY, "Binary Format".)
#include <algorithm>

#include "base/step.h"
#include "drivers/postgres/binary.h"
#include "drivers/postgres/bytes.h"
#include "drivers/postgres/state.h"

namespace clearwell::postgres {
namespace {

constexpr std::string_view signature("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
// Large enough that system calls cost nothing, small enough for the cache.
constexpr size_t piece = size_t{1} << 17;

// Writes fields of rows picked in any order.
class RowEncoder {
 public:
  explicit RowEncoder(const CopyRows& copy) : copy_(copy) {
    for (const duckdb::Chunk& chunk : copy.rows.chunks) {
      for (size_t column : copy.columns) columns_.push_back(chunk.column(column));
      starts_.push_back(end_);
      end_ += chunk.rows();
    }
    for (const auto& texts : {copy.versions, copy.fields, copy.patches}) {
      if (!texts.empty()) texts_.push_back(texts);
    }
    fields_ = static_cast<int16_t>(copy.columns.size() + (copy.numbered ? 1 : 0) +
                                   (copy.actions.empty() ? 0 : 1) + texts_.size());
  }

  void put_row(size_t row, std::string& out) {
    CW_ASSERT(row < end_);
    if (row < starts_[chunk_] || (chunk_ + 1 < starts_.size() && row >= starts_[chunk_ + 1])) {
      chunk_ = static_cast<size_t>(std::upper_bound(starts_.begin(), starts_.end(), row) -
                                   starts_.begin()) -
               1;
    }
    put(out, fields_);
    if (copy_.numbered) {
      put(out, int32_t{8});
      put(out, static_cast<int64_t>(row));
    }
    const duckdb::Column* columns = columns_.data() + chunk_ * copy_.columns.size();
    for (size_t i = 0; i < copy_.columns.size(); ++i) {
      put_field(columns[i], copy_.rows.schema[copy_.columns[i]].type, row - starts_[chunk_], out);
    }
    if (!copy_.actions.empty()) {
      put(out, int32_t{4});
      put(out, copy_.actions[row]);
    }
    for (const auto& texts : texts_) {
      put(out, static_cast<int32_t>(texts[row].size()));
      out.append(texts[row]);
    }
  }

 private:
  const CopyRows& copy_;
  std::vector<duckdb::Column> columns_;  // of every chunk in turn
  std::vector<size_t> starts_;           // first row of each chunk
  std::vector<std::span<const std::string>> texts_;
  size_t end_ = 0, chunk_ = 0;
  int16_t fields_ = 0;
};

}  // namespace

Result<uint64_t> Connection::copy(const std::string& into, const CopyRows& rows) {
  State& state = *state_;
  if (rows.order.empty()) return uint64_t{0};
  const std::string sql = "COPY " + into + " FROM STDIN (FORMAT binary)";
  if (PQsendQuery(state.get(), sql.c_str()) == 0) return state.broken(PQerrorMessage(state.get()));
  CW_ASSIGN(const ResultPtr begun, state.next());
  if (begun == nullptr || PQresultStatus(begun.get()) != PGRES_COPY_IN) {
    Error error =
        begun == nullptr ? state.broken("COPY has no answer") : state.failure(begun.get());
    while (!state.lost) {
      CW_ASSIGN(const ResultPtr more, state.next());
      if (more == nullptr) break;
    }
    return error;
  }
  RowEncoder encoder(rows);
  std::string out(signature);
  const auto send = [&state, &out]() -> Result<void> {
    for (;;) {
      const int sent = PQputCopyData(state.get(), out.data(), static_cast<int>(out.size()));
      if (sent < 0) return state.broken(PQerrorMessage(state.get()));
      if (sent > 0) break;
      CW_TRY(state.flush());
    }
    out.clear();
    return state.flush();
  };
  for (size_t row : rows.order) {
    encoder.put_row(row, out);
    if (out.size() >= piece) CW_TRY(send());
  }
  if (steps::watched) CW_TRY(send());  // so that the server has them at that step
  step("postgres.copying");
  put(out, int16_t{-1});
  CW_TRY(send());
  while (PQputCopyEnd(state.get(), nullptr) == 0) CW_TRY(state.flush());
  CW_ASSIGN(const ResultPtr done, state.last());
  return rows.order.size();
}

}  // namespace clearwell::postgres
