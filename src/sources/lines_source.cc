// Reads the files of a pattern side by side. Lane: "pipeline/source/path", path as matched
// (relative to the project folder when the setting is). For the position see positions.h; records
// come in the order (0, offset, path).

#include "sources/lines_source.h"

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "sources/folder_watch.h"
#include "sources/input_files.h"
#include "sources/problems.h"

namespace clearwell::sources {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds look_pause{100};     // between looks whether files have grown
constexpr milliseconds missing_pause{250};  // between scans while there is no file
constexpr milliseconds read_slice{200};     // a batch is closed when reading it took longer

class LinesSource final : public Source {
 public:
  struct Options {
    InputFiles::Settings input;
    microseconds scan_every;
  };
  explicit LinesSource(Options options)
      : options_(std::move(options)),
        files_(options_.input, problems_),
        watch_(once() ? FolderWatch::Watched::Nothing : FolderWatch::Watched::Changes) {}

  Result<void> open(Resume resume) override;
  Result<Polled> poll(batch::RawBatch& batch, const Limits& limits, microseconds wait) override;
  Result<void> cut(batch::RawBatch& batch, size_t count) const override {
    return sources::cut(options_.input.root, batch, count);
  }
  void committed(const batch::RawBatch& batch, const std::vector<bool>& retried) override;
  bool caught_up() const override { return idle_; }
  std::vector<std::string> problems() const override { return problems_.list(); }
  void close() override { watch_.wake(); }

 private:
  using Time = Steady::time_point;

  bool once() const { return options_.input.once; }
  void take_events();
  Result<void> scan_if_due();
  Result<void> read(batch::RawBatch& batch, const Limits& limits, Time until);
  Result<void> read_files(batch::RawBatch& batch, const Limits& limits, Time until);
  bool any_is(LineReader::State state);
  Result<Polled> nothing_read();

  Options options_;
  Problems problems_;
  InputFiles files_;
  FolderWatch watch_;
  std::string last_path_;  // follow: the file that was read last; the others come first
  std::atomic<bool> idle_ = false;
  std::atomic<int64_t> unconfirmed_ = 0;  // batches
  bool scan_ = true;
  Time next_scan_;
};

Result<void> LinesSource::open(Resume resume) {
  CW_TRY(files_.resume(resume.lanes));
  if (once()) CW_TRY(files_.require_input());
  // Here, so that a position that does not fit is told before anything is read. What may work later
  // is tried again by poll().
  auto scanned = scan_if_due();
  if (!scanned.ok() && scanned.error().kind != ErrorKind::Retryable) return scanned;
  return {};
}

Result<Polled> LinesSource::poll(batch::RawBatch& batch, const Limits& limits, microseconds wait) {
  const Time start = Steady::now();
  const Time deadline = start + wait;
  Time full = Time::max();  // when a batch with a record is handed over
  for (;;) {
    take_events();
    if (batch.records.empty()) CW_TRY(scan_if_due());
    CW_TRY(read(batch, limits, std::max(deadline, start + read_slice)));
    const bool at_work = any_is(LineReader::State::More);
    idle_ = !at_work && !any_is(LineReader::State::Partial) && !files_.crowded();
    const Time time = Steady::now();
    if (!batch.records.empty() && full == Time::max()) full = time + limits.linger;
    const bool closed = batch.records.size() >= limits.rows || batch.payload_bytes >= limits.bytes;
    if (!batch.records.empty() && (closed || time >= full || (once() && idle_))) {
      CW_TRY(files_.advance(batch));
      ++unconfirmed_;
      return Polled::Ready;
    }
    if (batch.records.empty() && (time >= deadline || (once() && idle_ && unconfirmed_ == 0))) {
      return nothing_read();
    }
    if (at_work) continue;
    watch_.wait(std::min(batch.records.empty() ? deadline : full, time + look_pause));
  }
}

void LinesSource::committed(const batch::RawBatch&, const std::vector<bool>& retried) {
  // Lines are settled when they are handed over.
  CW_ASSERT(std::find(retried.begin(), retried.end(), true) == retried.end());
  --unconfirmed_;
  watch_.wake();
}

void LinesSource::take_events() {
  const bool complete = watch_.take([this](const FolderWatch::Event& event) {
    // Writing into a file only ends the wait; it is looked at anyway.
    const bool is_new = event.created || event.complete;
    scan_ = scan_ || event.is_folder || (is_new && files_.wanted(event.name));
  });
  scan_ = scan_ || !complete;
}

Result<void> LinesSource::scan_if_due() {
  const Time time = Steady::now();
  if (!scan_ && (once() || time < next_scan_)) return {};
  scan_ = false;
  if (!once()) problems_.next_scan();
  auto scanned = files_.scan([this](const std::string& folder, const std::string& path) {
    const int error = once() ? 0 : watch_.add(folder, path);
    if (error != 0 && error != ENOENT) {
      problems_.add(folder, "cannot be watched (" + errno_text(error) +
                                "), so new files are only seen every scan_every");
    }
  });
  if (!scanned.ok()) {
    scan_ = true;  // what it has not come to is looked for again, also under once
    return scanned;
  }
  const bool waits = files_.files().empty() || files_.crowded();
  next_scan_ = time + (waits ? std::min<microseconds>(missing_pause, options_.scan_every)
                             : options_.scan_every);
  return {};
}

Result<void> LinesSource::read(batch::RawBatch& batch, const Limits& limits, Time until) {
  auto done = read_files(batch, limits, until);
  // What has been read so far is handed over first; the fault will still be there.
  if (!done && batch.records.empty()) return std::move(done).error();
  return {};
}

// Under once one file after another; else the one that filled the last batch comes last, so that
// none is starved.
Result<void> LinesSource::read_files(batch::RawBatch& batch, const Limits& limits, Time until) {
  std::list<InputFiles::Input>& files = files_.files();
  auto next =
      once() ? files.begin() : std::find_if(files.begin(), files.end(), [this](const auto& input) {
        return input.reader->path() > last_path_;
      });
  for (size_t i = 0; i < files.size(); ++i, ++next) {
    if (next == files.end()) next = files.begin();
    if (once() && next->state == LineReader::State::AtEnd) continue;
    if (batch.records.size() >= limits.rows || batch.payload_bytes >= limits.bytes) return {};
    last_path_ = next->reader->path();
    CW_TRY(files_.fill(*next, batch, limits, until));
  }
  return {};
}

bool LinesSource::any_is(LineReader::State state) {
  const auto& files = files_.files();
  return std::any_of(files.begin(), files.end(),
                     [state](const InputFiles::Input& input) { return input.state == state; });
}

Result<Polled> LinesSource::nothing_read() {
  if (!once() || !idle_ || unconfirmed_ > 0) return Polled::Idle;
  if (problems_.empty()) return Polled::Finished;
  std::string message = "not all files could be read";
  const char* separator = ": ";
  for (const std::string& problem : problems_.list()) {
    message += separator + problem;
    separator = "; ";
  }
  return fatal(message);
}

}  // namespace

