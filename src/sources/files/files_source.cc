// A version of a file is named by its mark: the hash of its path as matched (relative to the
// project folder when the setting is), size and mtime. The ledger of marks is the position: a file
// whose mark is in it is done; one with another size or mtime, or in a folder of another name, is
// new.
//
// A listing finds what is not done, in the order (mtime, path). In follow mode inotify brings new
// files between listings; folders are watched before they are listed, so none is lost in between.

#include "sources/files/files_source.h"

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "sources/files/after_commit.h"
#include "sources/files/backlog.h"
#include "sources/files/file_book.h"
#include "sources/files/file_reader.h"
#include "sources/files/input_folders.h"
#include "sources/folder_watch.h"
#include "sources/problems.h"
#include "sources/settle.h"

namespace clearwell::sources::files {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Files known at once (about 100 bytes each); a folder with more is listed several times.
constexpr size_t backlog_limit = 300'000;
// New files are not read while more of the done ones are still to be moved or deleted.
constexpr size_t after_limit = 65'536;
constexpr size_t look_limit = 1000;
constexpr milliseconds missing_pause{250};  // between looks for a folder that is not there yet
constexpr milliseconds waiting_pause{100};  // between looks at files that are to settle
constexpr milliseconds read_slice{200};     // a batch is closed when reading it took longer
constexpr milliseconds shortest_slice{5};   // even a poll that may not wait gets on

class FilesSource final : public Source {
 public:
  struct Options {
    InputFolders::Settings input;
    bool once;
    microseconds settle, scan_every;
    AfterCommit after;
  };
  explicit FilesSource(Options options);

  Result<void> open(Resume resume) override;
  Result<Polled> poll(batch::RawBatch& batch, const Limits& limits, microseconds wait) override;
  Result<void> cut(batch::RawBatch& batch, size_t count) const override {
    batch.records.resize(count);
    batch.marks.resize(count);
    return {};
  }
  void committed(const batch::RawBatch& batch, const std::vector<bool>& retried) override;
  bool caught_up() const override { return idle_ && !book_.any_waiting(); }
  std::vector<std::string> problems() const override { return problems_.list(); }
  void close() override;

 private:
  using Time = Steady::time_point;

  void take_events();
  void take_event(const FolderWatch::Event& event);
  void look_at_waiting();
  void list(Time until);
  void start_listing();
  void end_listing();
  void found(const InputFolders::File& file);
  void act_after(Time until);
  Result<void> read(batch::RawBatch& batch, const Limits& limits, Time until);
  Backlog* next_backlog();
  bool exhausted() const;
  Result<Polled> nothing_read();
  Time next_turn() const;
  Time listing_due() const;
  bool at_work() const;
  void failed(const std::string& path, int error) { problems_.add(path, errno_text(error)); }

