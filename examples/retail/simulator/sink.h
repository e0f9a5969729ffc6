// Where deliveries go: a folder of files, or files of lines.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "delivery.h"

namespace retail {

struct Place {
  std::string path;  // relative to the blob
  int64_t line = 0;  // from 1; 0: the event is the whole file
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Where the delivery goes; with `write` it is there afterwards, else it was written by an earlier
  // run of the simulator and is only counted. Throws std::system_error when it cannot be written.
  virtual Place deliver(const Delivery& delivery, bool write) = 0;
  // Everything delivered so far is in the files.
  virtual void flush() = 0;
};

// BLOB/users/*.json, articles/*.json and purchases/*.json. in_place: a reader may see a file while
// it is being written; else it appears whole, by a rename.
std::unique_ptr<Sink> file_sink(const std::string& blob, bool in_place);

// BLOB/users.jsonl, articles.jsonl and purchases.jsonl. append: they are continued, else made anew.
std::unique_ptr<Sink> line_sink(const std::string& blob, bool append);

}  // namespace retail
