// The bytes of an input file, wherever they are asked for: those of the file, or, where its name
// ends in .gz, those that are packed in it (RFC 1952, several members one after another are one
// content).
//
// A packed file is unpacked as it is read. Going back by up to 1 MiB, and to the first KiB, is
// cheap; further back it is unpacked again from its start.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"

namespace clearwell::sources {

class InputBytes {
 public:
  InputBytes();
  explicit InputBytes(Fd fd);  // of a file that is not packed
  InputBytes(InputBytes&&) noexcept;
  InputBytes& operator=(InputBytes&&) noexcept;
  ~InputBytes();

  // Opens for reading. Returns 0 or an errno.
  static int open(const std::string& path, InputBytes& out);
  bool is_open() const { return static_cast<bool>(fd_); }
  void close();

  // 0 or an errno. The size is that of the content; of a packed file it is `unknown_size` until its
  // end has been reached, and again when it has changed since.
  int stat(FileStat& out);
  static constexpr int64_t unknown_size = INT64_MAX / 4;

  // The bytes read, fewer than `size` only at the end, or -errno.
  int64_t read_at(char* to, size_t size, int64_t offset);

  bool is_packed() const { return unpacker_ != nullptr; }
  // Why a packed file ends before its content does ("it is no gzip file …"); empty: it does not.
  const std::string& damage() const;
  // It just stops: more of it may come.
  bool is_cut() const;

 private:
  class Unpacker;
  Fd fd_;
  std::unique_ptr<Unpacker> unpacker_;
};

}  // namespace clearwell::sources