  Options options_;
  InputFolders folders_;
  FileBook book_;
  FileReader reader_;
  Problems problems_;
  FolderWatch watch_;
  Backlog found_;    // by the listing under way
  Backlog listed_;   // by the last complete listing
  Backlog arrived_;  // by inotify, or settled
  std::vector<FileBook::Done> after_;
  std::atomic<bool> idle_ = false;
  bool lost_ = true;  // the folders must be listed as soon as possible
  bool missing_ = false;
  Time listing_began_, listing_ended_, next_listing_, next_look_;
};

FilesSource::FilesSource(Options options)
    : options_(std::move(options)),
      folders_(options_.input),
      book_(options_.settle, !options_.after.keeps()),
      reader_(folders_, book_, problems_),
      watch_(options_.once ? FolderWatch::Watched::Nothing : FolderWatch::Watched::Arrivals),
      found_(folders_, backlog_limit),
      listed_(folders_, backlog_limit),
      arrived_(folders_, backlog_limit) {}

Result<void> FilesSource::open(Resume resume) {
  book_.resume(resume.marks);
  CW_TRY(options_.after.prepare());
  if (!options_.once) return {};
  const Glob pattern(options_.input.root, options_.input.path);
  const std::string base = is_pattern(options_.input.path) ? pattern.base() : options_.input.path;
  FileStat info;
  const int error = stat_path(folders_.full(base), info);
  const std::string full = folders_.full(base);
  if (error != 0) return no_input(full, error);
  if (is_pattern(options_.input.path))
    return info.folder ? Result<void>() : no_input(full, ENOTDIR);
  return info.folder || info.regular ? Result<void>() : not_a_file(full);
}

void FilesSource::close() {
  act_after(Steady::now() + std::chrono::seconds(1));
  watch_.wake();
}

Result<Polled> FilesSource::poll(batch::RawBatch& batch, const Limits& limits, microseconds wait) {
  const Time start = Steady::now();
  const Time deadline = start + wait;
  Time full = Time::max();  // when a batch with a record is handed over
  for (;;) {
    const Time slice = std::max(deadline, Steady::now() + shortest_slice);
    act_after(slice);
    take_events();
    look_at_waiting();
    list(slice);
    if (after_.size() < after_limit) CW_TRY(read(batch, limits, start + read_slice));
    idle_ = exhausted();
    const Time time = Steady::now();
    if (!batch.records.empty() && full == Time::max()) full = time + limits.linger;
    const bool closed = batch.records.size() >= limits.rows || batch.payload_bytes >= limits.bytes;
    // Under once nothing more is expected, so there is nothing to linger for.
    if (!batch.records.empty() && (closed || time >= full || (options_.once && idle_))) {
      return Polled::Ready;
    }
    if (batch.records.empty() && time >= deadline) return nothing_read();
    if (batch.records.empty() && options_.once && idle_ && book_.settled()) return nothing_read();
    if (!at_work())
      watch_.wait(std::min({full, batch.records.empty() ? deadline : full, next_turn()}));
  }
}

void FilesSource::committed(const batch::RawBatch& batch, const std::vector<bool>& retried) {
  book_.confirm(batch, retried);
  watch_.wake();
}

// ---- finding files --------------------------------------------------------

void FilesSource::take_events() {
  if (options_.once) return;
  if (!watch_.take([this](const FolderWatch::Event& event) { take_event(event); })) lost_ = true;
}

void FilesSource::take_event(const FolderWatch::Event& event) {
  const int64_t folder = folders_.find(event.folder);
  if (event.is_folder || folder < 0) {
    lost_ = lost_ || event.is_folder;  // perhaps a folder that the pattern matches
    return;
  }
  if (!folders_.wanted(event.name)) return;
  Place place{static_cast<uint32_t>(folder), event.name};
  FileStat info;
  if (folders_.stat(place, info) != 0 || !info.regular) return;
  // A name that has only been created is read when it is closed, unless it is a link to a file.
  const bool is_link = info.links > 1 || until_settled(info.mtime_ns, options_.settle).count() == 0;
  if (!event.complete && !is_link) return;
  if (!problems_.is_name_good(folders_.path(place))) return;
  arrived_.add({info.mtime_ns, info.size, std::move(place)});
}

void FilesSource::look_at_waiting() {
  const Time time = Steady::now();
  // A ripe file is found again by each look until it has been read.
  if (time < next_look_ || arrived_.size() > look_limit) return;
  for (const FileBook::Waiting& waiting : book_.waiting()) {
    Place place = folders_.place(waiting.path);
    FileStat info;
    const int error = folders_.stat(place, info);
    if (error != 0 || !info.regular) {
      book_.forget_waiting(waiting.path);
    } else if (time >= waiting.settles || mark_of(waiting.path, info) != waiting.mark) {
      arrived_.add({info.mtime_ns, info.size, std::move(place)});
    }
  }
  next_look_ = time + std::max<Steady::duration>(waiting_pause, (Steady::now() - time) * 10);
}

void FilesSource::list(Time until) {
  if (!folders_.running()) {
    if (arrived_.empty() && arrived_.cut()) {
      lost_ = true;
      arrived_.clear();
    }
    if (Steady::now() < listing_due()) return;
    start_listing();
  }
  if (!folders_.running()) return;
  folders_.step(
      until, [this](const InputFolders::File& file) { found(file); },
      [this](const std::string& path, int error) { failed(path, error); });
  if (!folders_.running()) end_listing();
}

FilesSource::Time FilesSource::listing_due() const {
  if (listed_.cut()) return listed_.empty() ? Time() : Time::max();
  if (!lost_) return options_.once ? Time::max() : next_listing_;
  // However often something is lost, listing takes no more than half the time.
  const Time soonest = listing_ended_ + (listing_ended_ - listing_began_);
  return missing_ ? std::max(soonest, next_listing_) : soonest;
}

void FilesSource::start_listing() {
  if (!options_.once) problems_.next_scan();
  lost_ = false;
  found_.clear();
  listing_began_ = Steady::now();
  const int error = folders_.start(
      [this](const std::string& folder, const std::string& path) {
        const int why = options_.once ? 0 : watch_.add(folder, path);
        if (why != 0 && why != ENOENT) {
          problems_.add(folder, "cannot be watched (" + errno_text(why) +
                                    "), so new files are only seen every scan_every");
        }
      },
      [this](const std::string& path, int why) { failed(path, why); });
  missing_ = error != 0;
  if (error == 0) return;
  if (error != ENOENT || options_.once) failed(options_.input.path, error);
  listing_ended_ = Steady::now();
  next_listing_ = listing_ended_ + missing_pause;
  listed_.clear();
}

void FilesSource::end_listing() {
  listed_.take_over(found_);
  listing_ended_ = Steady::now();
  // A folder so large that listing it takes long is listed less often.
  next_listing_ = listing_ended_ + std::max<Steady::duration>(
                                       options_.scan_every, (listing_ended_ - listing_began_) * 10);
}

void FilesSource::found(const InputFolders::File& file) {
  Place place{file.folder, file.name};
  const std::string path = folders_.path(place);
  if (!problems_.is_name_good(path)) return;
  const batch::FileMark mark = mark_of(path, file.info);
  switch (book_.state(path, mark)) {
    case FileBook::State::HandedOut:
    case FileBook::State::Waiting:
      return;
    case FileBook::State::Done:
      if (!options_.after.keeps() && after_.size() < after_limit) after_.push_back({path, mark});
      return;
    case FileBook::State::New:
    case FileBook::State::Ripe:
      break;
  }
  // Under once a file is tried once; the end of the run tells what could not be read.
  if (options_.once && !problems_.empty() && problems_.has(path)) return;
  found_.add({file.info.mtime_ns, file.info.size, std::move(place)});
}

// ---- reading --------------------------------------------------------------

Backlog* FilesSource::next_backlog() {
  if (arrived_.empty()) return listed_.empty() ? nullptr : &listed_;
  if (listed_.empty()) return &arrived_;
  return arrived_.front().mtime_ns <= listed_.front().mtime_ns ? &arrived_ : &listed_;
}

Result<void> FilesSource::read(batch::RawBatch& batch, const Limits& limits, Time until) {
  while (batch.records.size() < limits.rows && batch.payload_bytes < limits.bytes) {
    Backlog* backlog = next_backlog();
    if (backlog == nullptr) return {};
    auto taken = reader_.read(backlog->front(), limits.record_bytes, batch);
    // What has been read so far is handed over first; the fault will still be there.
    if (!taken && !batch.records.empty()) return {};
    if (!taken) return std::move(taken).error();
    backlog->pop();
    if (Steady::now() >= until) return {};
  }
  return {};
}

void FilesSource::act_after(Time until) {
  std::vector<FileBook::Done> done = book_.take_done();
  after_.insert(after_.end(), std::make_move_iterator(done.begin()),
                std::make_move_iterator(done.end()));
  size_t acted = 0;
  while (acted < after_.size() && Steady::now() < until) {
    const int error = options_.after.act(folders_, after_[acted]);
    if (error != 0) {
      problems_.add(after_[acted].path, "cannot be moved or deleted: " + errno_text(error));
    }
    ++acted;
  }
  after_.erase(after_.begin(), after_.begin() + static_cast<ptrdiff_t>(acted));
}

// Nothing is known that could be read now.
bool FilesSource::exhausted() const {
  return !lost_ && !folders_.running() && listed_.empty() && !listed_.cut() && arrived_.empty() &&
         !arrived_.cut() && after_.empty();
}

Result<Polled> FilesSource::nothing_read() {
  if (!options_.once || !idle_ || !book_.settled()) return Polled::Idle;
  if (problems_.empty()) return Polled::Finished;
  const std::vector<std::string> all = problems_.list();
  std::string message = "not all files could be dealt with: ";
  for (size_t i = 0; i < std::min<size_t>(all.size(), 5); ++i) {
    message += (i > 0 ? "; " : "") + all[i];
  }
  if (all.size() > 5) message += "; and " + std::to_string(all.size() - 5) + " more";
  return fatal(message);
}

// There is something to do at once.
bool FilesSource::at_work() const {
  return folders_.running() || !listed_.empty() || !arrived_.empty() || !after_.empty();
}

// When something is to be done even if nothing happens.
FilesSource::Time FilesSource::next_turn() const {
  const Time turn = listing_due();
  return book_.any_waiting() ? std::min(turn, next_look_) : turn;
}

}  // namespace

