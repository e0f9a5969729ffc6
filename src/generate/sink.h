// Where generated records are written to: files of one record each, files of lines, or a stream.
//
//   DIR/PIPELINE/000017.json   one record a file, written under another name first, then renamed
//   DIR/PIPELINE.jsonl         one record a line
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "generate/delivery.h"
#include "generate/manifest.h"

namespace clearwell::generate {

// Closes itself. Writes are buffered.
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;
// mode: as fopen takes it. Fatal with the path.
Result<File> open_file(const std::string& path, const char* mode);
Result<void> write_to(std::FILE* file, const std::string& path, std::string_view bytes);

class Sink {
 public:
  virtual ~Sink() = default;
  // Where the delivery is, or would be. Every delivery is placed or written exactly once.
  virtual Place place(const Delivery& delivery) = 0;
  virtual Result<Place> write(const Delivery& delivery) = 0;
  // What has been written can be seen by others.
  virtual Result<void> flush() = 0;
};

struct FolderOptions {
  std::string folder;
  std::function<bool(const config::Pipeline&)> files;  // one file a record, else lines
  bool append = false;                                 // to files of lines that are there
  // Each file gets an mtime, a millisecond after that of the one before it.
  std::optional<Instant> mtime = {};
  // More than one: DIR/PIPELINE/lane-0.jsonl and so on, records of one key in one of them.
  int lanes = 1;
};
std::unique_ptr<Sink> folder_sink(FolderOptions options);

// The records of one pipeline as lines; others are left out, and get a Place without a path. An
// empty path: stdout. A Fatal error if it cannot be opened.
Result<std::unique_ptr<Sink>> lines_sink(const std::string& path, bool append,
                                         const config::Pipeline& pipeline);

}  // namespace clearwell::generate
