#include "sources/input_files.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include <dirent.h>
#include <fcntl.h>

#include "base/cure.h"

namespace clearwell::sources {
namespace {

// Files kept open between reads; with more, a file is closed when it has been read to its end.
constexpr size_t open_files = 256;

bool is_of_machine(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

}  // namespace

InputFiles::InputFiles(Settings settings, Problems& problems)
    : settings_(std::move(settings)), problems_(problems), glob_(settings_.root, settings_.path) {}

Result<void> InputFiles::resume(const std::map<std::string, std::string>& lanes) {
  return positions_.resume(lanes);
}

Result<void> InputFiles::require_input() const {
  const std::string path = glob_.full(is_pattern(settings_.path) ? glob_.base() : settings_.path);
  FileStat info;
  const int error = stat_path(path, info);
  if (error != 0) return no_input(path, error);
  if (!is_pattern(settings_.path) && !info.folder && !info.regular) return not_a_file(path);
  return {};
}

// ---- which files there are ------------------------------------------------

std::vector<InputFiles::Found> InputFiles::find(const Watch& watch) {
  std::vector<Found> found;
  unlisted_ = 0;
  glob_.folders(
      [&](const std::string& folder, bool listed) {
        watch(folder, glob_.full(folder));
        if (listed) list_folder(folder, found);
      },
      [&](const std::string& folder, int error) {
        if (error != ENOENT) not_listed(folder, error);
      });
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.path < b.path; });
  const auto same = [](const Found& a, const Found& b) { return a.path == b.path; };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  return found;
}

void InputFiles::not_listed(const std::string& folder, int error) {
  unlisted_ = error;
  if (!is_of_machine(error)) problems_.add(folder, errno_text(error));
}

void InputFiles::list_folder(const std::string& folder, std::vector<Found>& found) {
  const auto add = [&](const char* name) {
    Found file{join_path(folder, name), {}};
    const bool is_file = stat_path(glob_.full(file.path), file.info) == 0 && file.info.regular;
    if (is_file && problems_.is_name_good(file.path)) {
      found.push_back(std::move(file));
    }
  };
  if (!is_pattern(glob_.name())) return add(glob_.name().c_str());
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(glob_.full(folder).c_str()), ::closedir);
  if (dir == nullptr) {
    if (errno != ENOENT) not_listed(folder, errno);
    return;
  }
  while (const dirent* entry = ::readdir(dir.get())) {
    if (wanted(entry->d_name)) add(entry->d_name);
  }
}

Result<void> InputFiles::scan(const Watch& watch) {
  const std::vector<Found> found = find(watch);
  if (is_of_machine(unlisted_)) {
    return retryable(with_cure("listing " + settings_.path + ": " + errno_text(unlisted_)));
  }
  FileStat info;
  if (found.empty() && !is_pattern(settings_.path) &&
      stat_path(glob_.full(settings_.path), info) == 0 && info.folder) {
    return config_error(settings_.path + " is a folder; name its files, e.g. " +
                        join_path(settings_.path, settings_.csv ? "*.csv" : "*.jsonl"));
  }
  std::map<Identity, std::string> names;
  for (const Found& file : found) {
    names.emplace(Identity(file.info.device, file.info.inode), file.path);
  }
  crowded_ = false;
  // What a folder has that cannot be listed is not gone.
  if (unlisted_ == 0) {
    mark_gone(names);
    drop_finished();
  }
  rename(names);
  CW_TRY(begin_new(found, names));
  files_.sort([](const Input& a, const Input& b) { return a.reader->path() < b.reader->path(); });
  return {};
}

void InputFiles::mark_gone(const std::map<Identity, std::string>& names) {
  for (Input& input : files_) {
    const bool was_gone = input.gone;
    input.gone = !names.contains(input.reader->identity());
    // What was written just before it went is still to be read.
    const bool goes = input.gone && !was_gone && input.reader->is_open();
    if (goes) input.state = LineReader::State::More;
  }
}

// A file that has gone and was read to its end makes room for another one of its name, when nobody
// has written into it for a while: in a rotation the writer may still hold the old one.
void InputFiles::drop_finished() {
  files_.remove_if([&](const Input& input) {
    const bool finished = input.gone && input.state == LineReader::State::AtEnd &&
                          (input.reader->has_settled() || !input.reader->is_open());
    if (finished) positions_.finish(input.lane);
    return finished;
  });
}

// Gives the files that are read their present names. What is read from now on belongs to the lane
// of the new name; both lanes then tell of the same file, and the larger offset counts. Two files
// never share a lane: a name is free when the file that had it has another one, so in a rotation
// (a.1 to a.2, a to a.1) the last one goes first.
void InputFiles::rename(const std::map<Identity, std::string>& names) {
  std::set<std::string> held;
  for (const Input& input : files_) held.insert(input.reader->path());
  bool again = true;
  while (again) {
    again = false;
    crowded_ = false;
    for (Input& input : files_) {
      const auto name = names.find(input.reader->identity());
      if (name == names.end() || name->second == input.reader->path()) continue;
      if (!held.insert(name->second).second) {
        crowded_ = true;
        continue;
      }
      held.erase(input.reader->path());
      input.reader->set_path(name->second);
      input.lane = lane(name->second);
      input.due = true;
      again = true;
    }
  }
}

