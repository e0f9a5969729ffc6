// The files of a source of lines: which there are, which reader reads each, and where it begins.
//
// A file is known by device and inode, so a renamed one is read on under its new name. One that can
// no longer be found is read to its end through the open descriptor, until it has settled; only
// then is a new file under its name begun. (Of more than 256 files not all are kept open: what is
// written into a closed one less than 100 ms before it goes is not read.) Of several names of one
// file the first is taken.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "sources/line_reader.h"
#include "sources/positions.h"
#include "sources/problems.h"

namespace clearwell::sources {

class InputFiles {
 public:
  struct Settings {
    std::string root, path;
    std::string lane_prefix;  // "pipeline/source/"
    std::chrono::microseconds settle;
    bool once;
    IfReplaced if_replaced;
    std::optional<batch::CsvFormat> csv;  // none: a record is a line
    bool needs_header = false;            // a file of CSV that ends before it is refused
  };
  InputFiles(Settings settings, Problems& problems);

  // A file that is read. Lives as long as it is listed by files().
  struct Input {
    std::unique_ptr<LineReader> reader;
    std::string lane;
    LineReader::State state = LineReader::State::More;
    bool due = false;   // its lane must get its position with the next batch
    bool gone = false;  // no name matches it any more
    Position closed;    // where it was closed, to see on opening it again that it is the same
  };

  Result<void> resume(const std::map<std::string, std::string>& lanes);
  // Once, before the first scan: Config error when there is nothing to read.
  Result<void> require_input() const;
  // Looks which files there are. watch(folder, path) is called for each folder before it is read.
  using Watch = std::function<void(const std::string& folder, const std::string& path)>;
  Result<void> scan(const Watch& watch);
  // Reads from one file into the batch. Also after an Error the records that it got stay valid.
  Result<void> fill(Input& input, batch::RawBatch& batch, const Limits& limits,
                    Steady::time_point until);
  // Adds the new positions of all lanes to a batch with records. An Error is the end of the run:
  // the batch's records have been read and cannot be committed.
  Result<void> advance(batch::RawBatch& batch);

  std::list<Input>& files() { return files_; }  // by path
  // A file waits for another one of its name to come to its end.
  bool crowded() const { return crowded_; }
  // Could this name in this folder be a file of ours?
  bool wanted(const char* name) const { return name_matches(glob_.name(), name); }

 private:
  using Identity = std::pair<uint64_t, uint64_t>;
  struct Found {
    std::string path;
    FileStat info;
  };
  std::vector<Found> find(const Watch& watch);
  void not_listed(const std::string& folder, int error);
  void list_folder(const std::string& folder, std::vector<Found>& found);
  void mark_gone(const std::map<Identity, std::string>& names);
  void rename(const std::map<Identity, std::string>& names);
  Result<void> begin_new(const std::vector<Found>& found,
                         const std::map<Identity, std::string>& names);
  Result<void> begin(const Found& found, const std::map<Identity, std::string>& names);
  void drop_finished();
  Result<bool> open(Input& input);
  Result<void> advance(Input& input, batch::RawBatch& batch);
  Result<void> close(Input& input);
  std::string lane(const std::string& path) const { return settings_.lane_prefix + path; }

  Settings settings_;
  Problems& problems_;
  Glob glob_;
  Positions positions_;
  std::list<Input> files_;
  int unlisted_ = 0;  // errno of a folder that the last scan could not list
  bool crowded_ = false;
};

}  // namespace clearwell::sources