config::Spec spec() {
  using config::KeyKind;
  return {
      .name = "files",
      .doc =
          "Each file is one record. A file is known by its path, size and mtime: if any of them "
          "changes, it is read again.",
      .keys = {
          {.name = "name", .doc = "Name of the source in the pipeline; default: files."},
          {.name = "path",
           .doc = "A folder (its files, without subfolders and names that start with a dot), a "
                  "file, or a pattern: * ? [a-z] within a name, ** for any number of folders. "
                  "Relative to the project folder.",
           .required = true},
          {.name = "ignore",
           .kind = KeyKind::TextList,
           .doc = "Patterns of file names to leave out, e.g. *.tmp."},
          {.name = "settle",
           .kind = KeyKind::Duration,
           .doc = "A file that does not parse is read again until it has not changed for so long; "
                  "only then is it quarantined.",
           .fallback = "2s"},
          {.name = "scan_every",
           .kind = KeyKind::Duration,
           .doc = "The folder is listed so often, beside being watched; less often when listing it "
                  "takes more than a tenth of the time.",
           .fallback = "5s"},
          {.name = "after",
           .doc = "What happens to a file after its commit. A quarantined record keeps its bytes "
                  "in the warehouse.",
           .fallback = "keep",
           .choices = {"keep", "move", "delete"}},
          {.name = "move_to",
           .doc = "The folder that `after: move` moves files to, on the same file system; relative "
                  "to the project folder. It is created, and is no input even if `path` matches "
                  "it."},
      }};
}

Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context) {
  const config::Settings& settings = config.settings;
  const auto text = [&](const char* key) {
    return settings.has(key) ? settings.text(key) : std::string();
  };
  const std::string& path = settings.text("path");
  const std::string& after = settings.text("after");
  const std::string move_to = text("move_to");
  if (path.empty()) return config_error("source " + config.name + ": path is empty");
  if (after == "move" && move_to.empty()) {
    return config_error("source " + config.name + ": `after: move` needs move_to, a folder");
  }
  using Action = AfterCommit::Action;
  const Action action = after == "move"     ? Action::Move
                        : after == "delete" ? Action::Delete
                                            : Action::Keep;
  FilesSource::Options options{
      .input = {.root = context.folder,
                .path = path,
                .ignore =
                    settings.has("ignore") ? settings.texts("ignore") : std::vector<std::string>(),
                .avoid = action == Action::Move ? move_to : ""},
      .once = context.once,
      .settle = settings.duration("settle"),
      .scan_every = settings.duration("scan_every"),
      .after = AfterCommit(action, path_in(context.folder, move_to))};
  return std::unique_ptr<Source>(std::make_unique<FilesSource>(std::move(options)));
}

}  // namespace clearwell::sources::files
