// Reads one file into a batch, if it is a version still to be read and holds still meanwhile.
#pragma once

#include "base/result.h"
#include "batch/record.h"
#include "sources/files/backlog.h"
#include "sources/files/file_book.h"
#include "sources/files/input_folders.h"
#include "sources/problems.h"

namespace clearwell::sources::files {

class FileReader {
 public:
  FileReader(const InputFolders& folders, FileBook& book, Problems& problems)
      : folders_(folders), book_(book), problems_(problems) {}

  // True when `batch` has one more record. A file that has gone, is no regular file, or is known
  // already is left out; one that cannot be read becomes a problem; one that keeps changing is
  // looked at again later. An Error (Retryable) is a fault of the machine: try this file again.
  Result<bool> read(const Candidate& candidate, size_t record_bytes, batch::RawBatch& batch);

 private:
  struct Version {
    FileStat info;  // after it was read
    std::string_view bytes;
    bool stable = false;  // size and mtime were the same before
  };
  int read_version(const Candidate& candidate, size_t limit, batch::Arena& arena, Version& version);
  bool take(const std::string& path, const Version& version, batch::RawBatch& batch);

  const InputFolders& folders_;
  FileBook& book_;
  Problems& problems_;
};

}  // namespace clearwell::sources::files
