// A file that a simulator writes. All functions throw std::system_error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fcntl.h>

namespace simulators {

[[noreturn]] void fail(const std::string& path);  // by errno

class OutputFile {
 public:
  explicit OutputFile(const std::string& path, int flags = O_WRONLY | O_CREAT | O_TRUNC);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void write_all(std::string_view bytes) const;
  // Sets the file's mtime to the exact present time, or to nanoseconds since 1970.
  void stamp() const;
  void stamp(int64_t nanoseconds) const;
  // Its mtime, nanoseconds since 1970.
  int64_t stamped() const;

 private:
  std::string path_;
  int number_;
};

}  // namespace simulators