Result<void> InputFiles::begin_new(const std::vector<Found>& found,
                                   const std::map<Identity, std::string>& names) {
  std::set<std::string> held;
  std::set<Identity> known;
  for (const Input& input : files_) {
    held.insert(input.reader->path());
    known.insert(input.reader->identity());
  }
  for (const Found& file : found) {
    const Identity identity(file.info.device, file.info.inode);
    if (known.contains(identity) || names.at(identity) != file.path) continue;
    if (held.contains(file.path)) {
      crowded_ = true;
    } else {
      CW_TRY(begin(file, names));
    }
  }
  return {};
}

Result<void> InputFiles::begin(const Found& found, const std::map<Identity, std::string>& names) {
  InputBytes bytes;
  FileStat info;
  int error = InputBytes::open(glob_.full(found.path), bytes);
  if (error == 0) error = bytes.stat(info);
  if (error == ENOENT || (error == 0 && !info.regular)) return {};
  if (error == EMFILE || error == ENFILE) {
    return retryable(with_cure("opening " + found.path + ": " + errno_text(error)));
  }
  if (error != 0) {
    problems_.add(found.path, errno_text(error));
    return {};
  }
  const auto is_elsewhere = [&](const Position& position) {
    const auto other = names.find({position.device, position.inode});
    InputBytes other_bytes;
    FileStat other_info;
    return other != names.end() && InputBytes::open(glob_.full(other->second), other_bytes) == 0 &&
           other_bytes.stat(other_info) == 0 && fit(other_bytes, other_info, position) == Fit::Same;
  };
  CW_ASSIGN(const Positions::Start start,
            positions_.start({found.path, lane(found.path), bytes, info}, settings_.if_replaced,
                             is_elsewhere));
  Input input;
  input.lane = lane(found.path);
  input.due = start.adopted;
  input.reader = std::make_unique<LineReader>(
      std::move(bytes), info, found.path, start,
      LineReader::Options{.settle = settings_.settle,
                          .once = settings_.once,
                          .csv = settings_.csv ? &*settings_.csv : nullptr,
                          .needs_header = settings_.needs_header});
  CW_TRY(close(input));
  files_.push_back(std::move(input));
  return {};
}

// ---- reading --------------------------------------------------------------

// False when the file has gone: the next scan tells what became of it.
Result<bool> InputFiles::open(Input& input) {
  if (input.reader->is_open()) return true;
  InputBytes bytes;
  FileStat info;
  const std::string& path = input.reader->path();
  int error = InputBytes::open(glob_.full(path), bytes);
  if (error == 0) error = bytes.stat(info);
  if (error == EMFILE || error == ENFILE) {
    return retryable(with_cure("opening " + path + ": " + errno_text(error)));
  }
  if (error != 0 || fit(bytes, info, input.closed) != Fit::Same) {
    // It was closed at its end, so nothing of it is missing.
    input.gone = true;
    input.state = LineReader::State::AtEnd;
    return false;
  }
  input.reader->reopen(std::move(bytes));
  return true;
}

// Only what has no position to commit, of which the file must be open.
Result<void> InputFiles::close(Input& input) {
  if (input.due || files_.size() < open_files || !input.reader->is_open()) return {};
  CW_ASSIGN(input.closed, input.reader->position());
  input.reader->close();
  return {};
}

Result<void> InputFiles::fill(Input& input, batch::RawBatch& batch, const Limits& limits,
                              Steady::time_point until) {
  CW_ASSIGN(const bool is_open, open(input));
  if (!is_open) return {};
  LineReader& reader = *input.reader;
  const size_t records = batch.records.size();
  auto state = reader.fill(batch, limits, until);
  input.due = input.due || batch.records.size() > records;
  if (!state && state.error().kind == ErrorKind::Config &&
      settings_.if_replaced == IfReplaced::Restart) {
    reader.restart();
    input.state = LineReader::State::More;
    return {};
  }
  if (!state) return std::move(state).error();
  input.state = *state;
  if (!reader.refusal().empty()) problems_.add(reader.path(), reader.refusal());
  return input.state == LineReader::State::AtEnd ? close(input) : Result<void>();
}

Result<void> InputFiles::advance(batch::RawBatch& batch) {
  for (Input& input : files_) {
    if (input.due) CW_TRY(advance(input, batch));
  }
  return {};
}

Result<void> InputFiles::advance(Input& input, batch::RawBatch& batch) {
  CW_ASSIGN(Position position, input.reader->position());
  const auto same = [&](const batch::LaneAdvance& advance) { return advance.lane == input.lane; };
  auto entry = std::find_if(batch.lanes.begin(), batch.lanes.end(), same);
  if (entry == batch.lanes.end()) {
    entry = batch.lanes.insert(entry, {input.lane, positions_.text(input.lane), {}});
  }
  entry->to = to_text(position);
  positions_.set(input.lane, std::move(position));
  input.due = false;
  return input.state == LineReader::State::AtEnd ? close(input) : Result<void>();
}

}  // namespace clearwell::sources
