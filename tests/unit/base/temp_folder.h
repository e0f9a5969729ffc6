// A folder of its own for a test, removed with everything in it at the end.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clearwell {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "clearwell-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // Folders on the way are made.
  void write(const std::string& name, const std::string& bytes) const { put(name, bytes, false); }
  void append(const std::string& name, const std::string& bytes) const { put(name, bytes, true); }

  // Sets the mtime of a file to so long ago.
  void age(const std::string& name, std::chrono::nanoseconds age) const {
    const auto time = std::chrono::system_clock::now().time_since_epoch() - age;
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    set_mtime(name, ns);
  }
  void set_mtime(const std::string& name, int64_t ns) const {
    const timespec times[] = {{0, UTIME_OMIT}, {ns / 1'000'000'000, ns % 1'000'000'000}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (*this / name).c_str(), times, 0), 0);
  }

 private:
  void put(const std::string& name, const std::string& bytes, bool append) const {
    const std::string file = *this / name;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file, std::ios::binary | (append ? std::ios::app : std::ios::trunc)) << bytes;
  }

  std::string path_;
};

}  // namespace clearwell
