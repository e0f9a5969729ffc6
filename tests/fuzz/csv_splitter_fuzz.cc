// A file of CSV, read in batches of odd sizes and resumed at odd places: the records must be those
// of one reading with batches of any size, they must cover the file without a gap, and the values
// of a record must be what it consists of.
//
// Input: five bytes (batch rows, batch bytes, record_bytes, where to resume, format), then the
// content. In it, 0xFE and a byte N stand for N * 300 times 'x', so that records grow longer than
// the reader's blocks.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/result.h"
#include "batch/csv.h"
#include "sources/line_reader.h"

namespace {

using namespace clearwell;  // NOLINT(google-build-using-namespace)
using sources::LineReader;
using sources::Positions;

struct Row {
  std::string payload;
  int64_t offset = 0;
  int64_t line = 0;
  bool too_large = false;
  bool operator==(const Row&) const = default;
};

std::string expand(std::string_view raw) {
  std::string out;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\xFE' && i + 1 < raw.size() && out.size() < 400'000) {
      out.append(static_cast<unsigned char>(raw[++i]) * 300U, 'x');
    } else {
      out += raw[i];
    }
  }
  return out;
}

class File {
 public:
  File() : fd_(::memfd_create("rows", MFD_CLOEXEC)) { CW_ASSERT(fd_); }
  void write(std::string_view bytes) const {
    CW_ASSERT(::ftruncate(fd_.get(), 0) == 0);
    CW_ASSERT(::pwrite(fd_.get(), bytes.data(), bytes.size(), 0) ==
              static_cast<ssize_t>(bytes.size()));
  }
  LineReader reader(const batch::CsvFormat& format, Positions::Start start) const {
    Fd copy(::dup(fd_.get()));
    FileStat info;
    CW_ASSERT(copy && stat_fd(copy.get(), info) == 0);
    return {sources::InputBytes(std::move(copy)),
            info,
            "rows",
            start,
            {.settle = std::chrono::microseconds(0), .once = false, .csv = &format}};
  }

 private:
  Fd fd_;
};

std::vector<Row> read_all(const File& file, const batch::CsvFormat& format,
                          const sources::Limits& limits, unsigned resume) {
  std::vector<Row> out;
  LineReader reader = file.reader(format, {});
  for (unsigned turn = 1;; ++turn) {
    batch::RawBatch batch;
    auto state = reader.fill(batch, limits, Steady::time_point::max());
    CW_ASSERT(state.ok() && *state != LineReader::State::Partial);
    CW_ASSERT(batch.records.size() <= limits.rows);
    for (const batch::Record& record : batch.records) {
      out.push_back({std::string(record.payload), record.offset, record.line,
                     record.fault == batch::SourceFault::TooLarge});
    }
    if (*state == LineReader::State::AtEnd) return out;
    if (resume == 0 || turn % resume != 0) continue;
    auto position = reader.position();
    CW_ASSERT(position.ok());
    // A position of 0 is none: the header is still to come.
    reader = file.reader(format, {position->offset, position->line, false});
  }
}

// What lies between two records: the newline that ends the first, and lines that are empty.
void check_gap(std::string_view gap) {
  CW_ASSERT(std::all_of(gap.begin(), gap.end(), [](char c) { return c == '\n' || c == '\r'; }));
}

void check_cover(std::string_view content, const std::vector<Row>& rows) {
  size_t at = content.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (const Row& row : rows) {
    const auto offset = static_cast<size_t>(row.offset);
    CW_ASSERT(offset >= at && content.substr(offset).starts_with(row.payload));
    check_gap(content.substr(at, offset - at));
    const auto line = std::count(content.begin(), content.begin() + row.offset, '\n');
    CW_ASSERT(row.line == line + 1);
    at = offset + row.payload.size();
    if (row.too_large) at = std::min(content.find('\n', at), content.size());
  }
  check_gap(content.substr(at));
}

void check_values(const batch::CsvFormat& format, const Row& row) {
  std::vector<batch::CsvValue> values;
  size_t at = 0;
  if (batch::split_csv(format, row.payload, values, at) != batch::CsvFault::None) {
    CW_ASSERT(at <= row.payload.size());
    return;
  }
  std::string joined, buffer;
  for (const batch::CsvValue& value : values) {
    CW_ASSERT(value.begin <= value.end && value.end <= row.payload.size());
    joined += (joined.empty() && value.begin == 0 ? "" : std::string(1, format.delimiter)) +
              row.payload.substr(value.begin, value.end - value.begin);
    const std::string text(batch::csv_text(value, format.quote, buffer));
    if (format.quote == '\0') continue;
    // Written again, it is read as the same text.
    const std::string written = batch::csv_written(format, text);
    std::vector<batch::CsvValue> again;
    CW_ASSERT(batch::split_csv(format, written, again, at) == batch::CsvFault::None);
    CW_ASSERT(again.size() == 1 && batch::csv_text(again[0], format.quote, buffer) == text);
  }
  CW_ASSERT(joined == row.payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t head = 5;
  if (size < head) return 0;
  const std::string content = expand({reinterpret_cast<const char*>(data) + head, size - head});
  batch::CsvFormat format;
  format.delimiter = (data[4] & 1) != 0 ? '|' : ',';
  format.quote = (data[4] & 2) != 0 ? '\0' : '"';
  format.header = false;
  sources::Limits limits{};
  limits.rows = 1 + data[0] % 9;
  limits.bytes = 1 + size_t{data[1]} * 500;
  limits.record_bytes = 1 + size_t{data[2]} * data[2] * 8;
  static const File file;
  file.write(content);
  const std::vector<Row> found = read_all(file, format, limits, data[3] % 4);
  limits.rows = limits.bytes = size_t{1} << 40;
  CW_ASSERT(found == read_all(file, format, limits, 0));
  check_cover(content, found);
  for (const Row& row : found) {
    if (!row.too_large) check_values(format, row);
  }
  return 0;
}
