// A growing file of lines, read in batches of odd sizes and resumed at odd places: the records must
// be those that a naive splitter finds, whatever the batches.
//
// Input: six bytes (batch rows, batch bytes, record_bytes, where to resume, mode, where the file is
// split in two), then the content. In it, 0xFE and a byte N stand for N * 300 times 'x', so that
// lines grow longer than the reader's blocks.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/result.h"
#include "sources/line_reader.h"

namespace {

using namespace clearwell;  // NOLINT(google-build-using-namespace)
using sources::LineReader;
using sources::Positions;

struct Line {
  std::string payload;
  int64_t offset = 0;
  int64_t line = 0;
  bool too_large = false;
};

// What stands in `content` from start on; lines that begin at `end` or later are left out.
std::vector<Line> naive(std::string_view content, Positions::Start& start, size_t limit,
                        size_t end) {
  std::vector<Line> out;
  auto at = static_cast<size_t>(start.offset);
  if (at == 0 && content.starts_with("\xEF\xBB\xBF")) at = 3;
  while (at < std::min(end, content.size())) {
    const size_t newline = content.find('\n', at);
    std::string_view text = content.substr(at, newline - at);
    if (text.ends_with('\r')) text.remove_suffix(1);
    const bool too_large = text.size() > limit;
    if (too_large || text.find_first_not_of(" \t\r") != std::string_view::npos) {
      out.push_back(
          {std::string(text.substr(0, limit)), static_cast<int64_t>(at), start.line, too_large});
    }
    at = newline == std::string_view::npos ? content.size() : newline + 1;
    start.line += newline == std::string_view::npos ? 0 : 1;
  }
  start.offset = static_cast<int64_t>(at);
  return out;
}

std::string expand(std::string_view raw) {
  std::string out;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\xFE' && i + 1 < raw.size() && out.size() < 400'000) {
      out.append(static_cast<unsigned char>(raw[++i]) * 300u, 'x');
    } else {
      out += raw[i];
    }
  }
  return out;
}

class File {
 public:
  File() : fd_(::memfd_create("lines", MFD_CLOEXEC)) { CW_ASSERT(fd_); }
  void write(std::string_view bytes) const {
    CW_ASSERT(::ftruncate(fd_.get(), 0) == 0);
    CW_ASSERT(::pwrite(fd_.get(), bytes.data(), bytes.size(), 0) ==
              static_cast<ssize_t>(bytes.size()));
  }
  LineReader reader(Positions::Start start, bool once) const {
    Fd copy(::dup(fd_.get()));
    FileStat info;
    CW_ASSERT(copy && stat_fd(copy.get(), info) == 0);
    return {sources::InputBytes(std::move(copy)),
            info,
            "lines",
            start,
            {std::chrono::microseconds(0), once}};
  }

 private:
  Fd fd_;
};

struct Plan {
  sources::Limits limits;
  unsigned resume;  // after every so many batches, 0: never
  bool in_batch;    // resume before the last record of a batch, as a cut leaves it
  bool once;
};

// Reads from the reader to the end of the file; it is another reader afterwards if it was resumed.
void read_all(const File& file, const Plan& plan, LineReader& reader, std::vector<Line>& out) {
  for (unsigned turn = 1;; ++turn) {
    batch::RawBatch batch;
    auto state = reader.fill(batch, plan.limits, Steady::time_point::max());
    CW_ASSERT(state.ok() && *state != LineReader::State::Partial);
    CW_ASSERT(batch.records.size() <= plan.limits.rows);
    for (const batch::Record& record : batch.records) {
      out.push_back({std::string(record.payload), record.offset, record.line,
                     record.fault == batch::SourceFault::TooLarge});
      CW_ASSERT(record.order.minor == record.offset && record.partition == "lines");
    }
    if (*state == LineReader::State::AtEnd) return;
    CW_ASSERT(!batch.records.empty());
    if (plan.resume == 0 || turn % plan.resume != 0) continue;
    auto position = reader.position();
    CW_ASSERT(position.ok());
    Positions::Start start{position->offset, position->line, false};
    if (plan.in_batch && batch.records.size() > 1) {
      start = {batch.records.back().offset, batch.records.back().line, false};
      out.pop_back();
    }
    reader = file.reader(start, plan.once);
  }
}

void compare(const std::vector<Line>& found, const std::vector<Line>& expected) {
  for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
    CW_ASSERT(found[i].offset == expected[i].offset);
    CW_ASSERT(found[i].line == expected[i].line);
    CW_ASSERT(found[i].too_large == expected[i].too_large);
    CW_ASSERT(found[i].payload == expected[i].payload);
  }
  CW_ASSERT(found.size() == expected.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t head = 6;
  if (size < head) return 0;
  const std::string content = expand({reinterpret_cast<const char*>(data) + head, size - head});
  Plan plan{};
  plan.limits.rows = 1 + data[0] % 9;
  plan.limits.bytes = 1 + size_t{data[1]} * 500;
  plan.limits.record_bytes = 1 + size_t{data[2]} * data[2] * 8;
  plan.resume = data[3] % 4;
  plan.in_batch = (data[4] & 1) != 0;
  plan.once = (data[4] & 2) != 0;
  const size_t half = content.size() * data[5] / 255;
  const size_t limit = plan.limits.record_bytes;

  static const File file;
  std::vector<Line> found, expected;
  Positions::Start start;
  file.write(std::string_view(content).substr(0, half));
  LineReader reader = file.reader({}, plan.once);
  if (plan.once) {
    // What is appended later is not read, but the last line of then is read as it stands now. A
    // reader that is resumed would take the new end for its own.
    plan.resume = 0;
    expected = naive(content, start, limit, half);
  } else {
    read_all(file, plan, reader, found);
    expected = naive(std::string_view(content).substr(0, half), start, limit, half);
    compare(found, expected);
    for (Line& line : naive(content, start, limit, content.size())) {
      expected.push_back(std::move(line));
    }
  }
  file.write(content);
  read_all(file, plan, reader, found);
  compare(found, expected);
  return 0;
}