config::Spec lines_spec(config::Spec own) {
  using config::KeyKind;
  config::Spec spec{
      .name = own.name,
      .doc = own.doc,
      .keys = {
          {.name = "name", .doc = "Name of the source in the pipeline; default: " + own.name + "."},
          {.name = "path",
           .doc = "A file, or a pattern: * ? [a-z] within a name, ** for any number of folders. "
                  "Relative to the project folder. What ends in .gz is unpacked.",
           .required = true},
          {.name = "settle",
           .kind = KeyKind::Duration,
           .doc = "A last line without newline is a record when the file has not changed for so "
                  "long. What is appended to it later is a record of its own.",
           .fallback = "2s"},
          {.name = "scan_every",
           .kind = KeyKind::Duration,
           .doc = "New files are looked for so often, beside the folder being watched.",
           .fallback = "5s"},
          {.name = "if_replaced",
           .doc = "When a file is not the one that was read before, or was cut off: fail and tell; "
                  "restart it from its start; or continue at the same place if the content up to "
                  "there is the same (a copy), else fail.",
           .fallback = "fail",
           .choices = {"fail", "restart", "continue"}},
      }};
  spec.keys.insert(spec.keys.begin() + 2, own.keys.begin(), own.keys.end());
  return spec;
}

Result<std::unique_ptr<Source>> make_lines(const config::Source& config,
                                           const SourceContext& context,
                                           std::optional<batch::CsvFormat> csv) {
  const config::Settings& settings = config.settings;
  const std::string& path = settings.text("path");
  if (path.empty()) return config_error("source " + config.name + ": path is empty");
  const std::string& replaced = settings.text("if_replaced");
  LinesSource::Options options{
      .input = {.root = context.folder,
                .path = path,
                .lane_prefix = context.pipeline + "/" + config.name + "/",
                .settle = settings.duration("settle"),
                .once = context.once,
                .if_replaced = replaced == "restart"    ? IfReplaced::Restart
                               : replaced == "continue" ? IfReplaced::Continue
                                                        : IfReplaced::Fail,
                .csv = std::move(csv),
                .needs_header = context.replaces},
      .scan_every = settings.duration("scan_every")};
  return std::unique_ptr<Source>(std::make_unique<LinesSource>(std::move(options)));
}

}  // namespace clearwell::sources
