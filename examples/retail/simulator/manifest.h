// The list of everything delivered and of what must become of it (its format: delivery.h).
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "delivery.h"
#include "sink.h"

namespace retail {

class Manifest {
 public:
  // An empty path: nothing is written. Throws std::system_error.
  explicit Manifest(const std::string& path);
  void add(const Delivery& delivery, const Place& place);
  // Everything added is in the file. Throws std::system_error.
  void finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_, line_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace retail
