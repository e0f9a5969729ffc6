// Blocks of the file are read straight into the batch's arena, and the records point into them. A
// block begins with the line that was cut off at the end of the last one, which is read again: that
// costs less than moving it. A record longer than a block is first followed to its end through a
// small buffer, then its first record_bytes bytes are read, so memory is bounded whatever its
// length.

#include "sources/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "batch/reason.h"
#include "sources/settle.h"

namespace clearwell::sources {
namespace {

constexpr int64_t block_bytes = 8 << 20;
constexpr int64_t least_block_bytes = 64 << 10;
constexpr size_t scratch_bytes = 256 << 10;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

struct LineReader::Target {
  batch::RawBatch& batch;
  const Limits& limits;
  std::string_view path;  // in the batch's arena
  Instant arrived;

  // About as many bytes as there is room for records, so that little is read twice.
  int64_t room() const {
    const size_t records = batch.records.size();
    if (records == 0) return block_bytes;
    const size_t left = (limits.rows - records) * (batch.payload_bytes / records + 2);
    return std::clamp(static_cast<int64_t>(left), least_block_bytes, block_bytes);
  }
  bool full() const {
    return batch.records.size() >= limits.rows || batch.payload_bytes >= limits.bytes;
  }
};

LineReader::LineReader(InputBytes bytes, const FileStat& info, std::string path,
                       Positions::Start start, Options options)
    : bytes_(std::move(bytes)),
      path_(std::move(path)),
      device_(info.device),
      inode_(info.inode),
      options_(options),
      end_(info.size),
      offset_(start.offset),
      line_(start.line),
      scanned_(start.offset),
      header_due_(options.csv != nullptr && options.csv->header && start.offset == 0) {}

void LineReader::restart() {
  offset_ = scanned_ = 0;
  line_ = 1;
  header_due_ = options_.csv != nullptr && options_.csv->header;
  refusal_.clear();
}

Error LineReader::failure(int64_t result) const {
  return fatal("reading " + path_ + ": " + errno_text(static_cast<int>(-result)));
}

// Since it was looked at; the next look decides.
Error LineReader::became_shorter() const {
  return retryable("reading " + path_ + ": it became shorter meanwhile");
}

// Nothing is there any more: a packed file has told its size by that.
Result<void> LineReader::ended_early() {
  if (!bytes_.is_packed()) return became_shorter();
  FileStat info;
  if (const int error = bytes_.stat(info); error != 0) return failure(-error);
  size_ = info.size;
  return {};
}

Result<LineReader::State> LineReader::fill(batch::RawBatch& batch, const Limits& limits,
                                           Steady::time_point until) {
  CW_TRY(look());
  CW_TRY(skip_mark());
  Target target{batch, limits, {}, now()};
  if (options_.csv != nullptr && !scan_) scan_.emplace(*options_.csv, limits.record_bytes);
  while (refusal_.empty() && offset_ < (options_.once ? std::min(end_, size_) : size_)) {
    if (target.full() || Steady::now() >= until) return State::More;
    if (target.path.empty()) target.path = batch.arena.add(path_);
    if (scanned_ == offset_) {
      CW_TRY(read_block(target));
      continue;
    }
    CW_ASSIGN(const bool ended, find_line_end(until));
    if (!ended && scanned_ < size_) return State::More;
    if (!ended && Steady::now() < settles_) return State::Partial;
    if (!ended && !bytes_.damage().empty()) break;
    CW_TRY(take_long_line(target, ended || settle_end()));
  }
  damage_ = bytes_.damage();
  if (bytes_.is_cut() && Steady::now() < settles_) return State::Partial;
  if (header_due_ && options_.needs_header && damage_.empty()) {
    refusal_ = "it is empty, but must begin with its header " +
               batch::printable(batch::header_text(*options_.csv));
  }
  return State::AtEnd;
}

Result<void> LineReader::look() {
  FileStat info;
  const int error = bytes_.stat(info);
  if (error != 0) return failure(-error);
  const bool changed = info.size != size_ || info.mtime_ns != mtime_ns_;
  if (changed && !refusal_.empty()) restart();  // perhaps it has another header now
  if (info.size < offset_) return replaced_error(path_, Fit::Shorter);
  if (changed) {
    settles_ = Steady::now() + until_settled(info.mtime_ns, options_.settle);
  }
  size_ = info.size;
  mtime_ns_ = info.mtime_ns;
  return {};
}

Result<void> LineReader::skip_mark() {
  if (offset_ != 0 || size_ < 3) return {};
  char mark[3];
  const int64_t got = bytes_.read_at(mark, sizeof mark, 0);
  if (got < 0) return failure(got);
  if (got == sizeof mark && std::memcmp(mark, "\xEF\xBB\xBF", sizeof mark) == 0) {
    offset_ = 3;
    scanned_ = std::max(scanned_, offset_);
  }
  return {};
}

Result<void> LineReader::read_block(Target& target) {
  const int64_t wanted = std::min(target.room(), size_ - offset_);
  char* block = target.batch.arena.allocate(static_cast<size_t>(wanted));
  const int64_t got = bytes_.read_at(block, static_cast<size_t>(wanted), offset_);
  if (got < 0) return failure(got);
  if (got == 0) return ended_early();
  split({block, static_cast<size_t>(got)}, target);
  return {};
}

struct LineReader::Extent {
  int64_t length;  // without the newline that ends it; -1: it does not end here
  int64_t lines;
};

// The record that `bytes` begin with.
LineReader::Extent LineReader::first_record(std::string_view bytes) {
  const auto* newline = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
  if (newline == nullptr) return {-1, 0};
  const int64_t length = newline - bytes.data();
  const bool may_go_on =
      scan_ && options_.csv->quote != '\0' &&
      std::memchr(bytes.data(), options_.csv->quote, static_cast<size_t>(length)) != nullptr;
  if (!may_go_on) return {length, 1};
  scan_->begin();
  if (!scan_->feed(bytes)) return {-1, 0};
  return {scan_->length(), scan_->lines()};
}

void LineReader::split(std::string_view block, Target& target) {
  const char* at = block.data();
  const char* const end = at + block.size();
  while (!target.full() && refusal_.empty()) {
    const Extent found = first_record({at, static_cast<size_t>(end - at)});
    if (found.length < 0) break;
    emit({at, static_cast<size_t>(found.length)}, found.length, target);
    offset_ += found.length + 1;
    line_ += found.lines;
    at += found.length + 1;
    if (options_.once && offset_ >= end_) break;
  }
  scanned_ = offset_;
  // Only a record that fills the block has been searched in vain.
  if (at != block.data()) return;
  if (scan_) scan_->begin();
  look_for_end(block);
}

// Goes on looking for the record's end in `bytes`, which begin at scanned_: moves it to the newline
// there, or behind them.
bool LineReader::look_for_end(std::string_view bytes) {
  if (scan_) {
    const bool ended = scan_->feed(bytes);
    scanned_ = ended ? offset_ + scan_->length() : scanned_ + static_cast<int64_t>(bytes.size());
    return ended;
  }
  const size_t newline = bytes.find('\n');
  scanned_ += static_cast<int64_t>(std::min(newline, bytes.size()));
  return newline != std::string_view::npos;
}

// Moves scanned_ to the line's newline, or as far as there is something.
Result<bool> LineReader::find_line_end(Steady::time_point until) {
  scratch_.resize(scratch_bytes);
  while (scanned_ < size_) {
    const int64_t got = bytes_.read_at(scratch_.data(), scratch_.size(), scanned_);
    if (got < 0) return failure(got);
    if (got == 0) {
      CW_TRY(ended_early());
      break;
    }
    if (look_for_end({scratch_.data(), static_cast<size_t>(got)})) return true;
    if (Steady::now() >= until) break;
  }
  return false;
}

// The file has settled inside a record. True when that ends at a newline after all.
bool LineReader::settle_end() {
  if (!scan_ || !scan_->finish()) return false;
  scanned_ = offset_ + scan_->length();
  return true;
}

// The record from offset_ to scanned_; `ended` when a newline follows it. Else the file has settled
// without: the line is data, and its number stays, since what is appended belongs to it.
Result<void> LineReader::take_long_line(Target& target, bool ended) {
  const int64_t length = scanned_ - offset_;
  // Two bytes more than a record may have, for a '\r' and to see that it is longer.
  const int64_t wanted = std::min(length, static_cast<int64_t>(target.limits.record_bytes) + 2);
  char* bytes = target.batch.arena.allocate(static_cast<size_t>(wanted));
  const int64_t got = bytes_.read_at(bytes, static_cast<size_t>(wanted), offset_);
  if (got < 0) return failure(got);
  if (got < wanted) return became_shorter();
  emit({bytes, static_cast<size_t>(wanted)}, length, target);
  offset_ = scanned_ + (ended ? 1 : 0);
  scanned_ = offset_;
  line_ += (scan_ ? scan_->lines() : 1) - (ended ? 0 : 1);
  return {};
}

// `length` of the whole line; `line` holds its start at least up to the limit.
void LineReader::emit(std::string_view line, int64_t length, Target& target) {
  if (static_cast<int64_t>(line.size()) == length && !line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
    --length;
  }
  // Of a line beyond the limit not all may be here, so blanks are only left out below it: whether a
  // record is one must not depend on where blocks end.
  const bool too_large = length > static_cast<int64_t>(target.limits.record_bytes);
  if (!too_large && (options_.csv != nullptr ? line.empty() : is_blank(line))) return;
  if (header_due_) return take_header(line, too_large);
  if (too_large) line = line.substr(0, target.limits.record_bytes);
  target.batch.records.push_back(
      {.payload = line,
       .partition = target.path,
       .offset = offset_,
       .line = line_,
       .order = {.major = 0, .minor = offset_, .tie = target.path},
       .arrived = target.arrived,
       .fault = too_large ? batch::SourceFault::TooLarge : batch::SourceFault::None});
  target.batch.payload_bytes += line.size();
}

void LineReader::take_header(std::string_view line, bool too_large) {
  const batch::CsvFormat& format = *options_.csv;
  std::vector<batch::CsvValue> values;
  std::vector<std::string> names;
  size_t at = 0;
  const bool whole =
      !too_large && batch::split_csv(format, line, values, at) == batch::CsvFault::None;
  std::string buffer;
  for (const batch::CsvValue& value : values) {
    names.emplace_back(batch::csv_text(value, format.quote, buffer));
  }
  header_due_ = false;
  if (whole && names == format.columns) return;
  refusal_ = "its header is " + batch::printable(line) + ", but must be " +
             batch::printable(batch::header_text(format)) +
             ", so nothing of it is read: list its columns in `columns`, or set `delimiter`, or "
             "`header: false` if it has none";
}

Result<Position> LineReader::position() {
  Position position{.path = path_, .device = device_, .inode = inode_};
  position.offset = offset_;
  position.line = line_;
  CW_TRY(describe(bytes_, position));
  return position;
}

}  // namespace clearwell::sources
